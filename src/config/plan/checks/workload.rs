//! Classes of functions, and memory profiles with names.

use std::collections::BTreeSet;

use super::checker::Checker;
use crate::config::raw::{Selector, WorkloadSource};
use crate::config::suggest;
use crate::units::Bytes;

/// Most bytes of one transfer.
pub(in crate::config) const MOST_MOVED: Bytes = Bytes(1 << 50);

/// What is wrong with the workload's classes and profiles.
pub(super) fn workload(check: &mut Checker<'_>) {
    let raw = &check.loaded.raw.workload;
    check.positive(raw.profile.reference_latency.0.as_secs_f64(), "workload.profile.reference_latency", "the latency");
    let io = &raw.io;
    let of_all = [("request", io.request), ("response", io.response), ("read", io.read), ("write", io.write)];
    for (key, bytes) in of_all {
        transfer(check, &format!("workload.io.{key}"), bytes.0);
    }
    let mut seen = BTreeSet::new();
    for (i, profile) in raw.profiles.iter().enumerate() {
        let at = format!("workload.profiles[{i}]");
        check.expect(
            seen.insert(&profile.name),
            &format!("{at}.name"),
            || format!("another profile is called `{}` too", profile.name),
            "give every profile a name of its own",
        );
        if let Some(latency) = profile.reference_latency {
            check.positive(latency.0.as_secs_f64(), &format!("{at}.reference_latency"), "the latency");
        }
    }
    let shares: f64 = raw.profiles.iter().map(|profile| profile.share).sum();
    check.expect(
        // Shares such as three times 0.333333 and thirds that round upwards are meant.
        shares <= 1.0 + 1e-6,
        "workload.profiles",
        || format!("the shares add up to {shares}, and there are no more functions than all"),
        "lower a share: what they leave of 1 has workload.profile",
    );
    classes(check);
    selection(check);
}

/// What is wrong with the selection, whatever the trace.
fn selection(check: &mut Checker<'_>) {
    let workload = &check.loaded.raw.workload;
    let select = &workload.select;
    if let Some(length) = select.length {
        check.positive(length.0.as_secs_f64(), "workload.select.length", "the length of the window");
    }
    if !matches!(workload.source, WorkloadSource::Generated(_)) {
        return;
    }
    let others = [
        ("request_share", select.request_share == 1.0, "lower workload.source.rate_scale"),
        ("rate_scale", select.rate_scale == 1.0, "write it as workload.source.rate_scale"),
        ("repeat", select.repeat == 1, "write a longer workload.source.length"),
    ];
    for (key, unused, remedy) in others {
        let message = || "a generated workload is not selected from but made as it is asked for".to_owned();
        check.expect(unused, &format!("workload.select.{key}"), message, remedy);
    }
}

/// Transfers are followed to the picosecond, and their arithmetic has an end.
fn transfer(check: &mut Checker<'_>, at: &str, bytes: Bytes) {
    check.expect(
        bytes <= MOST_MOVED,
        at,
        || format!("{bytes} in one transfer, and {MOST_MOVED} are simulated at most"),
        "write less; several requests can move more",
    );
}

fn classes(check: &mut Checker<'_>) {
    let raw = &check.loaded.raw.workload;
    let mut seen = BTreeSet::new();
    for (i, class) in raw.class.iter().enumerate() {
        let at = format!("workload.class[{i}]");
        if let Some(name) = &class.name {
            check.expect(
                seen.insert(name),
                &format!("{at}.name"),
                || format!("another class is called `{name}` too"),
                "give every class a name of its own",
            );
        }
        if let Some(latency) = class.profile.as_ref().and_then(|profile| profile.reference_latency) {
            check.positive(latency.0.as_secs_f64(), &format!("{at}.profile.reference_latency"), "the latency");
        }
        let io = &class.io;
        let given = [("request", io.request), ("response", io.response), ("read", io.read), ("write", io.write)];
        for (key, bytes) in given.into_iter().filter_map(|(key, bytes)| Some((key, bytes?))) {
            transfer(check, &format!("{at}.io.{key}"), bytes.0);
        }
        check.expect(
            class.functions.class.is_none(),
            &format!("{at}.functions.class"),
            || "a function is of a class because of its memory and name, not of another class".to_owned(),
            "leave it out: of several classes that select a function, the first one counts",
        );
        let functions = Selector { class: None, ..class.functions.clone() };
        selector(check, &format!("{at}.functions"), &functions);
    }
}

/// What is wrong with a rule for which functions something is.
pub(super) fn selector(check: &mut Checker<'_>, at: &str, selector: &Selector) {
    if let (Some(low), Some(high)) = (selector.memory_min, selector.memory_max) {
        check.expect(
            low.0 <= high.0,
            &format!("{at}.memory_min"),
            || format!("no memory is at least {low} and at most {high}"),
            "make it at most memory_max",
        );
    }
    if let Some(name) = &selector.name {
        check.expect(
            !name.is_empty(),
            &format!("{at}.name"),
            || "no function has an empty name".to_owned(),
            "write a function's name, app/function or owner/app/function, with * for any text; or leave it out",
        );
    }
    if let Some(class) = &selector.class {
        let raw = &check.loaded.raw.workload;
        let known: Vec<String> = raw.class.iter().filter_map(|class| class.name.clone()).collect();
        let near = suggest::among(class, &known, "classes");
        let remedy = if known.is_empty() { "add it as [[workload.class]] with name and functions" } else { &near };
        check.expect(
            known.contains(class),
            &format!("{at}.class"),
            || format!("no class of the workload is called `{class}`"),
            remedy,
        );
    }
}
