//! The figures that a sweep asks for, checked against the metrics and layouts that there are.

use crate::config::raw::{Experiment, Figure, Scale};
use crate::config::{Loaded, suggest};
use crate::output::{SweepFigure, metrics};
use crate::problem::Problems;

/// The figures that the experiment asks for, for the manifest of a sweep.
///
/// # Errors
/// Metrics that no run measures, and layouts that there are not.
pub fn figures(loaded: &Loaded<Experiment>) -> Result<Vec<SweepFigure>, Problems> {
    let mut problems = Problems::default();
    let layouts: Vec<String> = loaded.raw.layout.iter().map(|layout| layout.name.clone()).collect();
    for (i, figure) in loaded.raw.figure.iter().enumerate() {
        let measured = [("y", Some(&figure.y)), ("x", figure.x.as_ref())];
        for (key, name) in measured.into_iter().filter_map(|(key, name)| Some((key, name?))) {
            if metrics::find(name).is_none() || name.ends_with('*') {
                let near = suggest::nearest(name, metrics::METRICS.iter().map(|metric| metric.name));
                let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
                let remedy = format!("{near}results/README.md has all metrics");
                let at = format!("figure[{i}].{key}");
                problems.push(loaded.problem(&at, format!("`{name}` is not a metric"), remedy));
            }
        }
        for (j, name) in figure.bounds.iter().enumerate().filter(|(_, name)| !layouts.contains(name)) {
            let remedy = suggest::among(name, &layouts, "layouts");
            let at = format!("figure[{i}].bounds[{j}]");
            problems.push(loaded.problem(&at, format!("no layout is called `{name}`"), remedy));
        }
        if figure.x.is_none() && figure.x_scale.is_some() {
            let remedy = "write `scale` at the axis, or a metric as `x`";
            let message = "the first axis is along x, and has a scale of its own";
            problems.push(loaded.problem(&format!("figure[{i}].x_scale"), message, remedy));
        }
    }
    problems.or_ok(loaded.raw.figure.iter().map(drawn).collect())
}

fn drawn(figure: &Figure) -> SweepFigure {
    let log = |scale: Option<Scale>| scale.map(|scale| scale == Scale::Log);
    SweepFigure {
        y: figure.y.clone(),
        x: figure.x.clone(),
        y_log: log(figure.y_scale),
        x_log: log(figure.x_scale),
        bounds: figure.bounds.clone(),
    }
}
