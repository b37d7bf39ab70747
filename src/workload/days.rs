//! The days of a trace drawn again, with replacement, each as one block: what belongs together within a day stays together
//! (a block bootstrap; Künsch, Annals of Statistics 17, 1989).

use super::generate::DAY;
use crate::rng::RootSeed;
use crate::units::Span;

/// How much a last day may lack and still be one: traces end with their last request.
const NEARLY: Span = Span::from_secs(3_600);

/// A part of a trace, and where on the clock it is instead; all in picoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it begins in the trace.
    pub(super) from: u64,
    /// Where it ends there, exclusive.
    pub(super) to: u64,
    /// Where it begins instead.
    pub(super) at: u64,
}

impl Piece {
    /// All of a trace, where it is.
    pub(super) const WHOLE: Self = Self { from: 0, to: u64::MAX, at: 0 };
}

/// How many days a trace of this length has; `None` where there is nothing to draw from, as it has not two.
pub(super) fn days(length: Span) -> Option<u32> {
    let days = (length.as_ps() + NEARLY.as_ps()) / DAY.as_ps();
    (days >= 2).then_some(days as u32)
}

/// As much time as `length`, made of days that are drawn; the last one is cut where it ends. Nothing where there are not two.
pub(super) fn drawn(length: Span, root: RootSeed) -> Vec<Piece> {
    let Some(days) = days(length) else { return Vec::new() };
    let mut stream = root.stream("days", &[]);
    let (day, end) = (DAY.as_ps(), length.as_ps());
    let piece = |n: u64| {
        let (from, at) = (stream.below(days.into()) * day, n * day);
        Piece { from, to: from + day.min(end - at), at }
    };
    (0..end.div_ceil(day)).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600;

    #[test]
    fn two_days_are_needed_of_which_the_last_may_lack_an_hour() {
        for (hours, expected) in [(24, None), (46, None), (47, Some(2)), (48, Some(2)), (60, Some(2)), (71, Some(3))] {
            assert_eq!(days(Span::from_secs(hours * HOUR)), expected, "{hours}");
        }
        assert_eq!(drawn(Span::from_secs(46 * HOUR), RootSeed::new(1, 0)), []);
    }

    /// Each day a third of the time, to five standard deviations; as long as the trace, without a gap.
    #[test]
    fn all_days_are_drawn_alike_and_fill_the_time() {
        let length = Span::from_secs(84 * HOUR);
        let mut times = [0_u32; 3];
        for replication in 0..3_000 {
            let pieces = drawn(length, RootSeed::new(7, replication));
            assert_eq!(pieces, drawn(length, RootSeed::new(7, replication)));
            let lengths: Vec<u64> = pieces.iter().map(|piece| piece.to - piece.from).collect();
            assert_eq!(lengths, [24, 24, 24, 12].map(|hours| Span::from_secs(hours * HOUR).as_ps()));
            for (n, piece) in (0..).zip(&pieces) {
                assert_eq!(piece.at, n * DAY.as_ps());
                times[(piece.from / DAY.as_ps()) as usize] += 1;
            }
        }
        assert!(times.iter().all(|n| n.abs_diff(4_000) < 260), "{times:?}");
    }
}
