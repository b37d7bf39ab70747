//! What replications are samples of, and so what an interval over them is.

use crate::output::{Manifest, Vary};
use crate::stats::{log_normal_interval, mean_interval};

use super::estimate::{Estimate, mean};
use super::samples::Pairs;

/// How replications came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// Runs of one workload: each is a new observation.
    #[default]
    Runs,
    /// Populations drawn from distributions: new observations of what is skewed, as few have the heaviest functions.
    Populations,
    /// Populations drawn from those of a trace with replacement: not new observations, but pictures of how far one of them,
    /// the trace, may be from what it was drawn from.
    Bootstrap,
}

impl Sampling {
    /// Of the runs of an experiment. A trace has files, and a digest of them; what is generated has none.
    pub fn of(manifest: &Manifest) -> Self {
        match manifest.vary {
            Vary::Draws | Vary::Arrivals => Self::Runs,
            Vary::Population if manifest.workload.trace_sha256.is_none() => Self::Populations,
            Vary::Population => Self::Bootstrap,
        }
    }

    /// The mean of the values of replications; none of no values.
    ///
    /// Over runs, Student's interval. Over populations, that of the mean of a log-normal quantity, which reaches further up
    /// than down. Of a bootstrap of values v with standard deviation s, from m e^−w to m e^w with
    /// w = t(1 − (1 − confidence)/2, n − 1) s(ln v) √(1 + 1/n): s is itself the standard error of what is estimated
    /// (Efron and Tibshirani 1993, An Introduction to the Bootstrap, ch. 6), 1/n what so many copies leave in doubt of their
    /// own mean; of values that are not all above zero, m ± t s √(1 + 1/n).
    pub fn mean(self, values: &[f64], confidence: f64) -> Option<Estimate> {
        let plain = mean(values, confidence)?;
        let positive = values.iter().all(|value| *value > 0.0);
        if plain.reach.is_none() {
            return Some(plain);
        }
        Some(match self {
            Self::Runs => plain,
            Self::Populations => log_normal_interval(values, confidence).map_or(plain, |ends| plain.between(ends)),
            Self::Bootstrap if positive => {
                let (_, half) = in_logarithms(values, confidence)?;
                let width = libm::exp(half * of_copies(values.len()));
                plain.between((plain.value / width, plain.value * width))
            }
            Self::Bootstrap => spread(plain),
        })
    }

    /// The ratio of values to bases; none without pairs, or where the bases are zero on average.
    ///
    /// Over runs, [`Pairs::ratio`]. Over populations and copies, where all are above zero, the geometric mean of the ratios of
    /// single pairs: with m and s the mean and standard deviation of their logarithms, exp(m ± t s/√n) over populations, and
    /// exp(m ± t s √(1 + 1/n)) of a bootstrap. The ratio of sums is that of the few heaviest populations, of which few
    /// replications seldom have one, and its interval reaches below zero. It is told where a value is zero.
    pub fn ratio(self, pairs: &Pairs, confidence: f64) -> Option<Estimate> {
        let plain = pairs.ratio(confidence)?;
        let ratios: Option<Vec<f64>> =
            pairs.0.iter().map(|(value, base)| (*value > 0.0 && *base > 0.0).then(|| value / base)).collect();
        let Some(ratios) = ratios.filter(|_| self != Self::Runs) else {
            return Some(if self == Self::Bootstrap { spread(plain) } else { plain });
        };
        let (middle, half) = in_logarithms(&ratios, confidence)?;
        let half = if self == Self::Bootstrap { half * of_copies(ratios.len()) } else { half };
        let value = if plain.equal { plain.value } else { libm::exp(middle) };
        let plain = Estimate { value, ..plain };
        let ends = (libm::exp(middle - half), libm::exp(middle + half));
        Some(if plain.reach.is_some() { plain.between(ends) } else { plain })
    }
}

/// The mean of the logarithms and the half width of its Student interval.
fn in_logarithms(values: &[f64], confidence: f64) -> Option<(f64, f64)> {
    let logarithms: Vec<f64> = values.iter().map(|value| libm::log(*value)).collect();
    mean_interval(&logarithms, confidence).map(|interval| (interval.mean, interval.half_width))
}

/// How many times wider than a mean's an interval is that does not shrink with the number of copies: √n √(1 + 1/n).
fn of_copies(n: usize) -> f64 {
    libm::sqrt(n as f64 + 1.0)
}

/// The interval of a mean as that of a bootstrap.
fn spread(mean: Estimate) -> Estimate {
    let wider = |reach| reach * of_copies(mean.n);
    Estimate { reach: mean.reach.map(|(below, above)| (wider(below), wider(above))), ..mean }
}

#[cfg(test)]
mod tests {
    use super::super::estimate::CONFIDENCE;
    use super::*;
    use crate::rng::RootSeed;

    /// t(0.975, 2).
    const T: f64 = 4.302_652_73;

    fn ends(estimate: Option<Estimate>) -> (f64, f64) {
        estimate.unwrap().ends().unwrap()
    }

    fn near(found: (f64, f64), expected: (f64, f64)) {
        let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-7;
        assert!(close(found.0, expected.0) && close(found.1, expected.1), "{found:?} is not {expected:?}");
    }

    #[test]
    fn means_by_hand() {
        let e = std::f64::consts::E;
        let values = [1.0, e, e * e];
        let mean = (1.0 + e + e * e) / 3.0;
        // Logarithms 0, 1, 2: s = 1.
        let cox = T * libm::sqrt(1.0 / 3.0 + 1.0 / 4.0);
        near(ends(Sampling::Populations.mean(&values, CONFIDENCE)), (libm::exp(1.5 - cox), libm::exp(1.5 + cox)));
        let width = libm::exp(T * libm::sqrt(4.0 / 3.0));
        near(ends(Sampling::Bootstrap.mean(&values, CONFIDENCE)), (mean / width, mean * width));
        // With a zero, on the values themselves: s = 1 about 1.
        let half = T * libm::sqrt(4.0 / 3.0);
        near(ends(Sampling::Bootstrap.mean(&[0.0, 1.0, 2.0], CONFIDENCE)), (1.0 - half, 1.0 + half));
        for sampling in [Sampling::Runs, Sampling::Populations] {
            assert_eq!(sampling.mean(&[0.0, 1.0], CONFIDENCE), super::mean(&[0.0, 1.0], CONFIDENCE));
        }
        for sampling in [Sampling::Runs, Sampling::Populations, Sampling::Bootstrap] {
            assert_eq!(sampling.mean(&[2.0, 2.0], CONFIDENCE), super::mean(&[2.0, 2.0], CONFIDENCE));
            assert_eq!(sampling.mean(&[2.0], CONFIDENCE), super::mean(&[2.0], CONFIDENCE));
            assert_eq!(sampling.mean(&[], CONFIDENCE), None);
        }
    }

    #[test]
    fn ratios_by_hand() {
        let e = std::f64::consts::E;
        let of = |pairs: &[(f64, f64)]| pairs.iter().copied().collect::<Pairs>();
        let pairs = of(&[(2.0, 2.0), (e, 1.0), (3.0 * e * e, 3.0)]);
        for (sampling, half) in
            [(Sampling::Populations, T / libm::sqrt(3.0)), (Sampling::Bootstrap, T * libm::sqrt(4.0 / 3.0))]
        {
            let ratio = sampling.ratio(&pairs, CONFIDENCE);
            assert!((ratio.unwrap().value - e).abs() < 1e-12);
            near(ends(ratio), (libm::exp(1.0 - half), libm::exp(1.0 + half)));
            // A zero has no logarithm, and one pair no interval; equal ratios are equal to the last digit.
            let zero = of(&[(0.0, 1.0), (1.0, 2.0)]);
            assert_eq!(sampling.ratio(&zero, CONFIDENCE).unwrap().value, zero.ratio(CONFIDENCE).unwrap().value);
            assert_eq!(sampling.ratio(&of(&[(3.0, 2.0)]), CONFIDENCE).unwrap().reach, None);
            let twice = of(&[(2.0, 1.0), (6.0, 3.0)]);
            assert_eq!(sampling.ratio(&twice, CONFIDENCE), twice.ratio(CONFIDENCE));
            assert_eq!(sampling.ratio(&of(&[(1.0, 0.0)]), CONFIDENCE), None);
        }
        assert_eq!(Sampling::Runs.ratio(&pairs, CONFIDENCE), pairs.ratio(CONFIDENCE));
    }

    #[test]
    fn ratios_of_populations_cover_and_stay_above_zero() {
        // Five pairs whose ratio is log-normal with a median of 0.3 and σ = 1.5, 400 times over.
        let mut below_zero = 0;
        let covered = (0..400)
            .filter(|&run| {
                let mut stream = RootSeed::new(12, run).stream("ratios", &[]);
                let mut heavy = || libm::exp(1.5 * stream.draw(&rand_distr::StandardNormal));
                let mut pair = || {
                    let base = heavy();
                    (0.3 * heavy() * base, base)
                };
                let pairs: Pairs = (0..5).map(|_| pair()).collect();
                below_zero += usize::from(ends(pairs.ratio(CONFIDENCE)).0 < 0.0);
                let (low, high) = ends(Sampling::Populations.ratio(&pairs, CONFIDENCE));
                assert!(low > 0.0);
                low <= 0.3 && 0.3 <= high
            })
            .count();
        // 380 expected; four standard errors are 17. The interval of the ratio of sums has no such end.
        assert!((363..=397).contains(&covered) && below_zero > 200, "{covered} of 400 hold, {below_zero} below zero");
    }

    #[test]
    fn intervals_of_a_bootstrap_cover_and_do_not_shrink() {
        // The mean of 60 observations with σ = 0.5, from 10 and from 40 copies of the sample, 400 times over.
        let truth = libm::exp(0.125);
        let run = |run: u32, copies: usize| {
            let mut stream = RootSeed::new(13, run).stream("bootstrap", &[]);
            let sample: Vec<f64> = (0..60).map(|_| libm::exp(0.5 * stream.draw(&rand_distr::StandardNormal))).collect();
            let mut copy = || (0..60).map(|_| sample[stream.below(60) as usize]).sum::<f64>() / 60.0;
            (0..copies).map(|_| copy()).collect::<Vec<f64>>()
        };
        let holds = |sampling: Sampling, copies: usize| {
            let of = |seed: &u32| {
                let (low, high) = ends(sampling.mean(&run(*seed, copies), CONFIDENCE));
                low <= truth && truth <= high
            };
            (0..400).filter(of).count()
        };
        let (ten, forty) = (holds(Sampling::Bootstrap, 10), holds(Sampling::Bootstrap, 40));
        assert!((356..=397).contains(&ten) && (356..=397).contains(&forty), "{ten} and {forty} of 400 hold the mean");
        let as_runs = holds(Sampling::Runs, 40);
        assert!(as_runs < 200, "{as_runs} of 400 hold it where copies count as observations");
    }
}
