//! A serverless platform on nodes, with storage and, where there are any, memory pools.
//!
//! Here stands the state, from set-up to report. `attempts` and `requests` say what becomes of a request; `events`, on top of
//! both, takes events and arrivals to them and starts those that wait.

mod attempts;
mod events;
mod requests;

pub use events::run_serverless;

use crate::config::plan::{CpuSharing, FunctionPrices};
use crate::cost::FunctionBill;
use crate::engine::{self, Alarm, Stop};
use crate::platform::serverless::Serverless;
use crate::record::{Counter, Gauge, Looks, Meter, Recorder, ResourceKind};
use crate::units::Time;
use crate::workload::Invocation;

use super::accounts::Accounts;
use super::arrivals::Arrivals;
use super::audit::{self, Audit, Law};
use super::classes::Classes;
use super::report::{Measurement, RunReport};
use super::request::Requests;
use super::resources::{Demand, Resources};
use super::retry::Attempts;
use super::setup::ServerlessSetup;
use super::stage::Scripts;
use super::start::Starting;
use super::timeout::Timeouts;

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
    /// Whether all functions and hosts are alike, nothing that others do changes a run, and runs have no limits.
    plain: bool,
    prices: Option<FunctionPrices>,
    bill: FunctionBill,
    meter: Meter,
    accounts: Accounts,
    queued: u64,
    looks: Looks,
    recorder: &'r mut R,
}

impl<'r, I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'r, I, R> {
    fn new(mut setup: ServerlessSetup, invocations: I, measurement: &Measurement, recorder: &'r mut R) -> Self {
        let by_entity = measurement.by_entity;
        // The straight path, and the one event of a request that nothing can disturb, do not tell which host it is.
        setup.rules.general |= by_entity;
        let hardware = &setup.hardware;
        let limited = hardware.hosts.iter().any(|hosts| hosts.cores < u32::MAX);
        let own_cores = setup.rules.cpu == CpuSharing::Exclusive || !limited;
        let mut resources =
            Resources::new(hardware, setup.cold.rules.remote.as_ref().map(|rule| &rule.paging), !own_cores);
        if !own_cores {
            hardware.hosts.iter().for_each(|hosts| resources.add_cores(hosts.count, hosts.cores, hosts.smt_throughput));
        }
        let classes = Classes::new(hardware);
        let mut meter = Meter::new(measurement.window, measurement.bin);
        if setup.journal {
            meter.keep_journal();
        }
        if hardware.hosts.len() > 1 || by_entity {
            // What the processors of a group draw depends on how busy its own hosts are.
            meter.keep_entities(Gauge::CoresBusy, hardware.host_count());
            meter.keep_entities(Gauge::CoresStarting, hardware.host_count());
            meter.keep_entities(Gauge::LocalAllocated, hardware.host_count());
        }
        if hardware.pools.len() > 1 || by_entity {
            meter.keep_entities(Gauge::PoolAllocated, hardware.pools.iter().map(|pools| pools.count).sum());
        }
        hardware.follow_off(&mut meter);
        let functions = setup.needs.len();
        let starting = Starting::new(setup.cold, hardware.host_count(), functions, !own_cores);
        meter.raise(Gauge::Templates, starting.template_bytes().0);
        Self {
            arrivals: Arrivals::new(invocations, classes.offset()),
            requests: Requests::default(),
            scripts: Scripts::default(),
            resources,
            attempts: Attempts::new(&setup.rules.quotas, setup.rules.dispatch.gangs, setup.retry_chance),
            timeouts: setup.rules.quotas.timeout.map(Timeouts::new),
            platform: Serverless::new(setup.rules, &setup.shape, setup.needs, setup.knowledge),
            platform_alarm: Alarm::OFF,
            starting,
            plain: !by_entity
                && own_cores
                && classes.are_alike()
                && classes.are_undisturbed()
                && classes.nothing_to_receive
                && setup.rules.quotas.timeout.is_none(),
            classes,
            own_cores,
            prices: setup.prices,
            bill: FunctionBill::default(),
            meter,
            accounts: Accounts::default(),
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

    fn finish(mut self, outcome: engine::Outcome, measurement: &Measurement) -> RunReport {
        self.accounts.unbalanced += self.scripts.unbalanced();
        self.platform.advance(outcome.end, &mut self.meter);
        let mut audits = self.audits(outcome.end);
        let open = self.meter.level(Gauge::InSystem);
        if measurement.run_out {
            self.platform.run_out(&mut self.meter);
        }
        while self.looks.next() <= Time::ZERO + measurement.window {
            self.look_around();
        }
        self.meter.advance((Time::ZERO + measurement.window).max(self.meter.now()));
        self.meter.close_off();
        let until = measurement.end_of_use(&outcome);
        let (used, usage) = (self.resources.usage(outcome.end), self.resources.usage(until));
        self.count(outcome.end, open);
        let law = Law { done: outcome.stop == Stop::Finished && open == 0, analytic: self.resources.analytic_bytes() };
        audits.extend(audit::resources(&used, self.meter.counters(), law));
        RunReport { outcome, meter: self.meter, usage, looks: self.looks, audits }
    }

    /// Counts what was counted apart from the meter.
    fn count(&mut self, end: Time, open: u64) {
        let counters = self.meter.counters_mut();
        self.accounts.count(open, counters);
        self.platform.count(counters);
        self.bill.record(counters);
        counters.merge(&self.starting.counts());
        counters.name_reasons();
        for (counter, n) in [(Counter::Retries, 0), (Counter::DeadLetters, 0), (Counter::Queued, self.queued)] {
            counters.add(counter, n);
        }
        counters.merge(self.resources.asked());
        let fabric = self.resources.fabric_bytes(end) + self.accounts.message_bytes + self.starting.fault_bytes();
        counters.ask(ResourceKind::Fabric, fabric);
    }

    fn audits(&self, end: Time) -> Vec<Audit> {
        let (accounts, meter) = (&self.accounts, &self.meter);
        let open = u128::from(meter.level(Gauge::InSystem));
        let (local, remote) = self.platform.held();
        let mut audits = accounts.audits(open, self.requests.open_time(end), meter);
        audits.push(Audit::equal(
            "local memory allocated less freed = held by sandboxes [B]",
            u128::from(meter.level(Gauge::LocalAllocated)),
            u128::from(local.0),
        ));
        audits.push(Audit::equal(
            "pool memory allocated less freed = held by sandboxes [B]",
            u128::from(meter.level(Gauge::PoolAllocated)),
            u128::from(remote.0),
        ));
        if open == 0 && self.own_cores {
            audits.push(Audit::equal(
                "core time busy = run time of requests [ps]",
                meter.whole(Gauge::CoresBusy),
                accounts.running,
            ));
        }
        audits
    }
}
