//! A serverless platform on nodes, with storage and, where there are any, memory pools.
//!
//! Here stands the state, from set-up to report. `attempts` and `requests` say what becomes of a request; `events`, on top of
//! both, takes events and arrivals to them and starts those that wait.

mod attempts;
mod cores;
mod events;
mod requests;

pub use events::run_serverless;

use crate::config::plan::{CpuSharing, FunctionPrices};
use crate::cost::FunctionBill;
use crate::engine::{self, Alarm, Stop};
use crate::ids::Id;
use crate::platform::serverless::{Cores, Serverless};
use crate::record::{Counter, Counters, Gauge, Looks, Meter, Recorder, ResourceKind};
use crate::units::Time;
use crate::workload::Invocation;

use super::accounts::Accounts;
use super::arrivals::Arrivals;
use super::audit::{self, Audit, Law};
use super::classes::Classes;
use super::hardware::Hardware;
use super::report::{Backlog, Before, Cut, InSystem, Measurement, RunReport};
use super::request::Requests;
use super::resources::{Demand, Resources};
use super::retry::Attempts;
use super::setup::ServerlessSetup;
use super::stage::Scripts;
use super::start::Starting;
use super::timeout::Timeouts;
use cores::OwnCores;

/// A serverless data centre.
struct ServerlessWorld<'r, I, R> {
    arrivals: Arrivals<I>,
    requests: Requests,
    scripts: Scripts<Demand>,
    resources: Resources,
    platform: Serverless,
    attempts: Attempts,
    timeouts: Option<Timeouts>,
    platform_alarm: Alarm,
    starting: Starting,
    classes: Classes,
    /// Whether requests have a core of their own while they run.
    own_cores: bool,
    /// A core in the units in which the meter is told of cores.
    core_unit: u64,
    /// Whether they have it from the start of their sandbox on.
    start_holds_core: bool,
    /// The cores of hosts, where a start holds none.
    waits_for_cores: Option<OwnCores>,
    /// Whether all functions and hosts are alike, nothing that others do changes a run, which has a whole core, and runs
    /// have no limits.
    plain: bool,
    measurement: Measurement,
    before: Option<Box<Before>>,
    cut: Option<Box<Cut>>,
    /// As it is when the last request that counts could have come; its core time up to then.
    backlog: Backlog,
    prices: Option<FunctionPrices>,
    bill: FunctionBill,
    meter: Meter,
    accounts: Accounts,
    queued: u64,
    looks: Looks,
    recorder: &'r mut R,
}

/// A meter of all that is kept of single hosts and pools.
fn new_meter(hardware: &Hardware, measurement: &Measurement) -> Meter {
    let mut meter = Meter::new(measurement.bin, measurement.most_bins());
    if hardware.hosts.len() > 1 || measurement.by_entity {
        // What the processors of a group draw depends on how busy its own hosts are.
        for gauge in [Gauge::CoresBusy, Gauge::CoresStarting, Gauge::LocalAllocated] {
            meter.keep_entities(gauge, hardware.host_count());
        }
    }
    if hardware.pools.len() > 1 || measurement.by_entity {
        meter.keep_entities(Gauge::PoolAllocated, hardware.pools.iter().map(|pools| pools.count).sum());
    }
    meter
}

impl<'r, I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'r, I, R> {
    fn new(mut setup: ServerlessSetup, invocations: I, measurement: &Measurement, recorder: &'r mut R) -> Self {
        let by_entity = measurement.by_entity;
        // The straight path, and the one event of a request that is not disturbed, tell neither the host nor what counts.
        let in_part = measurement.counted.is_some();
        setup.rules.general |= by_entity || in_part;
        let hardware = &setup.hardware;
        let limited = hardware.hosts.iter().any(|hosts| hosts.cores < u32::MAX);
        let own_cores = setup.rules.cpu == CpuSharing::Exclusive || !limited;
        let mut resources =
            Resources::new(hardware, setup.cold.rules.remote.as_ref().map(|rule| &rule.paging), !own_cores);
        if !own_cores {
            hardware.hosts.iter().for_each(|hosts| resources.add_cores(hosts.count, hosts.cores, hosts.smt_throughput));
        }
        let classes = Classes::new(hardware);
        let mut meter = new_meter(hardware, measurement);
        if setup.journal {
            meter.keep_journal();
        }
        hardware.follow_off(&mut meter);
        let functions = setup.needs.len();
        let shares = setup.knowledge.functions.iter().map(|known| known.cores);
        let waits_for_cores = setup.rules.waits_for_cores().then(|| OwnCores::new(hardware, Cores::new(true, shares)));
        let shared = (!own_cores).then(|| setup.rules.starts_hold_cores());
        let starting = Starting::new(setup.cold, hardware.host_count(), functions, shared);
        let platform = Serverless::new(setup.rules, &setup.shape, setup.needs, setup.knowledge);
        let core_unit = waits_for_cores.as_ref().map_or(platform.core_unit(), OwnCores::unit);
        meter.tell_cores_in(core_unit);
        meter.raise(Gauge::Templates, starting.template_bytes().0);
        Self {
            arrivals: Arrivals::new(invocations, classes.offset()),
            requests: Requests::default(),
            scripts: Scripts::default(),
            resources,
            attempts: Attempts::new(&setup.rules.quotas, setup.rules.dispatch.gangs, setup.retry_chance),
            timeouts: setup.rules.quotas.timeout.map(Timeouts::new),
            core_unit,
            platform,
            platform_alarm: Alarm::OFF,
            starting,
            plain: !(by_entity || in_part)
                && own_cores
                && meter.unit(Gauge::CoresBusy) == 1
                && waits_for_cores.is_none()
                && classes.are_alike()
                && classes.are_undisturbed()
                && classes.nothing_to_receive
                && setup.rules.quotas.timeout.is_none(),
            classes,
            own_cores,
            start_holds_core: own_cores && waits_for_cores.is_none(),
            waits_for_cores,
            measurement: *measurement,
            before: None,
            cut: None,
            backlog: Backlog::default(),
            prices: setup.prices,
            bill: FunctionBill::default(),
            meter,
            accounts: Accounts::new(measurement.scope()),
            queued: 0,
            looks: Looks::new(measurement.window, measurement.looks),
            recorder,
        }
    }

    /// What is stranded now.
    fn look_around(&mut self) {
        let busy = |host| if self.own_cores { 0 } else { self.resources.cores_busy(host) };
        let stranded = self.platform.stranded(busy);
        self.looks.add(stranded);
    }

    fn finish(mut self, outcome: engine::Outcome) -> RunReport {
        self.accounts.are_unbalanced(self.scripts.unbalanced());
        let open = self.meter.level(Gauge::InSystem);
        let end = self.measurement.end(&outcome, self.accounts.last());
        // Where a bound stopped the run, nobody knows what would have happened after it.
        let until = if outcome.stop == Stop::Finished { end } else { outcome.end };
        while self.looks.next() <= end {
            self.platform.expire(self.looks.next(), &mut self.meter);
            self.look_around();
        }
        self.close_period(end);
        let backlog = self.backlog.until(&self.meter);
        self.bill_what_runs(end);
        let mut audits = Vec::from(self.held_audits());
        let (offset, same) = (self.classes.offset(), self.plain.then(|| self.classes.first().1.network_out));
        let open_time = self.requests.open_time(self.measurement.scope(), end);
        if self.measurement.run_out {
            self.platform.run_out(&mut self.meter);
        }
        let (mut counters, mut usage) = (self.tally(until), self.resources.usage(until));
        let law = Law { done: self.requests.are_none(), analytic: self.resources.analytic_bytes() };
        audits.extend(audit::resources(&usage, &counters, law));
        if let Some(cut) = self.cut.take() {
            self.meter = cut.meter;
            usage = cut.usage;
            audits.extend(cut.audits);
            counters = cut.counters.with_fates_of(&counters);
        }
        let in_system = self.accounts.in_system(&self.meter, offset, open_time, same);
        audits.extend(self.audits(open, &in_system));
        if let Some(before) = &self.before {
            usage = before.taken_from(&mut counters, usage);
        }
        self.bill.record(&mut counters);
        self.accounts.count(&mut counters);
        *self.meter.counters_mut() = counters;
        RunReport { outcome, meter: self.meter, in_system, backlog, usage, looks: self.looks, audits }
    }

    /// What was counted up to `now`, but for requests and their bills.
    fn tally(&self, now: Time) -> Counters {
        let mut counters = self.meter.counters().clone();
        self.platform.count(&mut counters);
        counters.merge(&self.starting.counts());
        counters.name_reasons();
        for (counter, n) in [(Counter::Retries, 0), (Counter::DeadLetters, 0), (Counter::Queued, self.queued)] {
            counters.add(counter, n);
        }
        counters.merge(self.resources.asked());
        let messages = self.accounts.message_bytes() + self.starting.fault_bytes(now, &self.scripts);
        counters.ask(ResourceKind::Fabric, self.resources.fabric_bytes(now) + messages);
        counters
    }

    /// The period is over, unless it has been before.
    fn close_period(&mut self, end: Time) {
        self.platform.advance(end, &mut self.meter);
        if !self.meter.is_closed() {
            self.meter.close(end);
        }
    }

    /// No more requests that count can come: notes what is left, and all that is measured where the rest of the run is not.
    fn note_backlog(&mut self, now: Time) {
        self.platform.advance(now, &mut self.meter);
        self.backlog = Backlog::of(self.accounts.open(), &self.meter);
        if self.measurement.counted.is_some() {
            let (counters, usage) = (self.tally(now), self.resources.usage(now));
            self.cut = Some(Box::new(Cut::new(now, &self.meter, counters, usage, Vec::new())));
        }
    }

    /// Runs that go on beyond what is measured, when the simulation ends, are paid for as far as they are in it.
    fn bill_what_runs(&mut self, now: Time) {
        let (Some(prices), Some(_)) = (&self.prices, &self.cut) else { return };
        let scope = self.measurement.scope();
        for request in self.requests.running() {
            let memory = self.platform.sandbox(Id::new(request.place)).need.total();
            self.bill.add_part(prices, memory, now.since(request.ready), scope.part(request.ready, now));
        }
    }

    /// What is measured begins, and nothing of before is in it.
    fn begin_measured(&mut self, now: Time) {
        self.platform.advance(now, &mut self.meter);
        self.meter.restart(now);
        self.accounts.begin();
        self.resources.restart_peaks();
        self.before = Some(Box::new(Before { counters: self.tally(now), usage: self.resources.usage(now) }));
    }

    /// The laws of memory, as things stand.
    fn held_audits(&self) -> [Audit; 2] {
        let (local, remote) = self.platform.held();
        let level = |gauge| u128::from(self.meter.level(gauge));
        [
            Audit::equal(
                "local memory allocated less freed = held by sandboxes [B]",
                level(Gauge::LocalAllocated),
                u128::from(local.0),
            ),
            Audit::equal(
                "pool memory allocated less freed = held by sandboxes [B]",
                level(Gauge::PoolAllocated),
                u128::from(remote.0),
            ),
        ]
    }

    /// The laws of requests over what is measured, of which so many are `open`.
    fn audits(&self, open: u64, in_system: &InSystem) -> Vec<Audit> {
        let (accounts, meter) = (&self.accounts, &self.meter);
        let mut audits = accounts.audits(open, in_system);
        if open == 0 && self.own_cores {
            audits.push(Audit::equal(
                "core time busy = cores times run time of requests [ps]",
                meter.total(Gauge::CoresBusy),
                accounts.running(),
            ));
        }
        audits
    }
}
