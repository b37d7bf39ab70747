//! The stream of invocations of a workload, in order of time.
//!
//! A trace that counts invocations per minute says nothing about where in the minute they fall. [`Spacing`] places
//! them; every choice keeps the counts exactly. A minute at a time is placed and sorted; the duration of each
//! invocation is drawn when it is handed out, so that the k-th invocation of a function takes the k-th draw of the
//! function's own stream whatever the spacing. Nothing is allocated or hashed per invocation.

use super::bootstrap::Bootstrapped;
use super::counts::{Cell, Counts};
use super::days::Piece;
use super::generate::PlaceProcesses;
use super::minute::key;
use super::packed::Stream as PackedStream;
use super::{Function, InverseCdf, Invocation, MINUTE};
pub use crate::config::plan::Spacing;
use crate::ids::FunctionId;
use crate::rng::{RootSeed, Stream};
use crate::units::{Span, Time};

/// The invocations of a workload in order of time; those at the same time are in order of function, and those of one
/// function at the same time in the order of its own draws.
pub struct Arrivals<'w>(Source<'w>);

enum Source<'w> {
    Listed(std::iter::Copied<std::slice::Iter<'w, Invocation>>),
    Packed(PackedStream),
    ByMinute(Box<Minutes<'w>>),
}

/// What is made a minute at a time.
enum Minutes<'w> {
    Placed(ByMinute<'w>),
    Bootstrapped(Bootstrapped<'w, Arrivals<'w>>),
    /// Not by the minute, but as seldom: pieces of a list.
    Pieces(ListPieces<'w>),
}

/// What places the invocations of one minute after the other.
pub(super) enum Place<'w> {
    Counts(PlaceCounts<'w>),
    Processes(PlaceProcesses<'w>),
}

impl Place<'_> {
    /// Appends [`key`]s for all invocations of minute `minute`, in any order. Minutes come in order.
    fn minute(&mut self, minute: u32, keys: &mut Vec<u128>) {
        match self {
            Self::Counts(counts) => counts.place(minute, keys),
            Self::Processes(processes) => processes.place(minute, keys),
        }
    }
}

struct ByMinute<'w> {
    place: Place<'w>,
    durations: &'w [InverseCdf],
    streams: Vec<Stream>,
    /// The minute at hand, sorted.
    keys: Vec<u128>,
    position: usize,
    /// The start of the minute at hand, in picoseconds.
    start: u64,
    next_minute: u32,
    minutes: u32,
}

/// Pieces of a list of invocations.
struct ListPieces<'w> {
    list: &'w [Invocation],
    /// Those to come.
    pieces: std::slice::Iter<'w, Piece>,
    /// What is left of the one at hand.
    at_hand: std::slice::Iter<'w, Invocation>,
    piece: Piece,
}

impl ListPieces<'_> {
    fn next(&mut self) -> Option<Invocation> {
        loop {
            if let Some(invocation) = self.at_hand.next() {
                let at = invocation.at.as_ps() - self.piece.from + self.piece.at;
                return Some(Invocation { at: Time::from_ps(at), ..*invocation });
            }
            self.piece = *self.pieces.next()?;
            let before = |time: u64| self.list.partition_point(|i| i.at.as_ps() < time);
            self.at_hand = self.list[before(self.piece.from)..before(self.piece.to)].iter();
        }
    }
}

impl<'w> Arrivals<'w> {
    pub(super) fn listed(list: &'w [Invocation]) -> Self {
        Self(Source::Listed(list.iter().copied()))
    }

    /// Pieces of a list, one after the other.
    pub(super) fn pieces(list: &'w [Invocation], pieces: &'w [Piece]) -> Self {
        let pieces = ListPieces { list, pieces: pieces.iter(), at_hand: [].iter(), piece: Piece::WHOLE };
        Self(Source::ByMinute(Box::new(Minutes::Pieces(pieces))))
    }

    pub(super) fn packed(stream: PackedStream) -> Self {
        Self(Source::Packed(stream))
    }

    /// `durations` are in picoseconds, one for each function.
    pub(super) fn by_minute(place: Place<'w>, minutes: u32, durations: &'w [InverseCdf], streams: Vec<Stream>) -> Self {
        assert_eq!(durations.len(), streams.len(), "each function has durations and a stream to draw them from");
        let (keys, position, start, next_minute) = (Vec::new(), 0, 0, 0);
        Self(Source::ByMinute(Box::new(Minutes::Placed(ByMinute {
            place,
            durations,
            streams,
            keys,
            position,
            start,
            next_minute,
            minutes,
        }))))
    }

    pub(super) fn bootstrapped(bootstrapped: Bootstrapped<'w, Self>) -> Self {
        Self(Source::ByMinute(Box::new(Minutes::Bootstrapped(bootstrapped))))
    }
}

impl ByMinute<'_> {
    fn next(&mut self) -> Option<Invocation> {
        while self.position == self.keys.len() {
            if self.next_minute == self.minutes {
                return None;
            }
            self.keys.clear();
            self.place.minute(self.next_minute, &mut self.keys);
            self.keys.sort_unstable();
            self.position = 0;
            self.start = MINUTE.as_ps() * u64::from(self.next_minute);
            self.next_minute += 1;
        }
        let key = self.keys[self.position];
        self.position += 1;
        let function = FunctionId::new(key as u32);
        let duration = self.durations[function.index()].sample(&mut self.streams[function.index()]);
        let at = Time::from_ps(self.start + (key >> 32) as u64);
        Some(Invocation { at, function, duration: Span::from_ps(libm::rint(duration) as u64) })
    }
}

impl Iterator for Arrivals<'_> {
    type Item = Invocation;

    fn next(&mut self) -> Option<Invocation> {
        match &mut self.0 {
            Source::Listed(list) => list.next(),
            Source::Packed(stream) => stream.next(),
            Source::ByMinute(minutes) => match &mut **minutes {
                Minutes::Placed(minutes) => minutes.next(),
                Minutes::Bootstrapped(copies) => copies.next(),
                Minutes::Pieces(pieces) => pieces.next(),
            },
        }
    }
}

/// Each function's own stream for `purpose`, named by (owner, app, name): a trace that is cut to fewer functions
/// keeps the draws of those that remain.
pub(super) fn function_streams<'f>(
    functions: impl IntoIterator<Item = &'f Function>,
    root: RootSeed,
    purpose: &str,
) -> Vec<Stream> {
    let stream = |f: &Function| root.stream(purpose, &[&f.owner, &f.app, &f.name]);
    functions.into_iter().map(stream).collect()
}

/// Places counted invocations.
pub(super) struct PlaceCounts<'w> {
    pub(super) counts: &'w Counts,
    /// What of them is placed when, in whole minutes; nothing where all are in their own minute.
    pub(super) pieces: &'w [Piece],
    pub(super) spacing: Spacing,
    pub(super) streams: Vec<Stream>,
    /// The gaps of one function's minute, kept to save allocations.
    pub(super) gaps: Vec<f64>,
}

impl<'w> PlaceCounts<'w> {
    /// What is placed in a minute.
    fn cells(&self, minute: u32) -> &'w [Cell] {
        let time = MINUTE.as_ps() * u64::from(minute);
        let Some(piece) = self.pieces.iter().rfind(|piece| piece.at <= time) else {
            return self.counts.of_minute(minute);
        };
        let minute = ((time - piece.at + piece.from) / MINUTE.as_ps()) as u32;
        // A last day that lacks some minutes may be drawn in place of a whole one.
        if minute < self.counts.minutes() { self.counts.of_minute(minute) } else { &[] }
    }

    fn place(&mut self, minute: u32, keys: &mut Vec<u128>) {
        for cell in self.cells(minute) {
            let n = cell.count;
            let stream = &mut self.streams[cell.function.index()];
            match self.spacing {
                Spacing::SortedUniform => {
                    keys.extend((0..n).map(|_| key(stream.below(MINUTE.as_ps()), cell.function)));
                }
                Spacing::Even => keys.extend((0..n).map(|k| {
                    let offset = u128::from(k) * u128::from(MINUTE.as_ps()) / u128::from(n);
                    key(offset as u64, cell.function)
                })),
                Spacing::MinuteStart => keys.extend((0..n).map(|_| key(0, cell.function))),
                Spacing::Exponential => {
                    self.gaps.clear();
                    self.gaps.extend((0..n).map(|_| stream.exponential()));
                    let scale = MINUTE.as_ps() as f64 / self.gaps.iter().sum::<f64>();
                    let mut sum = 0.0;
                    for gap in &self.gaps {
                        // A minute of gaps of zero has no scale; all its invocations are then at its start.
                        let offset = if scale.is_finite() { (sum * scale) as u64 } else { 0 };
                        keys.push(key(offset.min(MINUTE.as_ps() - 1), cell.function));
                        sum += gap;
                    }
                }
            }
        }
    }
}
