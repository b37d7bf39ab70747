//! Data centres in code: how small may the disaggregated one be, by the 99th percentile of response times?
//!
//!     cargo run --release --example data_centre
//!
//! Parts come from `configs/`, sizes from the loop below; each experiment is run in memory, without result files.

use std::error::Error;
use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment;
use sdcsim::report;
use sdcsim::verdict;

/// Nodes of one pool. What is not said here is as the layout has it.
fn experiment(nodes: u32) -> Vec<String> {
    vec![
        "basis='nothing'".to_owned(),
        "replications=3".to_owned(),
        format!("layout[name=disaggregated].nodes.count={nodes}"),
        "workload.source={ kind='generated', functions=40, length='2 h', rate_scale=0.02 }".to_owned(),
    ]
}

/// Runs, prints the last comparison, and fails where a larger data centre is slower beyond doubt.
pub fn main() -> Result<(), Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quickstart.toml");
    let mut smaller: Option<f64> = None;
    for nodes in [2, 5] {
        let loaded = config::load::<raw::Experiment>(&file, &experiment(nodes))?;
        let prepared = experiment::prepare(&loaded)?;
        let outcome = experiment::run(&prepared, None, 2, &())?.ok_or("nothing interrupts it")?;
        let comparison = report::compare(&outcome.output);
        let row = comparison.row("response.p99", "disaggregated").ok_or("it is measured")?;
        println!(
            "{nodes} nodes: 99 % of the requests within {:.3} s ± {:.3} s",
            row.mean,
            row.half_width_95.unwrap_or(0.0)
        );
        if let Some(ratio) = row.ratio() {
            println!("    against virtual machines: {}", verdict::change_in_words(&ratio, verdict::Margin::of(0.05)));
        }
        if smaller.is_some_and(|p99| row.mean - row.half_width_95.unwrap_or(0.0) > p99) {
            return Err("more nodes cannot be slower".into());
        }
        smaller = Some(row.mean);
        if nodes == 5 {
            print!("\n{}", report::table(&comparison));
        }
    }
    Ok(())
}
