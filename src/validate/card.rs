//! The trust card as text, JSON and a page of the documentation.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::row::{Measured, Validation, Verdict, deviation_text};

/// The rows that ran, with what they measured, in the order of the registry.
#[derive(Clone, Debug)]
pub struct Card(pub Vec<(Validation, Measured)>);

impl Card {
    /// Whether no row has missed.
    pub fn is_met(&self) -> bool {
        self.count(Verdict::Missed) == 0
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.0.iter().filter(|(row, measured)| measured.verdict(row.tolerance) == verdict).count()
    }

    /// One line per row for people, then what missed or was skipped, then the totals.
    pub fn text(&self) -> String {
        let mut text = format!("{:<26} {:<8} {:<26} {}\n", "name", "verdict", "tolerance", "worst deviation");
        for (row, measured) in &self.0 {
            let verdict = measured.verdict(row.tolerance);
            let tolerance = row.tolerance.to_string();
            let _ = writeln!(text, "{:<26} {verdict:<8} {tolerance:<26} {}", row.name, worst_text(row, measured));
            let _ = writeln!(text, "    {} [{}]", row.what, row.source);
        }
        let (met, missed, skipped) =
            (self.count(Verdict::Met), self.count(Verdict::Missed), self.count(Verdict::Skipped));
        let _ = writeln!(text, "\n{met} met, {missed} missed, {skipped} skipped");
        text
    }

    /// An array with one object per row.
    pub fn json(&self) -> String {
        let rows: Vec<Value> = self.0.iter().map(|(row, measured)| row_json(row, measured)).collect();
        serde_json::to_string_pretty(&rows).expect("numbers and texts are JSON") + "\n"
    }

    /// `docs/validation.md`.
    pub fn markdown(&self) -> String {
        let mut page = PAGE_HEAD.to_owned();
        for (row, measured) in &self.0 {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} | {} | {} | {} |",
                row.name,
                row.what,
                row.source,
                row.tolerance,
                worst_text(row, measured),
                measured.verdict(row.tolerance),
            );
        }
        page
    }
}

const PAGE_HEAD: &str = "# What sdcsim is validated against

<!-- Made from the registry in src/validate; to update: SDCSIM_UPDATE=1 cargo test --test all validate -->

`sdcsim validate` runs every row below and exits with 1 when one misses its tolerance; `--only queueing` runs the
rows whose names begin so, `--json` prints every single comparison. The deviation shown is the worst of a row's
comparisons: the one that uses most of what its tolerance allows; it is relative to the expected value (0.01 is
1 %) unless that is zero or the row says otherwise. All runs are seeded, so these figures are the
same on every machine.

| name | what is compared | source | tolerance | worst deviation | verdict |
|---|---|---|---|---|---|
";

fn worst_text(row: &Validation, measured: &Measured) -> String {
    match (measured, measured.worst(row.tolerance)) {
        (Measured::Skipped(reason), _) => reason.clone(),
        (Measured::Compared { .. }, None) => "nothing was compared".to_owned(),
        (Measured::Compared { run_length, .. }, Some(worst)) => {
            let mut text = format!("{} ({}", deviation_text(worst.deviation()), worst.quantity);
            if worst.half_width > 0.0 {
                let _ = write!(text, ", interval ± {}", deviation_text(worst.half_width / worst.scale));
            }
            if !run_length.is_empty() {
                let _ = write!(text, "; {run_length}");
            }
            text + ")"
        }
    }
}

fn row_json(row: &Validation, measured: &Measured) -> Value {
    let (comparisons, detail): (Vec<Value>, &str) = match measured {
        Measured::Skipped(reason) => (Vec::new(), reason),
        Measured::Compared { comparisons, run_length } => {
            let comparison = |c: &super::Comparison| {
                json!({
                    "quantity": c.quantity,
                    "measured": c.measured,
                    "expected": c.expected,
                    "half_width": c.half_width,
                    "deviation": c.deviation(),
                    "allowed": c.allowed(row.tolerance),
                    "met": c.is_met(row.tolerance),
                })
            };
            (comparisons.iter().map(comparison).collect(), run_length)
        }
    };
    json!({
        "name": row.name,
        "what": row.what,
        "source": row.source,
        "tolerance": row.tolerance.to_string(),
        "verdict": measured.verdict(row.tolerance).to_string().to_lowercase(),
        "deviation": measured.worst(row.tolerance).map(super::Comparison::deviation),
        "detail": detail,
        "comparisons": comparisons,
    })
}
