//! The trust card: what sdcsim is held to, and how far off it is, printed by `sdcsim validate`.
//!
//! Each subject has a file of its own with a list of rows; a new row is one [`Validation`] in such a list. Rows
//! run on all cores and are told in the order of the registry. Everything is seeded: the same version measures
//! the same deviations everywhere, and `docs/validation.md` shows them.

mod card;
pub mod closed_forms;
mod conservation;
pub mod dispatch;
mod generator;
mod keep_alive;
mod queueing;
mod statistics;

use std::fmt;

use rayon::prelude::*;

use crate::problem::{Problem, Problems};

pub use card::Card;

/// All rows, by subject. A new subject is a file with a `ROWS` list and one line here.
const SUBJECTS: &[&[Validation]] =
    &[statistics::ROWS, queueing::ROWS, keep_alive::ROWS, dispatch::ROWS, conservation::ROWS, generator::ROWS];

/// One thing that the simulator is held to.
#[derive(Clone, Copy, Debug)]
pub struct Validation {
    /// Its name, such as `queueing/mm1`.
    pub name: &'static str,
    /// What is compared with what.
    pub what: &'static str,
    /// Where the expected values come from.
    pub source: &'static str,
    /// How far off it may be.
    pub tolerance: Tolerance,
    /// Measures; deterministic, without a clock.
    pub run: fn() -> Measured,
}

/// How far off a row may be, in the unit of [`Comparison::deviation`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// At most this much.
    AtMost(f64),
    /// At most this much, or inside the confidence interval of the measurement.
    OrInterval(f64),
}

/// What a row measured.
#[derive(Clone, Debug)]
pub enum Measured {
    /// Measured values beside expected ones, and how long was simulated ("900000 requests").
    Compared {
        /// At least one.
        comparisons: Vec<Comparison>,
        /// The length of the run; empty where nothing is simulated.
        run_length: String,
    },
    /// Not measured, and why.
    Skipped(String),
}

/// One measured value beside the expected one.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// What it is, such as "mean wait".
    pub quantity: &'static str,
    /// The value that came out.
    pub measured: f64,
    /// The value that should.
    pub expected: f64,
    /// Half-width of the confidence interval of `measured`; 0 where it has none.
    pub half_width: f64,
    /// What the deviation is divided by: the expected value for a relative one, 1 for an absolute one.
    pub scale: f64,
}

/// How a row came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All comparisons lie within the tolerance.
    Met,
    /// One does not.
    Missed,
    /// Nothing was compared.
    Skipped,
}

impl Comparison {
    /// To be judged by the relative deviation.
    pub fn relative(quantity: &'static str, measured: f64, expected: f64) -> Self {
        Self { quantity, measured, expected, half_width: 0.0, scale: expected.abs() }
    }
    /// To be judged by the relative deviation, with a confidence interval.
    pub fn with_interval(quantity: &'static str, measured: f64, half_width: f64, expected: f64) -> Self {
        Self { half_width, ..Self::relative(quantity, measured, expected) }
    }
    /// To be judged by the absolute deviation, in the unit of the values.
    pub fn absolute(quantity: &'static str, measured: f64, expected: f64) -> Self {
        Self { scale: 1.0, ..Self::relative(quantity, measured, expected) }
    }
    /// `|measured − expected| / scale`.
    pub fn deviation(&self) -> f64 {
        (self.measured - self.expected).abs() / self.scale
    }
    /// The deviation that `tolerance` allows.
    pub fn allowed(&self, tolerance: Tolerance) -> f64 {
        match tolerance {
            Tolerance::AtMost(most) => most,
            Tolerance::OrInterval(most) => most.max(self.half_width / self.scale),
        }
    }
    /// Whether the deviation is allowed; one that is not a number never is.
    pub fn is_met(&self, tolerance: Tolerance) -> bool {
        self.deviation() <= self.allowed(tolerance)
    }
}

impl Measured {
    /// Whether every comparison lies within the tolerance. A row that compares nothing has missed.
    pub fn verdict(&self, tolerance: Tolerance) -> Verdict {
        match self {
            Self::Skipped(_) => Verdict::Skipped,
            Self::Compared { comparisons, .. } => {
                let met = !comparisons.is_empty() && comparisons.iter().all(|c| c.is_met(tolerance));
                if met { Verdict::Met } else { Verdict::Missed }
            }
        }
    }
    /// The comparison that uses most of what is allowed; one that is not a number comes first.
    pub fn worst(&self, tolerance: Tolerance) -> Option<&Comparison> {
        let Self::Compared { comparisons, .. } = self else { return None };
        let used = |c: &Comparison| {
            let used = c.deviation() / c.allowed(tolerance);
            if c.deviation() == 0.0 {
                0.0
            } else if used.is_nan() {
                f64::INFINITY
            } else {
                used
            }
        };
        comparisons.iter().reduce(|worst, c| if used(c) > used(worst) { c } else { worst })
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "{}", card::deviation_text(*most)),
            Self::OrInterval(most) => write!(f, "{} or 99 % interval", card::deviation_text(*most)),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Skipped => "skipped",
        })
    }
}

/// Runs the trust card: compares the simulator with closed forms, laws and published figures.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ValidateArgs {
    /// Runs only rows with these names, or whose names begin with them ("queueing")
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub only: Vec<String>,
    /// Prints JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Runs the rows that `args` asks for. The program exits with 1 when [`Card::is_met`] is false.
pub fn run(args: &ValidateArgs) -> Result<Card, Problems> {
    let registry: Vec<&Validation> = SUBJECTS.iter().copied().flatten().collect();
    let mut problems = Problems::default();
    for name in args.only.iter().filter(|name| !registry.iter().any(|row| row.name.starts_with(name.as_str()))) {
        let names: Vec<&str> = registry.iter().map(|row| row.name).collect();
        problems.push(Problem {
            subject: "--only".to_owned(),
            message: format!("no validation has a name that begins with `{name}`"),
            remedy: format!("write one of {}", names.join(", ")),
            ..Problem::default()
        });
    }
    problems.or_ok(())?;
    let asked = |row: &&Validation| args.only.is_empty() || args.only.iter().any(|name| row.name.starts_with(name));
    let rows: Vec<&Validation> = registry.into_iter().filter(asked).collect();
    // `collect` keeps the order of the registry, whatever the threads do.
    Ok(Card(rows.into_par_iter().map(|row| (*row, (row.run)())).collect()))
}
