//! The report as one HTML page that needs nothing else: no network, no script, no other file.

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use super::busy::{Busy, busy, unfollowed};
use super::compare::{Comparison, ComparisonRow};
use super::findings::{caveat, findings};
use super::plots::Plot;
use super::rests::{Rests, rests};
use super::scale::{Scale, bare_ratio, grouped, ratio};
use super::table::{differs, is_same, ratio_in_words, shown_ratio, some_of};
use crate::output::{AuditRow, ExperimentOutput, LayoutInfo, Manifest, metrics};
use crate::verdict::Sampling;

/// All that the template is given.
#[derive(Serialize)]
struct Page<'a> {
    comparison: &'a Comparison,
    manifest: &'a Manifest,
    /// As text: a seed may be larger than the template's integers.
    seed: String,
    /// By layout: its name and sentences.
    findings: Vec<(&'a str, Vec<String>)>,
    groups: Vec<Group>,
    /// Whether replications differ in their populations, so that intervals reach further to one side.
    populations: bool,
    /// What the ratio to the first layout is.
    ratio: String,
    /// What energy and money rest on.
    rests: Vec<Rests<'a>>,
    /// What must be known of all that is said of latency; nothing where it is of almost all requests.
    caveat: Option<String>,
    busy: Vec<Busy<'a>>,
    /// Whether there are single nodes or pools that were not followed.
    unfollowed: bool,
    layouts: Vec<Layout<'a>>,
    plots: Vec<Picture<'a>>,
    laws: Vec<Law<'a>>,
    resolved: &'a str,
}

/// The metrics under one heading.
#[derive(Serialize)]
struct Group {
    title: &'static str,
    metrics: Vec<Line>,
}

/// One metric with a cell per layout.
#[derive(Serialize)]
struct Line {
    name: String,
    label: String,
    doc: &'static str,
    better: &'static str,
    cells: Vec<Cell>,
}

/// One metric of one layout, in words.
#[derive(Serialize, Default)]
struct Cell {
    value: String,
    ratio: String,
    differs: bool,
}

/// A figure as the page holds it.
#[derive(Serialize)]
pub(super) struct Picture<'a> {
    name: &'a str,
    title: &'a str,
    caption: &'a str,
    svg: String,
}

/// One layout, with what is held equal in words.
#[derive(Serialize)]
struct Layout<'a> {
    name: &'a str,
    kind: &'a str,
    description: &'a str,
    held: Vec<String>,
}

/// One conservation law over all runs.
#[derive(Serialize)]
struct Law<'a> {
    text: &'a str,
    runs: usize,
    holds: bool,
    failed: Vec<&'a AuditRow>,
}

/// The page as text. The template is part of the program, so it renders or a test fails.
pub(super) fn html(out: &ExperimentOutput, comparison: &Comparison, plots: &[Plot]) -> String {
    let page = Page {
        comparison,
        manifest: &out.manifest,
        seed: out.manifest.seed.to_string(),
        findings: findings(comparison).into_iter().map(|about| (about.layout, about.sentences)).collect(),
        groups: groups(comparison),
        populations: comparison.sampling != Sampling::Runs,
        ratio: comparison.layouts.first().map_or_else(String::new, |first| ratio_in_words(comparison, first)),
        rests: rests(comparison),
        caveat: caveat(comparison).map(|parts| format!("Latencies {}.", parts.join("; "))),
        busy: busy(out),
        unfollowed: unfollowed(out),
        layouts: layouts(&out.manifest),
        plots: plots.iter().map(picture).collect(),
        laws: laws(&out.manifest.audits),
        resolved: &out.resolved_toml,
    };
    render(include_str!("../../assets/report.html.j2"), &page)
}

/// A page from its template, which is part of the program.
pub(super) fn render(template: &str, page: &impl Serialize) -> String {
    let mut environment = Environment::new();
    // The ending tells that values are escaped.
    environment.add_template("page.html.j2", template).expect("the template parses");
    environment.add_template("report.css", include_str!("../../assets/report.css")).expect("it has no tags");
    environment.add_filter("grouped", |count: u64| grouped(count as f64, 0));
    let template = environment.get_template("page.html.j2").expect("it was just added");
    template.render(Serde(page)).expect("the template uses only what it is given")
}

/// A figure for the page. Within HTML an SVG needs no namespace.
pub(super) fn picture(plot: &Plot) -> Picture<'_> {
    let svg = plot.svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
    Picture { name: &plot.name, title: &plot.title, caption: &plot.caption, svg }
}

/// All metrics under the headings of the catalogue; those that it lacks come last.
fn groups(comparison: &Comparison) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for metric in comparison.metrics() {
        let entry = metrics::find(metric);
        let title = entry.map_or("Other", |entry| entry.group.title());
        let line = line(comparison, metric);
        match groups.last_mut().filter(|group| group.title == title) {
            Some(group) => group.metrics.push(line),
            None => groups.push(Group { title, metrics: vec![line] }),
        }
    }
    groups
}

/// One metric in a unit that suits all layouts.
fn line(comparison: &Comparison, metric: &str) -> Line {
    let entry = metrics::find(metric);
    let rows: Vec<Option<&ComparisonRow>> =
        comparison.layouts.iter().map(|layout| comparison.row(metric, layout)).collect();
    let unit = rows.iter().flatten().next().map_or("", |row| row.unit.as_str());
    let scale = Scale::for_values(metric, unit, rows.iter().flatten().map(|row| row.mean));
    let cells = rows
        .iter()
        .enumerate()
        .map(|(i, row)| row.map_or_else(Cell::default, |row| cell(row, &scale, i, comparison.replications)));
    Line {
        name: metric.to_owned(),
        label: metrics::label(metric),
        doc: entry.map_or("Not in the catalogue of metrics.", |entry| entry.doc),
        better: entry.map_or("–", |entry| entry.better.word()),
        cells: cells.collect(),
    }
}

/// The mean with its interval, and but for the first layout the ratio with its interval.
fn cell(row: &ComparisonRow, scale: &Scale, index: usize, replications: u32) -> Cell {
    let times = shown_ratio(row, index).map_or_else(String::new, |times| {
        match row.ratio_low.zip(row.ratio_high).filter(|(low, high)| low < high) {
            Some((low, high)) => format!("{} [{}, {}]", ratio(times), bare_ratio(low), bare_ratio(high)),
            None => ratio(times),
        }
    });
    let value = scale.interval(row.mean, row.ends()) + &some_of(row, replications);
    let ratio = if is_same(row, index) { "the same".to_owned() } else { times };
    Cell { value, ratio, differs: differs(row) }
}

/// The layouts as the page lists them.
fn layouts(manifest: &Manifest) -> Vec<Layout<'_>> {
    let layout = |layout: &'_ LayoutInfo| -> Vec<String> {
        let held = layout.held_equal.iter();
        held.map(|held| {
            let scale = Scale::for_values(&held.what, &held.unit, [held.value].into_iter());
            format!("{}: {}", held.what, scale.exact(held.value))
        })
        .collect()
    };
    let list = manifest.layouts.iter();
    list.map(|info| Layout { name: &info.name, kind: &info.kind, description: &info.description, held: layout(info) })
        .collect()
}

/// The audits by law in order of first mention, with the runs that break it.
fn laws(audits: &[AuditRow]) -> Vec<Law<'_>> {
    let mut laws: Vec<Law> = Vec::new();
    for audit in audits {
        let index = laws.iter().position(|law| law.text == audit.law).unwrap_or_else(|| {
            laws.push(Law { text: &audit.law, runs: 0, holds: true, failed: Vec::new() });
            laws.len() - 1
        });
        laws[index].runs += 1;
        if !audit.holds {
            laws[index].holds = false;
            laws[index].failed.push(audit);
        }
    }
    laws
}
