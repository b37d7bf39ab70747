//! How sandboxes start: by definition on small cases, and against measured boots.

mod boots;
mod exact;
mod presets;

use sdcsim::config::plan::{Binding, CpuSharing, Fidelity, KeepAliveMode, Placement};
use sdcsim::engine::Stop;
use sdcsim::ids::FunctionId;
use sdcsim::memory::pool::PoolSpeed;
use sdcsim::platform::serverless::{Need, Rules, Shape};
use sdcsim::record::{Breakdown, Completed, Component, Recorder, Rejection};
use sdcsim::rng::RootSeed;
use sdcsim::units::{BitsPerSec, Bytes, Span, Time};
use sdcsim::workload::{Function, Functions, Invocation};
use sdcsim::world::{
    ColdStarts, DelayModel, Hardware, Measurement, Pools, RunReport, ServerlessSetup, StartRules, StorageNodes,
    UNLIMITED, knowledge,
};

/// A request that was answered: when, and where its time went.
#[derive(Clone, Copy, Debug)]
struct Answer {
    arrived: Time,
    answered: Time,
    parts: Breakdown,
}

impl Answer {
    /// Time in the four phases of a start.
    fn start(&self) -> Span {
        let phases = [Component::ColdAllocate, Component::ColdFetch, Component::ColdBoot, Component::ColdInit];
        phases.map(|phase| self.parts.get(phase)).into_iter().sum()
    }
}

#[derive(Debug, Default)]
struct Answers(Vec<Answer>);

impl Recorder for Answers {
    fn completed(&mut self, request: &Completed) {
        let Completed { arrived, answered, breakdown, .. } = *request;
        self.0.push(Answer { arrived, answered, parts: breakdown });
    }
    fn rejected(&mut self, _at: Time, _function: FunctionId, _reason: Rejection) {}
}

/// Functions of 128 MiB on one node; a request runs for no time in a sandbox of its own, which is gone afterwards.
struct Site {
    functions: u32,
    phases: [DelayModel; 3],
    image: Bytes,
    rules: StartRules,
    cores: u32,
    cpu: CpuSharing,
    /// How many sandboxes the node holds.
    room: u64,
    /// Of each pool, for starts that page in.
    pool_bandwidth: BitsPerSec,
    run: Span,
    /// Pools to which sandboxes move that have served; without any they are gone.
    tier_pools: u32,
}

const MEMORY: Bytes = Bytes::from_mib(128);

impl Site {
    fn new(phases: [Span; 3], rules: StartRules) -> Self {
        Self {
            functions: 4,
            phases: phases.map(DelayModel::Constant),
            image: Bytes::ZERO,
            rules,
            cores: u32::MAX,
            cpu: CpuSharing::Exclusive,
            room: 1_000_000,
            pool_bandwidth: BitsPerSec(UNLIMITED),
            run: Span::ZERO,
            tier_pools: 0,
        }
    }

    fn hardware(&self) -> Hardware {
        // Two storage nodes of 8 Gbit/s; pools whose latency does not rise with their load until they are full.
        let pools = self.rules.remote.as_ref().map(|rule| Pools {
            count: rule.pools,
            speed: PoolSpeed {
                latency: rule.paging.round_trip,
                curve_a: Span::ZERO,
                curve_b: 0.0,
                bandwidth: self.pool_bandwidth,
            },
            fidelity: Fidelity::Fluid,
            off_after: None,
        });
        let rate = BitsPerSec(8_000_000_000);
        Hardware {
            pools: pools.into_iter().collect(),
            storage: vec![StorageNodes { count: 2, latency: Span::from_us(100), rate }],
            ..Hardware::plain(1, self.cores)
        }
    }

    /// Serves requests, given as (arrival, function), in order of arrival; the answers come in the order of their ends.
    fn serve(self, requests: &[(Span, u32)]) -> (Vec<Answer>, RunReport) {
        let function = |i| Function {
            owner: String::new(),
            app: String::new(),
            name: format!("f{i}"),
            memory: MEMORY,
            cold_start: None,
            own: None,
        };
        let functions: Functions = (0..self.functions).map(function).collect();
        let root = RootSeed::new(1, 0);
        let hardware = self.hardware();
        let cold = ColdStarts::new(self.phases, self.image, &functions, root).with_rules(self.rules);
        let setup = ServerlessSetup {
            rules: Rules {
                placement: Placement::LeastLoaded,
                binding: Binding::Late,
                cpu: self.cpu,
                keep_alive: if self.tier_pools > 0 { KeepAliveMode::RemoteTier } else { KeepAliveMode::None },
                keep_alive_limit: Span::ZERO,
                tier_limit: Span::from_secs(3_600),
                queue_limit: u64::MAX,
                ..sdcsim::probe::platform::PlatformSpec::unlimited(Span::ZERO).rules
            },
            shape: Shape::uniform(1, self.cores, MEMORY * self.room).with_pools(self.tier_pools, MEMORY * 4),
            needs: functions.iter().map(|f| Need { local: f.memory, remote: Bytes::ZERO }).collect(),
            knowledge: knowledge(&functions, root, |_| Span::ZERO),
            retry_chance: root.stream("retries", &[]),
            journal: false,
            hardware,
            cold,
            prices: None,
        };
        let run = self.run;
        let invocation = |&(at, function): &(Span, u32)| Invocation {
            at: Time::ZERO + at,
            function: FunctionId::new(function),
            duration: run,
        };
        let measurement = Measurement::whole(Span::from_secs(1));
        let mut answers = Answers::default();
        let list: Vec<Invocation> = requests.iter().map(invocation).collect();
        let report = sdcsim::world::run_serverless(setup, list.into_iter(), &measurement, &mut answers, &mut ());
        assert_eq!(report.outcome.stop, Stop::Finished);
        assert_eq!(answers.0.len(), requests.len());
        for audit in &report.audits {
            assert!(audit.holds, "{audit:?}");
        }
        (answers.0, report)
    }
}

fn ms(n: u64) -> Span {
    Span::from_ms(n)
}
