//! Figures as files.

use super::plots::Plot;

/// The name of the folder of figures in a run folder.
pub const PLOTS: &str = "plots";

/// The figures as files.
pub(super) fn pictures(plots: Vec<Plot>) -> Vec<(String, Vec<u8>)> {
    let files = plots.into_iter().flat_map(|plot| {
        [(format!("{}.svg", plot.name), plot.svg.into_bytes()), (format!("{}.png", plot.name), plot.png)]
    });
    files.collect()
}
