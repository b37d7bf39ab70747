//! Whole numbers of pods.

/// Below this, a difference is the rounding of doubles: a quotient that is a whole number is not rounded up past it.
pub(super) const ROUNDING: f64 = 1e-9;

/// The least whole number of pods that is no less than `pods`, up to rounding.
pub(super) fn whole_pods(pods: f64) -> f64 {
    libm::ceil(pods - ROUNDING).max(0.0)
}
