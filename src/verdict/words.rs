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

/// What a ratio to a base says, as "12 % lower (8.0 % to 16 %)"; without the interval where it has no width.
pub fn change_in_words(ratio: &Estimate, margin: f64) -> String {
    let Some((low, high)) = ratio.ends() else {
        let sign = if ratio.value < 1.0 { '−' } else { '+' };
        return format!("{sign}{} in one replication, which has no interval", percent((ratio.value - 1.0).abs(), 0.0));
    };
    let half = (high - low) / 2.0;
    let percent = |share| percent(share, half);
    let signed = |value: f64| format!("{}{}", if value < 1.0 { '−' } else { '+' }, percent((value - 1.0).abs()));
    let (what, ends) = match Verdict::of(ratio.ends(), 1.0, margin) {
        Verdict::Unknown | Verdict::Same => return format!("the same in all {} replications", ratio.n),
        Verdict::Alike => (format!("alike within {}", percent(margin)), [signed(low), signed(high)]),
        Verdict::Lower => (format!("{} lower", percent(1.0 - ratio.value)), [percent(1.0 - high), percent(1.0 - low)]),
        Verdict::Higher if ratio.value >= 2.0 => {
            (format!("{} times as high", digits(ratio.value, half)), [low, high].map(|end| digits(end, half)))
        }
        Verdict::Higher => {
            (format!("{} higher", percent(ratio.value - 1.0)), [percent(low - 1.0), percent(high - 1.0)])
        }
        Verdict::Undecided => ("not distinguishable".to_owned(), [signed(low), signed(high)]),
    };
    if low == high { what } else { format!("{what} ({} to {})", ends[0], ends[1]) }
}

/// A share within an interval of this half width.
fn percent(share: f64, half: f64) -> String {
    format!("{} %", digits(share * 100.0, half * 100.0))
}

/// Two digits that count, as an interval seldom leaves more; and as many as its half width, where it has one, needs to be
/// seen, up to six.
fn digits(value: f64, half: f64) -> String {
    let size = value.abs();
    // 9.95 and 0.995 would be rounded up to one digit more than is meant.
    let places = if size >= 9.95 {
        0
    } else if size >= 0.995 {
        1
    } else {
        2
    };
    let seen = if half > 0.0 { libm::ceil(-libm::log10(half)).clamp(0.0, 6.0) as usize } else { 0 };
    format!("{value:.*}", places.max(seen))
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
        let check = |value, half_width, words: &str| {
            assert_eq!(change_in_words(&Estimate { value, half_width, n: 3 }, 0.05), words);
        };
        check(0.88, Some(0.04), "12 % lower (8.0 % to 16 %)");
        check(1.125, Some(0.0625), "12 % higher (6.2 % to 19 %)");
        check(2.5, Some(0.25), "2.5 times as high (2.2 to 2.8)");
        check(1.01, Some(0.02), "alike within 5.0 % (−1.0 % to +3.0 %)");
        check(1.01, Some(0.25), "not distinguishable (−24 % to +26 %)");
        check(0.5, Some(0.0), "50 % lower");
        // As many digits as the interval is narrow.
        check(1.112, Some(0.0015), "11.2 % higher (11.1 % to 11.4 %)");
        check(42.5, Some(0.002), "42.500 times as high (42.498 to 42.502)");
        let close = Estimate { value: 1.0, half_width: Some(0.000_004), n: 3 };
        assert_eq!(change_in_words(&close, 0.0), "not distinguishable (−0.0004 % to +0.0004 %)");
        check(1.0, Some(0.0), "the same in all 3 replications");
        check(1.5, None, "+50 % in one replication, which has no interval");
    }
}
