//! Axes: where a value stands, and which values are written beside.

use super::figure::{Anchor, Figure, GRID, INK, Point, TEXT, text_width};

/// A rectangle to plot in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panel {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

/// From values to places along one side of a panel.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
}

/// A value written beside an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

impl Axis {
    /// A linear axis over these values: `from` is where `low` stands, in points, and `to` where `high` does.
    pub(super) fn linear((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, log: false, from, to }
    }
    /// A logarithmic axis; both values must be above zero.
    pub(super) fn log((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low / 2.0, low * 2.0) };
        Self { low, high, log: true, from, to }
    }
    /// Where a value stands; at the nearer end where it is outside.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = if self.log {
            libm::log10(value / self.low) / libm::log10(self.high / self.low)
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }
    /// The multiples of `step` on a linear axis.
    pub(super) fn ticks_every(&self, step: f64) -> Vec<Tick> {
        let count = (self.high - self.low) / step;
        // Values at the edge of what floats hold.
        if count.is_nan() || count > 100.0 {
            return Vec::new();
        }
        let decimals = (-libm::floor(libm::log10(step) + 1e-9)).max(0.0) as usize;
        let first = libm::ceil(self.low / step - 1e-9) as i64;
        let last = libm::floor(self.high / step + 1e-9) as i64;
        let tick = |i: i64| {
            let value = i as f64 * step;
            Tick { value, label: plain(value, decimals) }
        };
        (first..=last).map(tick).collect()
    }

    /// The values to write, about `count` of them.
    pub(super) fn ticks(&self, count: usize) -> Vec<Tick> {
        if self.log {
            return self.log_ticks(count);
        }
        self.ticks_every(nice_step((self.high - self.low) / count.max(1) as f64))
    }

    /// Powers of ten, thinned to `count`; with 2 and 5 times each where that leaves fewer than three.
    fn log_ticks(&self, count: usize) -> Vec<Tick> {
        let decade = |i: i32| libm::pow(10.0, f64::from(i));
        let exponent = |value: f64| libm::log10(value).clamp(-400.0, 400.0);
        let (first, last) = (libm::floor(exponent(self.low)) as i32, libm::ceil(exponent(self.high)) as i32);
        let inside = |value: &f64| (self.low * 0.999..=self.high * 1.001).contains(value);
        let powers: Vec<i32> = (first..=last).filter(|i| inside(&decade(*i))).collect();
        if powers.len() >= 3 {
            let shown = powers.iter().step_by(powers.len().div_ceil(count.max(1)));
            let full = shown.clone().all(|i| (-3..=3).contains(i));
            return shown.map(|i| Tick { value: decade(*i), label: power(*i, full) }).collect();
        }
        let parts = (first..=last).flat_map(|i| [1.0, 2.0, 5.0].map(|m| (m * decade(i), i)));
        let tick = |(value, i): (f64, i32)| Tick { value, label: plain(value, (-i).max(0) as usize) };
        parts.filter(|(value, _)| inside(value)).map(tick).collect()
    }
}

/// 1, 2 or 5 times a power of ten, the one nearest to `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(rough)));
    let lead = match rough / power {
        lead if lead < 1.5 => 1.0,
        lead if lead < 3.5 => 2.0,
        lead if lead < 7.5 => 5.0,
        _ => 10.0,
    };
    lead * power
}

/// The end of a linear axis that shows all up to `high` and closes with a tick.
pub(super) fn nice_end(high: f64, count: usize) -> f64 {
    if high <= 0.0 {
        return 1.0;
    }
    let step = nice_step(high / count as f64);
    libm::ceil(high / step - 1e-9) * step
}

/// The ends of a linear axis that shows all from `low` to `high`, both of which are zero or more: round numbers, and
/// zero where the values reach down to half of the highest, so that only small differences are drawn large.
pub(super) fn nice_range((low, high): (f64, f64), count: usize) -> (f64, f64) {
    if low < high / 2.0 || high <= low {
        return (0.0, nice_end(high, count));
    }
    let step = nice_step((high - low) / count as f64);
    (libm::floor(low / step + 1e-9) * step, libm::ceil(high / step - 1e-9) * step)
}

/// A number with fixed decimals, and k, M, G for thousands and more so that labels stay short.
fn plain(value: f64, decimals: usize) -> String {
    let (size, suffix) = match value.abs() {
        v if v >= 1e9 => (1e9, " G"),
        v if v >= 1e6 => (1e6, " M"),
        v if v >= 1e4 => (1e3, " k"),
        _ => return format!("{value:.decimals$}").replace('-', "−"),
    };
    format!("{}{suffix}", value / size).replace('-', "−")
}

/// A power of ten, in full or with a superscript.
fn power(exponent: i32, full: bool) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    if full {
        return plain(libm::pow(10.0, f64::from(exponent)), (-exponent).max(0) as usize);
    }
    let digits = exponent.unsigned_abs().to_string();
    let raised: String = digits.bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect();
    format!("10{}{raised}", if exponent < 0 { "⁻" } else { "" })
}

/// Room that ticks and a label need left of a panel.
pub(super) fn left_room(ticks: &[Tick], label: bool) -> f64 {
    let widest = ticks.iter().map(|tick| text_width(&tick.label)).fold(0.0, f64::max);
    widest + 5.0 + if label { TEXT + 6.0 } else { 0.0 }
}

/// Room that ticks and a label need below a panel.
pub(super) const BOTTOM_ROOM: f64 = 2.0 * TEXT + 9.0;

impl Panel {
    /// Vertical grid lines, to be drawn before the data.
    pub(super) fn x_grid(&self, figure: &mut Figure, axis: &Axis, ticks: &[Tick]) {
        for x in ticks.iter().map(|tick| axis.place(tick.value)) {
            figure.line((x, self.top), (x, self.bottom), 0.4, GRID);
        }
    }

    /// Ticks and label of the horizontal axis; its line goes along the bottom.
    pub(super) fn x_axis(&self, figure: &mut Figure, axis: &Axis, ticks: &[Tick], label: &str) {
        for tick in ticks {
            let x = axis.place(tick.value);
            figure.line((x, self.bottom), (x, self.bottom + 2.0), 0.5, INK);
            figure.text((x, self.bottom + 3.5 + TEXT * 0.76), tick.label.clone(), Anchor::Middle);
        }
        if !label.is_empty() {
            let middle = f64::midpoint(self.left, self.right);
            figure.text((middle, self.bottom + 2.0 * TEXT + 5.0), label, Anchor::Middle);
        }
    }

    /// Grid lines, ticks and label of the vertical axis; its line goes along the left.
    pub(super) fn y_axis(&self, figure: &mut Figure, axis: &Axis, ticks: &[Tick], label: &str) {
        for tick in ticks {
            let y = axis.place(tick.value);
            figure.line((self.left, y), (self.right, y), 0.4, GRID);
            figure.line((self.left - 2.0, y), (self.left, y), 0.5, INK);
            figure.text((self.left - 3.5, y + TEXT * 0.27), tick.label.clone(), Anchor::End);
        }
        if !label.is_empty() {
            let x = self.left - left_room(ticks, true) + TEXT * 0.9 + 2.0;
            figure.vertical_text((x, f64::midpoint(self.top, self.bottom)), label);
        }
    }

    /// The lines of both axes, drawn over the data.
    pub(super) fn frame(&self, figure: &mut Figure) {
        let corners: Vec<Point> = vec![(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)];
        figure.stroke(corners, 0.6, INK, &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let check = |axis: Axis, count: usize, expected: &[&str]| {
            let labels: Vec<String> = axis.ticks(count).into_iter().map(|tick| tick.label).collect();
            assert_eq!(labels, expected);
        };
        check(Axis::linear((0.0, 1.0), (0.0, 1.0)), 5, &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        check(Axis::linear((0.0, 640.0), (0.0, 1.0)), 4, &["0", "200", "400", "600"]);
        check(Axis::linear((0.0, 40_000.0), (0.0, 1.0)), 2, &["0", "20 k", "40 k"]);
        check(Axis::log((0.01, 50.0), (0.0, 1.0)), 6, &["0.01", "0.1", "1", "10"]);
        check(Axis::log((1e-6, 1.0), (0.0, 1.0)), 3, &["10⁻⁶", "10⁻³", "10⁰"]);
        check(Axis::log((0.3, 3.0), (0.0, 1.0)), 4, &["0.5", "1", "2"]);
        assert_eq!(nice_end(42.0, 4), 50.0);
        assert_eq!([nice_range((1.0, 42.0), 4), nice_range((42.0, 42.0), 4)], [(0.0, 50.0), (0.0, 50.0)]);
        assert_eq!(nice_range((1012.0, 1088.0), 4), (1000.0, 1100.0));
    }

    #[test]
    fn values_outside_stand_at_the_ends() {
        let axis = Axis::log((1.0, 100.0), (10.0, 30.0));
        assert_eq!([0.1, 1.0, 10.0, 100.0, 1e9].map(|value| axis.place(value)), [10.0, 10.0, 20.0, 30.0, 30.0]);
    }
}
