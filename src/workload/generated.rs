//! From a population to a workload.

use super::counts::MAX_PER_MINUTE;
use super::generate::{DAY, Options, Population};
use super::{MINUTE, Workload};
use crate::problem::{Problem, Problems};

/// Draws a population and makes it a workload.
pub fn generate(options: &Options) -> Result<Workload, Problems> {
    options.check()?;
    let population = Population::draw(options);
    // The busiest app of the published trace has 1.3e8 invocations a day, 90,000 a minute; bursts reach twice that.
    let per_minute = population.rate_per_day() * MINUTE.as_secs_f64() / DAY.as_secs_f64();
    if per_minute * 2.0 > MAX_PER_MINUTE as f64 {
        return Err(Problem {
            subject: "rate_scale".into(),
            message: format!("{per_minute:.0} invocations a minute are more than fit in memory"),
            remedy: "ask for fewer functions, or scale the rates down".into(),
            ..Problem::default()
        }
        .into());
    }
    let minutes = options.length.as_ps().div_ceil(MINUTE.as_ps()) as u32;
    Ok(Workload::generated(population, minutes))
}
