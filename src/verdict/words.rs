//! Verdicts: what an interval says, and how to say it.

use super::estimate::Estimate;

/// What an interval says about a value that would mean no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One replication has no interval, so nothing is shown.
    Unknown,
    /// No difference, and no spread: every pair was equal.
    Same,
    /// The whole interval lies within the margin: whatever the difference is, it is too small to matter.
    Alike,
    /// The whole interval lies below.
    Lower,
    /// The whole interval lies above.
    Higher,
    /// The interval holds no difference and differences that matter: more replications are needed.
    Undecided,
}

impl Verdict {
    /// Judges an interval about `neutral`, which is one for a ratio and zero for a difference. Differences up to
    /// `margin`, zero or more, do not matter: two layouts are alike where the interval lies within it (the two
    /// one-sided tests of Schuirmann 1987, with an interval of 95 % in place of his 90 %).
    pub fn of(ends: Option<(f64, f64)>, neutral: f64, margin: f64) -> Self {
        let Some((low, high)) = ends else { return Self::Unknown };
        if low == neutral && high == neutral {
            Self::Same
        } else if low >= neutral - margin && high <= neutral + margin {
            Self::Alike
        } else if low > neutral {
            Self::Higher
        } else if high < neutral {
            Self::Lower
        } else {
            Self::Undecided
        }
    }

    /// Whether there is a difference that may matter.
    pub fn differs(self) -> bool {
        matches!(self, Self::Lower | Self::Higher)
    }
}

/// Up to which difference two are called alike.
#[derive(Clone, Copy, Debug)]
pub struct Margin {
    /// As a share of the base.
    pub share: f64,
    /// What cannot be told apart within it; none where such differences are known, and do not matter.
    pub resolution_of: Option<&'static str>,
}

impl Margin {
    /// Differences up to this share of the base do not matter.
    pub const fn of(share: f64) -> Self {
        Self { share, resolution_of: None }
    }
}

/// What a ratio to a base says, as "12 % lower (8.0 % to 16 %)"; without the interval where it reads as the value does.
pub fn change_in_words(ratio: &Estimate, margin: Margin) -> String {
    let Some((low, high)) = ratio.ends() else {
        let sign = if ratio.value < 1.0 { '−' } else { '+' };
        return format!("{sign}{} in one replication, which has no interval", percent((ratio.value - 1.0).abs(), 0.0));
    };
    let half = (high - low) / 2.0;
    let percent = |share| percent(share, half);
    let signed = |value: f64| format!("{}{}", if value < 1.0 { '−' } else { '+' }, percent((value - 1.0).abs()));
    let (value, what, ends) = match (Verdict::of(ratio.ends(), 1.0, margin.share), margin.resolution_of) {
        (Verdict::Unknown, _) | (Verdict::Same, None) => return format!("the same in all {} replications", ratio.n),
        (Verdict::Alike, None) => return format!("alike within {:.1} %", margin.share * 100.0),
        (Verdict::Same | Verdict::Alike, Some(what)) => {
            return format!("alike within {:.1} %, the resolution of {what}", margin.share * 100.0);
        }
        (Verdict::Lower, _) => (percent(1.0 - ratio.value), "lower", [percent(1.0 - high), percent(1.0 - low)]),
        (Verdict::Higher, _) if ratio.value >= 2.0 => {
            (digits(ratio.value, half), "times as high", [low, high].map(|end| digits(end, half)))
        }
        (Verdict::Higher, _) => (percent(ratio.value - 1.0), "higher", [percent(low - 1.0), percent(high - 1.0)]),
        (Verdict::Undecided, _) => return format!("not distinguishable ({} to {})", signed(low), signed(high)),
    };
    if ends.iter().all(|end| *end == value) {
        format!("{value} {what}")
    } else {
        format!("{value} {what} ({} to {})", ends[0], ends[1])
    }
}

/// A share within an interval of this half width.
fn percent(share: f64, half: f64) -> String {
    format!("{} %", digits(share * 100.0, half * 100.0))
}

/// Two digits that count, as an interval seldom leaves more; a third where the half width, where it has one, needs it to be
/// seen, and no more: further ones tell nobody anything. Below 0.1, two places after the point at least.
fn digits(value: f64, half: f64) -> String {
    let size = value.abs();
    // 9.95 and 0.995 would be rounded up to one digit more than is meant.
    let two = if size >= 9.95 {
        0
    } else if size >= 0.995 {
        1
    } else {
        2
    };
    // As 9.995 would, of three.
    let third = if size > 0.0 { (2.0 - libm::floor(libm::log10(size * 1.0005))).clamp(0.0, 6.0) } else { 2.0 };
    let seen = if half > 0.0 { libm::ceil(-libm::log10(half)).clamp(0.0, 6.0) } else { 0.0 };
    format!("{value:.*}", two.max(seen.min(third) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_says_one_thing() {
        let check = |ends, margin, verdict| assert_eq!(Verdict::of(ends, 1.0, margin), verdict, "{ends:?} {margin}");
        check(None, 0.1, Verdict::Unknown);
        check(Some((1.0, 1.0)), 0.0, Verdict::Same);
        check(Some((0.97, 1.04)), 0.05, Verdict::Alike);
        // A difference is shown, and is too small to matter.
        check(Some((1.01, 1.04)), 0.05, Verdict::Alike);
        check(Some((1.01, 1.04)), 0.0, Verdict::Higher);
        check(Some((1.01, 1.06)), 0.05, Verdict::Higher);
        check(Some((0.80, 0.99)), 0.05, Verdict::Lower);
        check(Some((0.97, 1.06)), 0.05, Verdict::Undecided);
        check(Some((1.0, 1.2)), 0.0, Verdict::Undecided);
        check(Some((f64::NAN, f64::NAN)), 0.1, Verdict::Undecided);
        assert!(Verdict::Higher.differs() && Verdict::Lower.differs());
        assert!([Verdict::Unknown, Verdict::Same, Verdict::Alike, Verdict::Undecided].iter().all(|v| !v.differs()));
        assert_eq!(Verdict::of(Some((-2.0, -1.0)), 0.0, 0.5), Verdict::Lower);
    }

    #[test]
    fn words_have_the_numbers_in_their_order() {
        let margin = Margin::of(0.05);
        let check = |value, half_width: Option<f64>, words: &str| {
            let equal = half_width == Some(0.0);
            let reach = half_width.filter(|_| !equal).map(|half| (half, half));
            assert_eq!(change_in_words(&Estimate { value, reach, equal, n: 3 }, margin), words);
        };
        check(0.88, Some(0.04), "12 % lower (8.0 % to 16 %)");
        check(1.125, Some(0.0625), "12 % higher (6.2 % to 19 %)");
        check(2.5, Some(0.25), "2.5 times as high (2.2 to 2.8)");
        check(1.01, Some(0.02), "alike within 5.0 %");
        check(1.01, Some(0.25), "not distinguishable (−24 % to +26 %)");
        check(0.5, Some(0.0), "50 % lower");
        // As many digits as the interval is narrow.
        check(1.112, Some(0.0015), "11.2 % higher (11.1 % to 11.4 %)");
        // But no more than three, whatever the interval; where that says nothing more, it is left out.
        check(1.177_198, Some(0.000_007), "17.7 % higher");
        check(0.822_802, Some(0.000_007), "17.7 % lower");
        check(42.5, Some(0.002), "42.5 times as high");
        check(1.0996, Some(0.000_5), "9.96 % higher (9.91 % to 10.0 %)");
        check(1.123_456, Some(0.000_5), "12.3 % higher (12.3 % to 12.4 %)");
        check(1234.4, Some(0.1), "1234 times as high");
        check(1.0, Some(0.0), "the same in all 3 replications");
        let quantiles = Margin { share: 0.008, resolution_of: Some("quantiles") };
        let alike = "alike within 0.8 %, the resolution of quantiles";
        for (value, half, words) in [(1.0, 0.0, alike), (1.003, 0.004, alike), (1.02, 0.0, "2.0 % higher")] {
            assert_eq!(
                change_in_words(&Estimate { value, reach: Some((half, half)), equal: false, n: 3 }, quantiles),
                words
            );
        }
        check(1.5, None, "+50 % in one replication, which has no interval");
    }
}
