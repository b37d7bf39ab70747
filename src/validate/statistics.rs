//! The statistics that everything else is judged by.

use rand_distr::{LogNormal, StandardNormal};

use crate::rng::{Real, RootSeed, Stream};
use crate::stats::{SpanHistogram, ks_distance, normal_cdf, normal_quantile, quantile, sorted, student_t_quantile};
use crate::units::Span;

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "statistics/student-t",
        what: "Student t quantiles against exact forms for 1, 2 and 4 degrees of freedom",
        source: "Shaw 2006, \"Sampling Student's T distribution\"",
        tolerance: Tolerance::AtMost(1e-8),
        run: student_exact,
    },
    Validation {
        name: "statistics/student-t-table",
        what: "Student t quantiles against the printed table (absolute: three decimals)",
        source: "NIST/SEMATECH e-Handbook, 1.3.6.7.2",
        tolerance: Tolerance::AtMost(0.000_5),
        run: student_table,
    },
    Validation {
        name: "statistics/normal",
        what: "normal quantile against the inverse of erfc from z = -7.9 to 0",
        source: "Wichura 1988 (AS 241)",
        tolerance: Tolerance::AtMost(1e-12),
        run: normal_inverse,
    },
    Validation {
        name: "statistics/histogram",
        what: "quantiles of the histogram against exact ones, log-normal spans over nine decades",
        source: "the bound that SpanHistogram states, 2^-10",
        tolerance: Tolerance::AtMost(SpanHistogram::RELATIVE_ERROR),
        run: histogram_bound,
    },
    Validation {
        name: "statistics/exponential",
        what: "Kolmogorov distance of 100000 exponential draws, against the 1 % point of its distribution",
        source: "Kolmogorov 1933: 1.628 / sqrt(n)",
        tolerance: Tolerance::AtMost(1.628 / 316.227_766),
        run: || distance(Stream::exponential, |x| 1.0 - libm::exp(-x)),
    },
    Validation {
        name: "statistics/normal-draws",
        what: "Kolmogorov distance of 100000 normal draws, against the 1 % point of its distribution",
        source: "Kolmogorov 1933: 1.628 / sqrt(n)",
        tolerance: Tolerance::AtMost(1.628 / 316.227_766),
        run: || distance(|stream| stream.draw(&StandardNormal), normal_cdf),
    },
];

fn exactly(comparisons: Vec<Comparison>) -> Measured {
    Measured::Compared { comparisons, run_length: String::new() }
}

fn student_exact() -> Measured {
    let mut comparisons = Vec::new();
    for p in [1e-6, 0.005, 0.025, 0.1, 0.4, 0.75, 0.95, 0.975, 0.995, 0.999_5] {
        let one = -1.0 / libm::tan(std::f64::consts::PI * p);
        let root = libm::sqrt(4.0 * p * (1.0 - p));
        let two = 2.0 * (p - 0.5) / libm::sqrt(2.0 * p * (1.0 - p));
        let four = 2.0 * libm::sqrt(libm::cos(libm::acos(root) / 3.0) / root - 1.0);
        comparisons.push(Comparison::relative("1 degree of freedom", student_t_quantile(p, 1.0), one));
        comparisons.push(Comparison::relative("2 degrees of freedom", student_t_quantile(p, 2.0), two));
        let four = four.copysign(p - 0.5);
        comparisons.push(Comparison::relative("4 degrees of freedom", student_t_quantile(p, 4.0), four));
    }
    exactly(comparisons)
}

fn student_table() -> Measured {
    let table = [
        ("3 degrees of freedom", 3.0, [1.638, 2.353, 3.182, 4.541]),
        ("9 degrees of freedom", 9.0, [1.383, 1.833, 2.262, 2.821]),
        ("19 degrees of freedom", 19.0, [1.328, 1.729, 2.093, 2.539]),
        ("29 degrees of freedom", 29.0, [1.311, 1.699, 2.045, 2.462]),
        ("60 degrees of freedom", 60.0, [1.296, 1.671, 2.000, 2.390]),
    ];
    let comparisons = table.into_iter().flat_map(|(quantity, df, row)| {
        let of = move |(p, expected)| Comparison::absolute(quantity, student_t_quantile(p, df), expected);
        [0.90, 0.95, 0.975, 0.99].into_iter().zip(row).map(of)
    });
    exactly(comparisons.collect())
}

fn normal_inverse() -> Measured {
    let of = |i: i32| {
        let z = f64::from(i) / 10.0;
        Comparison::absolute("quantile of the distribution function", normal_quantile(normal_cdf(z)), z)
    };
    exactly((-79..=0).map(of).collect())
}

fn histogram_bound() -> Measured {
    let mut stream = RootSeed::new(1, 0).stream("validate histogram", &[]);
    // Median 1 ms, sigma 2.5: the extremes of 100000 draws lie nine decades apart.
    let ms = LogNormal::new(Real(0.0), Real(2.5)).expect("a deviation");
    let spans: Vec<Span> = (0..100_000).map(|_| Span::from_secs_f64(1e-3 * stream.draw(&ms))).collect();
    let mut histogram = SpanHistogram::new();
    for &span in &spans {
        histogram.record(span);
    }
    let exact = sorted(spans.iter().map(|span| span.as_ps() as f64).collect());
    let of = |i: u32| {
        let p = f64::from(i) / 1000.0;
        let ps = histogram.quantile(p).map_or(f64::NAN, |span| span.as_ps() as f64);
        Comparison::relative("quantile", ps, quantile(&exact, p).unwrap_or(f64::NAN))
    };
    Measured::Compared { comparisons: (0..=1000).map(of).collect(), run_length: format!("{} spans", spans.len()) }
}

fn distance(draw: fn(&mut Stream) -> f64, cdf: fn(f64) -> f64) -> Measured {
    let mut stream = RootSeed::new(1, 0).stream("validate draws", &[]);
    let sample = sorted((0..100_000).map(|_| draw(&mut stream)).collect());
    let comparison = Comparison::absolute("distance", ks_distance(&sample, cdf), 0.0);
    Measured::Compared { comparisons: vec![comparison], run_length: format!("{} draws", sample.len()) }
}
