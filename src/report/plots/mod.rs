//! The figures, each as SVG and PNG, made of the result files alone.
//!
//! All are as wide as a journal's column (252 pt, 3.5 in) with text of seven points. Legends stand above the
//! data, never on it.

mod axis;
mod breakdown;
mod capacity;
mod cost;
mod figure;
mod font;
mod frontier;
mod grid;
mod render;
mod response;
mod style;
pub(super) mod sweep;
mod utilisation;
mod words;

use rayon::prelude::*;

use super::compare::Comparison;
use super::curves::Curves;
use super::frontier::Frontier;
use crate::output::ExperimentOutput;

/// One figure, drawn.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The name of its files, without the ending.
    pub name: String,
    /// What it shows, in a few words.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// As SVG, 252 pt wide (a journal's column) or 504 pt (its page).
    pub svg: String,
    /// As PNG, four pixels to the point.
    pub png: Vec<u8>,
}

impl Plot {
    fn of(name: &str, figure: figure::Figure, caption: String) -> Self {
        let (svg, png) = (render::svg(&figure), render::png(&figure));
        Self { name: name.to_owned(), title: figure.title, caption, svg, png }
    }
}

/// Layouts that a figure shows at most: more can't be told apart.
const MOST_LAYOUTS: usize = 12;

/// All figures for which there are results, in the order of the page.
pub(super) fn all(out: &ExperimentOutput, comparison: &Comparison) -> Vec<Plot> {
    let count = comparison.layouts.len();
    if count > MOST_LAYOUTS {
        let (mut out, mut comparison) = (out.clone(), comparison.clone());
        out.manifest.layouts.truncate(MOST_LAYOUTS);
        comparison.layouts.truncate(MOST_LAYOUTS);
        let note = format!(" Only the first {MOST_LAYOUTS} of {count} layouts are drawn.");
        return some(&out, &comparison, &note);
    }
    some(out, comparison, "")
}

/// The figures of all layouts that it is given, with a note at the end of each caption.
fn some(out: &ExperimentOutput, comparison: &Comparison, note: &str) -> Vec<Plot> {
    let draw = |name: &str, drawn: Option<(figure::Figure, String)>| {
        let (figure, caption) = drawn?;
        Some(Plot::of(name, figure, caption + note))
    };
    [
        draw("response", response::figure(out)),
        draw("breakdown", breakdown::figure(out, comparison)),
        draw("cost", cost::figure(comparison)),
        draw("capacity", capacity::figure(out)),
        draw("utilisation", utilisation::figure(out, comparison)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The figures of a sweep: those of metric against metric, then one for each metric over its first axis.
pub(super) fn of_sweep(frontiers: &[Frontier], curves: &[Curves]) -> Vec<Plot> {
    let pair = |frontier: &Frontier| {
        let (figure, caption) = frontier::figure(frontier)?;
        let name = format!("{}-over-{}", frontier.y.name, frontier.x.name);
        Some(Plot::of(&name.replace('.', "-"), figure, caption))
    };
    let draw = |curves: &Curves| {
        let (figure, caption) = sweep::figure(curves)?;
        Some(Plot::of(&curves.metric.replace('.', "-"), figure, caption))
    };
    // Drawing takes longest of all that a sweep does after its last run: no core should idle meanwhile.
    let mut plots: Vec<Plot> = frontiers.par_iter().filter_map(pair).collect();
    plots.par_extend(curves.par_iter().filter_map(draw));
    plots
}
