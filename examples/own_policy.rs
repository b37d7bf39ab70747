//! A keep-alive policy of one's own, on a generated workload, beside the fixed rule of ten minutes.
//!
//!     cargo run --release --example own_policy
//!
//! Requests take no time here, as in published comparisons of such policies; so a function has one sandbox, and
//! whether a request starts cold depends on the time since the last one alone. The same count by the library's
//! platform, with all that it models, is printed beside the fixed rule, and has to agree.

use std::error::Error;

use sdcsim::probe::platform::{PlatformSpec, run_platform};
use sdcsim::rng::RootSeed;
use sdcsim::units::{Span, Time};
use sdcsim::workload::generate::{Options, generate};
use sdcsim::workload::{Spacing, Workload};

/// Decides how long the sandbox of one function is kept.
trait Policy {
    /// A request has come `gap` after the last one.
    fn observe(&mut self, gap: Span);
    /// How long the sandbox is kept from now on.
    fn keep(&self) -> Span;
}

/// The same for everybody.
#[derive(Clone)]
struct Fixed(Span);

impl Policy for Fixed {
    fn observe(&mut self, _gap: Span) {}
    fn keep(&self) -> Span {
        self.0
    }
}

/// Twice a moving average of the gaps, and nothing for functions whose next request is too far away to wait for.
#[derive(Clone)]
struct TwiceTheGap {
    mean_s: Option<f64>,
    most: Span,
}

impl Policy for TwiceTheGap {
    fn observe(&mut self, gap: Span) {
        let gap = gap.as_secs_f64();
        self.mean_s = Some(self.mean_s.map_or(gap, |mean| 0.7 * mean + 0.3 * gap));
    }
    fn keep(&self) -> Span {
        match self.mean_s {
            None => self.most,
            Some(mean) if mean > self.most.as_secs_f64() => Span::ZERO,
            Some(mean) => Span::from_secs_f64(2.0 * mean).min(self.most),
        }
    }
}

/// What a policy costs.
struct Costs {
    requests: u64,
    cold: u64,
    /// Seconds for which sandboxes were kept idle.
    idle_s: f64,
}

fn replay<P: Policy + Clone>(workload: &Workload, policy: &P) -> Costs {
    let mut functions: Vec<(P, Option<Time>)> = vec![(policy.clone(), None); workload.functions().len()];
    let mut costs = Costs { requests: 0, cold: 0, idle_s: 0.0 };
    for invocation in workload.arrivals(RootSeed::new(1, 0), Spacing::default()) {
        let (policy, last) = &mut functions[invocation.function.index()];
        costs.requests += 1;
        match last.replace(invocation.at) {
            None => costs.cold += 1,
            Some(last) => {
                let (gap, kept) = (invocation.at.since(last), policy.keep());
                costs.cold += u64::from(gap > kept);
                costs.idle_s += gap.min(kept).as_secs_f64();
                policy.observe(gap);
            }
        }
    }
    costs
}

/// Replays, prints, and fails where the platform counts other cold starts than this file.
pub fn main() -> Result<(), Box<dyn Error>> {
    let workload = generate(&Options { rate_scale: 0.01, ..Options::new(200, 1, 1) })?;
    let limit = Span::from_secs(600);
    let (fixed, own) = (Fixed(limit), TwiceTheGap { mean_s: None, most: limit });
    let results = [("fixed", replay(&workload, &fixed)), ("twice the gap", replay(&workload, &own))];
    println!("{} functions, {} requests", workload.functions().len(), results[0].1.requests);
    for (name, costs) in &results {
        let share = 100.0 * costs.cold as f64 / costs.requests as f64;
        println!("{name:<14} {share:5.2} % cold, sandboxes idle for {:.1} h", costs.idle_s / 3600.0);
    }
    let spec = PlatformSpec { zero_execution: true, ..PlatformSpec::unlimited(limit) };
    let platform = run_platform(&spec, &workload);
    println!("the platform counts {} cold starts under the fixed rule", platform.cold_starts);
    if platform.cold_starts == results[0].1.cold { Ok(()) } else { Err("the two counts differ".into()) }
}
