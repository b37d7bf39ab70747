//! The comparison as a table for a terminal of 100 columns.

use std::fmt::Write as _;

use super::compare::{Comparison, ComparisonRow};
use super::findings::{caveat, findings};
use super::rests;
use super::scale::{Scale, ratio};
use crate::output::metrics;
use crate::verdict::{Sampling, Verdict};

/// The widest line, in characters.
const WIDTH: usize = 100;
/// Between columns.
const GAP: &str = "  ";

/// One line of the table: a label, a unit, and a (value, ratio) per layout.
struct Line {
    label: String,
    unit: String,
    cells: Vec<(String, String)>,
}

/// The comparison of the headline metrics as text: facts, basis, loud flags, a table per group, and how to
/// read it. Every line ends in `\n`. Only names and warnings longer than a line make one longer than 100
/// characters.
pub fn table(comparison: &Comparison) -> String {
    let mut lines = vec![
        format!("{}: {}", comparison.experiment, comparison.question),
        comparison.facts.clone(),
        format!("held equal: {}", comparison.basis),
    ];
    lines.extend(Some(&comparison.measured).filter(|text| !text.is_empty()).map(|text| format!("measured: {text}")));
    lines.extend(comparison.flags.iter().map(|flag| format!("!! {flag}")));
    lines.extend(comparison.warnings.iter().map(|warning| format!("warning: {warning}")));
    let groups = groups(comparison);
    for columns in column_blocks(comparison, &groups) {
        lines.push(String::new());
        lines.extend(block(comparison, &groups, &columns));
    }
    lines.push(String::new());
    lines.extend(legend(comparison));
    lines.extend(in_words(comparison));
    lines.extend(rest_on(comparison));
    lines.join("\n") + "\n"
}

/// The lines of the headline metrics under the title of their group.
fn groups(comparison: &Comparison) -> Vec<(&'static str, Vec<Line>)> {
    let mut groups: Vec<(&'static str, Vec<Line>)> = Vec::new();
    for metric in comparison.metrics() {
        let Some(entry) = metrics::find(metric).filter(|entry| entry.headline) else { continue };
        let rows: Vec<Option<&ComparisonRow>> =
            comparison.layouts.iter().map(|layout| comparison.row(metric, layout)).collect();
        let unit = rows.iter().flatten().next().map_or("", |row| row.unit.as_str());
        let scale = Scale::for_values(metric, unit, rows.iter().flatten().map(|row| row.mean));
        let missing = || ("–".to_owned(), String::new());
        let cells = rows
            .iter()
            .enumerate()
            .map(|(i, row)| row.map_or_else(missing, |row| cell(row, &scale, i, comparison.replications)));
        let line = Line { label: metrics::label(metric), cells: cells.collect(), unit: scale.unit.clone() };
        match groups.last_mut().filter(|(title, _)| *title == entry.group.title()) {
            Some((_, lines)) => lines.push(line),
            None => groups.push((entry.group.title(), vec![line])),
        }
    }
    groups
}

/// "812 ± 12" and "×1.06*": the mean with its interval and, but for the first layout, the ratio to the first.
fn cell(row: &ComparisonRow, scale: &Scale, index: usize, replications: u32) -> (String, String) {
    let value = scale.bare_interval(row.mean, row.ends()) + &some_of(row, replications);
    let star = if differs(row) { "*" } else { "" };
    let times = shown_ratio(row, index).map_or_else(String::new, |times| format!("{}{star}", ratio(times)));
    (value, if is_same(row, index) { "=".to_owned() } else { times })
}

/// Where a metric has no value in some replications, how many have one: its mean is of those.
pub(super) fn some_of(row: &ComparisonRow, replications: u32) -> String {
    if row.n < replications { format!(" ({} of {replications})", row.n) } else { String::new() }
}

/// Whether a layout has the value of the first one in every replication.
pub(super) fn is_same(row: &ComparisonRow, index: usize) -> bool {
    index > 0 && row.equal.ratio && row.ratio_to_first.is_some_and(|ratio| (ratio - 1.0).abs() < SHOWN)
}

/// The ratio worth showing: not of the first layout to itself, nor where both are the same.
pub(super) fn shown_ratio(row: &ComparisonRow, index: usize) -> Option<f64> {
    row.ratio_to_first.filter(|_| index > 0 && !is_same(row, index))
}

/// Ratios that differ from one by less look like one.
const SHOWN: f64 = 0.000_05;

/// Whether the interval of the ratio excludes one, and the ratio is seen to differ from it.
pub(super) fn differs(row: &ComparisonRow) -> bool {
    let seen = row.ratio_to_first.is_some_and(|ratio| (ratio - 1.0).abs() >= SHOWN);
    seen && Verdict::of(row.ratio().and_then(|ratio| ratio.ends()), 1.0, 0.0).differs()
}

/// Layouts by the blocks that fit beside the labels; one layout at least in each.
fn column_blocks(comparison: &Comparison, groups: &[(&'static str, Vec<Line>)]) -> Vec<Vec<usize>> {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut used = WIDTH;
    for column in 0..comparison.layouts.len() {
        let (value, ratio) = widths(comparison, groups, column);
        let width = GAP.len() + value + ratio;
        if used + width > WIDTH {
            blocks.push(Vec::new());
            let (label, unit) = head_widths(groups);
            used = label + GAP.len() + unit;
        }
        used += width;
        if let Some(block) = blocks.last_mut() {
            block.push(column);
        }
    }
    blocks
}

/// Widths of the columns of labels and of units.
fn head_widths(groups: &[(&'static str, Vec<Line>)]) -> (usize, usize) {
    let lines = || groups.iter().flat_map(|(_, lines)| lines);
    let label = lines().map(|line| line.label.chars().count() + 2).max().unwrap_or(0);
    (label, lines().map(|line| line.unit.chars().count()).max().unwrap_or(0))
}

/// Widths of the values and of the ratios of one layout; its name fits above both.
fn widths(comparison: &Comparison, groups: &[(&'static str, Vec<Line>)], column: usize) -> (usize, usize) {
    let cells = || groups.iter().flat_map(|(_, lines)| lines).map(|line| &line.cells[column]);
    // A blank before the ratio.
    let ratio =
        cells().map(|cell| cell.1.chars().count()).max().filter(|width| *width > 0).map_or(0, |width| width + 1);
    let value = cells().map(|cell| cell.0.chars().count()).max().unwrap_or(0);
    (value.max(comparison.layouts[column].chars().count().saturating_sub(ratio)), ratio)
}

/// A table of some of the layouts.
fn block(comparison: &Comparison, groups: &[(&'static str, Vec<Line>)], columns: &[usize]) -> Vec<String> {
    let (label, unit) = head_widths(groups);
    let widths: Vec<(usize, usize)> = columns.iter().map(|column| widths(comparison, groups, *column)).collect();
    let mut lines = Vec::new();
    for (number, (title, body)) in groups.iter().enumerate() {
        let names = columns.iter().zip(&widths).map(|(column, (value, ratio))| {
            format!("{GAP}{:>width$}", comparison.layouts[*column], width = value + ratio)
        });
        // The names of the layouts stand in the first line only.
        let names: String = names.filter(|_| number == 0).collect();
        lines.push(format!("{title:label$}{GAP}{:unit$}{names}", ""));
        for line in body {
            let cells = columns.iter().zip(&widths).map(|(column, (value, ratio))| {
                let (mean, times) = &line.cells[*column];
                let gap = usize::from(*ratio > 0);
                format!("{GAP}{mean:>value$}{:gap$}{times:rest$}", "", rest = ratio - gap)
            });
            let cells: Vec<String> = cells.collect();
            lines.push(format!("  {:short$}{GAP}{:unit$}{}", line.label, line.unit, cells.concat(), short = label - 2));
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// What the intervals of the metrics that count say, a paragraph for each layout but the first.
fn in_words(comparison: &Comparison) -> Vec<String> {
    let all = findings(comparison);
    let head = comparison.layouts.first().filter(|_| !all.is_empty()).map(|first| {
        [String::new(), format!("In words, against {first}; not distinguishable where the 95 % interval includes 0 %:")]
    });
    let caveat = caveat(comparison).filter(|_| !all.is_empty()).map(|parts| wrapped("Latencies", &parts));
    let paragraphs = all.iter().flat_map(|findings| wrapped(findings.layout, &findings.sentences));
    head.into_iter().flatten().chain(caveat.into_iter().flatten()).chain(paragraphs).collect()
}

/// How sure the numbers of the parts are, and how far ratios move within their ranges.
fn rest_on(comparison: &Comparison) -> Vec<String> {
    let all = rests::rests(comparison);
    if all.is_empty() {
        return Vec::new();
    }
    let head = "Rests on numbers of parts: a read in a source, b computed from such, c second-hand, unsourced; ratios";
    let head = [
        String::new(),
        head.to_owned(),
        "within the ranges of prices and powers, what was used held fixed:".to_owned(),
    ];
    let lines = all.iter().flat_map(|rests| wrapped(rests.layout, &rests.sentences));
    head.into_iter().chain(lines).collect()
}

/// Sentences after a name, as many to a line as fit; lines after the first are indented.
fn wrapped(name: &str, sentences: &[String]) -> Vec<String> {
    let mut lines = vec![format!("  {name}")];
    let mut used = WIDTH;
    for (i, sentence) in sentences.iter().enumerate() {
        let sentence = format!("{sentence}{}", if i + 1 < sentences.len() { ";" } else { "" });
        let length = sentence.chars().count() + 1;
        if used + length > WIDTH {
            lines.push("   ".to_owned());
            used = 3;
        }
        used += length;
        if let Some(line) = lines.last_mut() {
            line.extend([" ", &sentence]);
        }
    }
    lines
}

/// What the ratio to the first layout is.
pub(super) fn ratio_in_words(comparison: &Comparison, first: &str) -> String {
    if comparison.replications > 1 && comparison.sampling != Sampling::Runs {
        format!("geometric mean of the replications' ratios to {first} (of the means, where one is zero)")
    } else {
        format!("ratio to {first}, paired by replication")
    }
}

/// How to read the table.
fn legend(comparison: &Comparison) -> Vec<String> {
    let n = comparison.replications;
    let mut lines = vec![if n == 1 {
        "1 replication: no interval".to_owned()
    } else {
        format!("± half width of the 95 % confidence interval over {n} replications; none where all are equal")
    }];
    if n > 1 && comparison.sampling != Sampling::Runs {
        lines.push("(a to b) the ends of an interval that reaches further to one side".to_owned());
    }
    if n > 1 && !comparison.varies.is_empty() {
        lines.extend(varies(&comparison.varies));
    }
    if let Some(first) = comparison.layouts.first().filter(|_| comparison.layouts.len() > 1) {
        let star = if n == 1 { "" } else { "; = the same in each; * its 95 % interval excludes 1" };
        lines.push(format!("× {}{star}", ratio_in_words(comparison, first)));
    }
    lines
}

/// What intervals are over, and what they say nothing of, as many to a line as fit.
fn varies(sentences: &[String]) -> Vec<String> {
    let mut lines = vec!["±".to_owned()];
    for (i, sentence) in sentences.iter().enumerate() {
        let end = if i + 1 < sentences.len() { ";" } else { "" };
        let last = lines.len() - 1;
        let fits = lines[last].chars().count() + sentence.chars().count() + 2 <= WIDTH;
        if i == 0 || fits {
            let _ = write!(lines[last], " {sentence}{end}");
        } else {
            lines.push(format!("  {sentence}{end}"));
        }
    }
    lines
}
