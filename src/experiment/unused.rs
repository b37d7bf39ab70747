//! Keys that turn out to have had no effect once the runs are over.

use crate::config::Loaded;
use crate::config::effect::{Effect, Effects};
use crate::config::plan::{Plan, Platform};
use crate::config::raw::{Binding, Experiment};
use crate::output::ExperimentOutput;
use crate::record::Counter;

/// The rules of eviction, where idle sandboxes may be evicted: they have an effect where one was, in any replication.
pub fn unused(loaded: &Loaded<Experiment>, plan: &Plan, output: &ExperimentOutput) -> Effects {
    let mut effects = Effects::default();
    for (i, layout) in plan.layouts.iter().enumerate() {
        let Platform::Serverless(platform) = &layout.platform else { continue };
        if !platform.evict_idle {
            continue;
        }
        let of_layout = output.summary.iter().filter(|row| row.layout == layout.name);
        let evicted = of_layout.filter(|row| row.metric == Counter::Evicted.name()).any(|row| row.value > 0.0);
        let early = platform.binding == Binding::Early;
        for key in ["policy", "ties", "when_short"].into_iter().filter(|key| early || *key != "when_short") {
            let effect = Effect {
                key: format!("layout[{i}].platform.eviction.{key}"),
                // What a part says is for others too.
                decided_by: String::new(),
                has: evicted,
                why: "as no idle sandbox was evicted in any replication: memory was never short".to_owned(),
                remedy: "leave it out, or let memory be short: fewer nodes, more arrivals, a longer keep-alive"
                    .to_owned(),
            };
            effects.add(loaded, &effect);
        }
    }
    effects
}
