//! Student's t distribution, on the portable `libm`.

use super::normal::normal_quantile;

/// The `p`-quantile of Student's t distribution with `df` > 0 degrees of freedom, to 1e-8 or better;
/// infinite at 0 and 1.
///
/// Solves `P(T > t) = ½ I_x(df/2, ½)`, `x = df / (df + t²)` (Abramowitz and Stegun 26.7.1, 26.5.27) by bisection;
/// above 10,000 degrees of freedom the expansion around the normal quantile (26.7.5) is exact to 1e-12.
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    if p.is_nan() || !(0.0..=1.0).contains(&p) || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if p == 0.0 || p == 1.0 {
        return f64::INFINITY.copysign(p - 0.5);
    }
    if df > 1e4 {
        return student_t_near_normal(normal_quantile(p), df);
    }
    let tail = p.min(1.0 - p);
    let upper_tail = |t: f64| 0.5 * regularised_incomplete_beta(df / 2.0, 0.5, df / (df + t * t), t * t / (df + t * t));
    let (mut low, mut high) = (0.0, 1.0);
    while upper_tail(high) > tail {
        (low, high) = (high, high * 2.0);
    }
    while high - low > 1e-15 * high {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if upper_tail(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    high.copysign(p - 0.5) * f64::from(u8::from(p != 0.5))
}

/// Abramowitz and Stegun 26.7.5, four terms.
fn student_t_near_normal(z: f64, df: f64) -> f64 {
    let z2 = z * z;
    let terms = [
        (z2 + 1.0) / 4.0,
        ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0,
        (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0,
        ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92_160.0,
    ];
    z * (1.0 + terms.iter().rev().fold(0.0, |sum, term| (sum + term) / df))
}

/// The regularised incomplete beta function `I_x(a, b)`; `y` is `1 − x`, given apart so that neither end loses
/// digits. Continued fraction 26.5.8 of Abramowitz and Stegun, evaluated from the front (modified Lentz).
pub fn regularised_incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    // The fraction converges fast up to the mean; beyond it the symmetry I_x(a, b) = 1 − I_y(b, a) helps.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - regularised_incomplete_beta(b, a, y, x);
    }
    let log_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    let front = libm::exp(a * libm::log(x) + b * libm::log(y) - log_beta) / a;
    front * beta_fraction(a, b, x)
}

#[expect(clippy::many_single_char_names, reason = "the names are those of the published method")]
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let (mut c, mut fraction) = (1.0, d);
    for step in 1..10_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            change *= c * d;
        }
        fraction *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn student_quantiles_of_the_printed_table() {
        // Abramowitz and Stegun, table 26.10, and NIST/SEMATECH 1.3.6.7.2: three decimals.
        let table = [
            (1.0, [3.078, 6.314, 12.706, 31.821, 63.657]),
            (2.0, [1.886, 2.920, 4.303, 6.965, 9.925]),
            (5.0, [1.476, 2.015, 2.571, 3.365, 4.032]),
            (10.0, [1.372, 1.812, 2.228, 2.764, 3.169]),
            (29.0, [1.311, 1.699, 2.045, 2.462, 2.756]),
            (100.0, [1.290, 1.660, 1.984, 2.364, 2.626]),
        ];
        for (df, row) in table {
            for (p, expected) in [0.90, 0.95, 0.975, 0.99, 0.995].into_iter().zip(row) {
                let got = student_t_quantile(p, df);
                assert!((got - expected).abs() <= 0.000_51, "t({p}, {df}) = {got}, not {expected}");
                assert_eq!(student_t_quantile(1.0 - p, df).signum(), -1.0);
            }
        }
    }

    #[test]
    fn student_quantiles_that_have_closed_forms() {
        for p in [1e-9, 0.01, 0.3, 0.499, 0.6, 0.95, 0.999_9] {
            let close = |got: f64, exact: f64| assert!((got / exact - 1.0).abs() < 1e-11, "{p}: {got}, not {exact}");
            // df = 1: tan(π (p − ½)) = −1 / tan(π p)
            close(student_t_quantile(p, 1.0), -1.0 / libm::tan(PI * p));
            // df = 2: (2p − 1) / √(2 p (1 − p))
            close(student_t_quantile(p, 2.0), (2.0 * p - 1.0) / libm::sqrt(2.0 * p * (1.0 - p)));
            // df = 4: sign(q) 2 √(cos(acos(√a)/3)/√a − 1), a = 4 p (1 − p) (Shaw 2006)
            let root = libm::sqrt(4.0 * p * (1.0 - p));
            let exact = 2.0 * libm::sqrt(libm::cos(libm::acos(root) / 3.0) / root - 1.0);
            if (p - 0.5).abs() > 0.01 {
                close(student_t_quantile(p, 4.0), exact.copysign(p - 0.5));
            }
        }
        assert_eq!(student_t_quantile(0.5, 3.0), 0.0);
        assert_eq!(student_t_quantile(1.0, 3.0), f64::INFINITY);
        assert!(student_t_quantile(0.9, 0.0).is_nan());
    }

    #[test]
    fn the_expansion_joins_the_exact_quantile() {
        for p in [0.6, 0.975, 0.995, 1.0 - 1e-6] {
            let exact = student_t_quantile(p, 1e4);
            let expanded = student_t_near_normal(normal_quantile(p), 1e4);
            assert!((exact - expanded).abs() < 1e-8, "{p}: {exact} and {expanded}");
        }
    }
}
