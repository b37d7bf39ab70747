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
mod render;
mod response;
mod style;
mod utilisation;

use super::compare::Comparison;
use crate::output::ExperimentOutput;

/// The width of all figures in points.
const WIDTH: f64 = 252.0;

/// One figure, drawn.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The name of its files, without the ending.
    pub name: &'static str,
    /// What it shows, in a few words.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// As SVG, 252 pt wide.
    pub svg: String,
    /// As PNG, 1008 pixels wide.
    pub png: Vec<u8>,
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
    let draw = |name: &'static str, drawn: Option<(figure::Figure, String)>| {
        let (figure, caption) = drawn?;
        let caption = caption + note;
        let (svg, png) = (render::svg(&figure), render::png(&figure));
        Some(Plot { name, title: figure.title, caption, svg, png })
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

/// The words for what bands and whiskers show; empty with one replication, which has none.
fn if_replicated(replications: u32, words: &str) -> String {
    if replications > 1 { words.to_owned() } else { " One replication: no intervals.".to_owned() }
}
