//! One thing that the simulator is validated against: what was measured beside what was expected, and how far off it may be.

use std::fmt;

/// One thing that the simulator is validated against.
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
    /// To be judged by the relative deviation, with a confidence interval; an infinite one excuses nothing.
    pub fn with_interval(quantity: &'static str, measured: f64, half_width: f64, expected: f64) -> Self {
        let half_width = if half_width.is_finite() { half_width } else { 0.0 };
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
            Self::AtMost(most) => write!(f, "{}", deviation_text(*most)),
            Self::OrInterval(most) => write!(f, "{} or 99 % interval", deviation_text(*most)),
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

/// A deviation with two to four digits.
pub(super) fn deviation_text(deviation: f64) -> String {
    if deviation == 0.0 {
        "0".to_owned()
    } else if deviation < 1e-3 {
        format!("{deviation:.1e}")
    } else {
        format!("{deviation:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}
