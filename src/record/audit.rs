//! The laws of conservation, each checked at the end of every run from two independent accounts.

/// One law: two sides that must agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// The law in words.
    pub law: &'static str,
    /// One side.
    pub left: f64,
    /// The other.
    pub right: f64,
    /// Whether it holds; exactly, where both sides are whole numbers.
    pub holds: bool,
}

impl Audit {
    /// Two whole numbers that must be equal.
    pub fn equal(law: &'static str, left: u128, right: u128) -> Self {
        Self { law, left: left as f64, right: right as f64, holds: left == right }
    }
    /// Two whole numbers of which the first must not exceed the second.
    pub fn at_most(law: &'static str, left: u128, right: u128) -> Self {
        Self { law, left: left as f64, right: right as f64, holds: left <= right }
    }
    /// Two whole numbers that may differ by `slack`.
    pub fn within(law: &'static str, left: u128, right: u128, slack: u128) -> Self {
        Self { law, left: left as f64, right: right as f64, holds: left.abs_diff(right) <= slack }
    }
    /// Two sums in floating point that must agree to twelve digits and `slack`.
    pub fn near(law: &'static str, left: f64, right: f64, slack: f64) -> Self {
        Self { law, left, right, holds: (left - right).abs() <= 1e-12 * left.abs().max(right.abs()) + slack }
    }
    /// Two sums in floating point that must agree to twelve digits.
    pub fn close(law: &'static str, left: f64, right: f64) -> Self {
        Self::near(law, left, right, 0.0)
    }
}
