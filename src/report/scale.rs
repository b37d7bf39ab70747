//! Numbers for people: a unit in which they are short, and as many digits as mean something.

/// A unit for printing, and how many of it one base unit is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    /// What to multiply a value by.
    pub factor: f64,
    /// The unit; empty for a ratio.
    pub unit: String,
}

/// Units with larger and smaller brothers: (symbol, how many base units one is), smallest first.
const LADDERS: &[(&str, &[(&str, f64)])] = &[
    ("s", &[("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("min", 60.0), ("h", 3600.0), ("d", 86_400.0)]),
    ("GiB", &[("KiB", 1.0 / 1_048_576.0), ("MiB", 1.0 / 1024.0), ("GiB", 1.0), ("TiB", 1024.0), ("PiB", 1_048_576.0)]),
    ("Gbit/s", &[("bit/s", 1e-9), ("kbit/s", 1e-6), ("Mbit/s", 1e-3), ("Gbit/s", 1.0), ("Tbit/s", 1e3)]),
    ("kWh", &[("mWh", 1e-6), ("Wh", 1e-3), ("kWh", 1.0), ("MWh", 1e3), ("GWh", 1e6)]),
    ("J", &[("nJ", 1e-9), ("µJ", 1e-6), ("mJ", 1e-3), ("J", 1.0), ("kJ", 1e3), ("MJ", 1e6)]),
    ("GiB*s", &[("MiB·s", 1.0 / 1024.0), ("GiB·s", 1.0), ("GiB·h", 3600.0), ("TiB·h", 3_686_400.0)]),
    ("USD", &[("µUSD", 1e-6), ("mUSD", 1e-3), ("USD", 1.0)]),
];

/// Sides of an interval that differ by less of it are equal.
const ROUNDING: f64 = 1e-6;
/// Smallest shown value, in units of the chosen scale: a larger unit is taken only above this.
const LEAST: f64 = 0.1;

/// No value is shown with more digits before the point than five, if there is a larger unit.
const MOST: f64 = 100_000.0;

impl Scale {
    /// One unit for all `values` of a metric, so that they can be compared by eye: the largest in which the
    /// smallest value above zero is still 0.1 or more (1 or more for memory), or a larger one where the greatest would have
    /// six digits. Long times stay in seconds up to ten minutes.
    pub(super) fn for_values(metric: &str, unit: &str, values: impl Iterator<Item = f64>) -> Self {
        if unit == "1" || unit.is_empty() {
            let percent = metric.contains("share") || metric.contains("utilisation");
            return if percent { Self::of(100.0, "%") } else { Self::of(1.0, "") };
        }
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for value in values.map(f64::abs).filter(|value| *value > 0.0) {
            (least, most) = (least.min(value), most.max(value));
        }
        let Some((_, ladder)) = LADDERS.iter().find(|(base, _)| *base == unit) else { return Self::of(1.0, unit) };
        if least.is_infinite() {
            return Self::of(1.0, unit);
        }
        // Thousands of a unit read worse than tenths of the next larger; but memory comes in powers of two, which have
        // no short tenths, and minutes and more are for long times only.
        let bar = |size: f64| match unit {
            "s" if size >= 60.0 => 10.0 * size,
            "GiB" => size,
            _ => LEAST * size,
        };
        let reads_well = ladder.iter().rposition(|(_, size)| least >= bar(*size)).unwrap_or(0);
        let fits = |(_, size): &&(&str, f64)| most < MOST * size;
        let (symbol, size) = ladder[reads_well..].iter().find(fits).unwrap_or(&ladder[ladder.len() - 1]);
        Self { factor: 1.0 / size, unit: (*symbol).to_owned() }
    }

    fn of(factor: f64, unit: &str) -> Self {
        Self { factor, unit: unit.to_owned() }
    }

    /// The value in this unit, without the unit.
    pub(super) fn number(&self, value: f64) -> String {
        let scaled = value * self.factor;
        grouped(scaled, decimals(scaled))
    }

    /// The value with its unit.
    pub(super) fn with_unit(&self, value: f64) -> String {
        if self.unit.is_empty() { self.number(value) } else { format!("{} {}", self.number(value), self.unit) }
    }

    /// The value with its unit and as many digits as it has, up to six decimals: for values that were set.
    pub(super) fn exact(&self, value: f64) -> String {
        let scaled = libm::round(value * self.factor * 1e6) / 1e6;
        let decimals = scaled.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let number = grouped(scaled, decimals.min(6));
        if self.unit.is_empty() { number } else { format!("{number} {}", self.unit) }
    }

    /// Mean and interval with the unit, "812 ± 12 ms"; "812 ms" where there is no interval.
    pub(super) fn interval(&self, mean: f64, ends: Option<(f64, f64)>) -> String {
        let space = if self.unit.is_empty() { "" } else { " " };
        format!("{}{space}{}", self.bare_interval(mean, ends), self.unit)
    }

    /// Mean and half width without the unit, or "812 (790 to 850)" of an interval that is seen to reach further to one side.
    /// An interval of no width, where all replications agree, is not shown.
    pub(super) fn bare_interval(&self, mean: f64, ends: Option<(f64, f64)>) -> String {
        let Some((low, high)) = ends.filter(|(low, high)| low < high) else { return self.number(mean) };
        let [mean, low, high] = [mean, low, high].map(|value| value * self.factor);
        let half = (high - low) / 2.0;
        let digits = decimals(mean);
        // One digit of the half width at least, but never more than two places past the mean's own.
        let needed = (0..=digits + 2).find(|d| half >= 0.5 * libm::pow(10.0, -f64::from(*d as u32)));
        let digits = digits.max(needed.unwrap_or(digits + 2));
        let lopsided = ((high - mean) - (mean - low)).abs() > ROUNDING * half + f64::EPSILON * 4.0 * mean.abs();
        if lopsided && grouped(high - mean, digits) != grouped(mean - low, digits) {
            // Ends far from the mean have digits of their own size.
            let near = |value: f64| (0.1 * mean..10.0 * mean).contains(&value);
            let end = |value: f64| grouped(value, if near(value) { digits } else { decimals(value) });
            return format!("{} ({} to {})", grouped(mean, digits), end(low), end(high));
        }
        format!("{} ± {}", grouped(mean, digits), grouped(half, digits))
    }
}

/// Decimal places that give three significant digits; none for whole numbers and from 100 up.
fn decimals(value: f64) -> usize {
    let size = value.abs();
    if size >= 100.0 || size == 0.0 || (size.fract() == 0.0 && size >= 10.0) {
        return 0;
    }
    let magnitude = libm::floor(libm::log10(size));
    (2.0 - magnitude).clamp(0.0, 9.0) as usize
}

/// With thousands set apart by commas.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    if value < 0.0 && out.bytes().any(|b| (b'1'..=b'9').contains(&b)) { format!("−{out}") } else { out }
}

/// A ratio, "×1.06"; very large and small ones with fewer or more digits.
pub(super) fn ratio(value: f64) -> String {
    format!("×{}", bare_ratio(value))
}

/// A ratio without the sign of multiplication.
pub(super) fn bare_ratio(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        // Close to one, what counts is the difference.
        size if size != 1.0 && (size - 1.0).abs() < 0.005 => 4,
        _ => decimals(value).clamp(1, 4),
    };
    grouped(value, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_a_unit_that_reads_well() {
        let check = |metric: &str, unit: &str, values: &[f64], expected: &[&str]| {
            let scale = Scale::for_values(metric, unit, values.iter().copied());
            let texts: Vec<String> = values.iter().map(|value| scale.with_unit(*value)).collect();
            assert_eq!(texts, expected);
        };
        check("response.mean", "s", &[0.0123], &["12.3 ms"]);
        check("response.mean", "s", &[0.0123, 3.4], &["12.3 ms", "3,400 ms"]);
        check("response.mean", "s", &[0.0, 0.000_000_5], &["0 µs", "0.500 µs"]);
        check("response.mean", "s", &[45.0, 130.0], &["45 s", "130 s"]);
        check("response.max", "s", &[7200.0], &["120 min"]);
        check("response.mean", "s", &[0.0], &["0 s"]);
        check("cores.utilisation", "1", &[0.1844], &["18.4 %"]);
        check("slowdown.mean", "1", &[1.0, 1.5], &["1.00", "1.50"]);
        check("memory.installed", "GiB", &[2560.0], &["2.50 TiB"]);
        check("memory.stranded.mean", "GiB", &[1_666.0, 0.81, 0.0], &["1,666 GiB", "0.810 GiB", "0 GiB"]);
        check("memory.wasted", "GiB*s", &[5e9, 2_000.0], &["1,356 TiB·h", "0.000543 TiB·h"]);
        check("purchase_cost", "USD", &[182_000.0, 171_698.1], &["182,000 USD", "171,698 USD"]);
        check("requests.completed", "requests", &[412_345.0], &["412,345 requests"]);
        check("made.up", "m", &[-0.5, -1234.5], &["−0.500 m", "−1,234 m"]);
    }

    #[test]
    fn intervals_show_a_digit_of_the_half_width() {
        let ms = Scale { factor: 1e3, unit: "ms".to_owned() };
        let check = |mean: f64, half: Option<f64>, expected: &str| {
            assert_eq!(ms.interval(mean, half.map(|half| (mean - half, mean + half))), expected);
        };
        check(0.812, Some(0.012), "812 ± 12 ms");
        check(0.812, Some(0.000_3), "812.0 ± 0.3 ms");
        check(0.812, Some(0.0), "812 ms");
        check(0.812, Some(1e-9), "812.00 ± 0.00 ms");
        check(0.0123, None, "12.3 ms");
        let one = Scale { factor: 1.0, unit: String::new() };
        let check = |mean, ends, expected: &str| assert_eq!(one.interval(mean, Some(ends)), expected);
        check(3.11, (0.2514, 1263.08), "3.11 (0.251 to 1,263)");
        check(812.0, (790.2, 851.0), "812 (790 to 851)");
        check(12.34, (12.33, 12.37), "12.34 (12.33 to 12.37)");
        check(100.0, (99.0, 101.3), "100 ± 1");
        assert_eq!([ratio(1.0004), ratio(0.9957)], ["×1.0004", "×0.9957"]);
        assert_eq!(Scale { factor: 1.0 / 1024.0, unit: "TiB".to_owned() }.exact(2560.0), "2.5 TiB");
        assert_eq!([ratio(1.0), ratio(0.0625), ratio(12.34), ratio(2345.6)], ["×1.00", "×0.0625", "×12.3", "×2,346"]);
    }
}
