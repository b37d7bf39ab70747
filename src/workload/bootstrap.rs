//! Another population from a trace: its applications drawn again, with replacement (Efron 1979, "Bootstrap methods").
//!
//! An application that is drawn twice is there twice, each time with functions of its own. The second one is called at
//! the same times, moved by a time of its own within each minute, which goes round: counts by the minute stay what they are,
//! and the two do not call in step. Where durations are drawn, it has draws of its own.

use std::collections::BTreeMap;
use std::iter::Peekable;

use super::{Function, Functions, InverseCdf, Invocation, MINUTE};
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::rng::{RootSeed, Stream};
use crate::units::{Span, Time};

/// The functions of another population, each a copy of one of the trace.
pub(super) struct Copies {
    pub functions: Functions,
    /// Of each function of the trace, the number of its first copy; and the number of all copies last.
    first: Vec<u32>,
    /// Of each copy, by how much its invocations are moved within their minute, in picoseconds; the first stays.
    moved: Vec<u64>,
}

impl Copies {
    /// As many applications as `functions` has, drawn from these; a function without an application is one by itself.
    pub fn draw(functions: &Functions, root: RootSeed) -> Self {
        let mut stream = root.stream("bootstrap", &[]);
        let apps = apps(functions);
        let count = apps.iter().max().map_or(0, |last| last + 1);
        let mut times = vec![0_u32; count];
        for _ in 0..count {
            times[stream.below(count as u64) as usize] += 1;
        }
        let mut copies = Self { functions: Functions::new(), first: vec![0], moved: Vec::new() };
        for (function, app) in functions.iter().zip(&apps) {
            for copy in 0..times[*app] {
                copies.functions.push(named(function, copy));
                copies.moved.push(if copy == 0 { 0 } else { stream.below(MINUTE.as_ps()) });
            }
            copies.first.push(copies.functions.len() as u32);
        }
        copies
    }

    fn of(&self, function: FunctionId) -> std::ops::Range<u32> {
        self.first[function.index()]..self.first[function.index() + 1]
    }
}

/// The application of each function, by number.
fn apps<'f>(functions: &'f Functions) -> IdVec<FunctionKind, usize> {
    let mut numbers: BTreeMap<(&'f str, &'f str, &'f str), usize> = BTreeMap::new();
    let mut number = |function: &'f Function| {
        let alone = if function.app.is_empty() { function.name.as_str() } else { "" };
        let next = numbers.len();
        *numbers.entry((&function.owner, &function.app, alone)).or_insert(next)
    };
    functions.iter().map(&mut number).collect()
}

/// A copy of a function; the first has its name, and so its random numbers.
fn named(function: &Function, copy: u32) -> Function {
    let owner = if copy == 0 { function.owner.clone() } else { format!("{}~{}", function.owner, copy + 1) };
    Function { owner, ..function.clone() }
}

/// The invocations of all copies in order of time, a minute at a time.
pub(super) struct Bootstrapped<'w, I: Iterator> {
    arrivals: Peekable<I>,
    copies: &'w Copies,
    /// By function of the trace, in picoseconds, where durations are drawn; and by copy what they are drawn from.
    durations: Option<(&'w [InverseCdf], Vec<Stream>)>,
    /// Whether invocations may be moved within their minute.
    moves: bool,
    end: Time,
    /// The minute at hand, in order.
    due: Vec<Invocation>,
    position: usize,
}

impl<'w, I: Iterator<Item = Invocation>> Bootstrapped<'w, I> {
    /// Of the trace's `arrivals`, which end at `end`. `durations` are those of the trace's functions, with the stream of each
    /// copy, where they are drawn; `moves` says whether invocations may be moved within their minute.
    pub fn new(
        arrivals: I,
        copies: &'w Copies,
        durations: Option<(&'w [InverseCdf], Vec<Stream>)>,
        (moves, end): (bool, Time),
    ) -> Self {
        Self { arrivals: arrivals.peekable(), copies, durations, moves, end, due: Vec::new(), position: 0 }
    }

    pub fn next(&mut self) -> Option<Invocation> {
        while self.position == self.due.len() {
            self.next_minute()?;
        }
        self.position += 1;
        Some(self.due[self.position - 1])
    }

    fn next_minute(&mut self) -> Option<()> {
        self.due.clear();
        self.position = 0;
        let minute_of = |invocation: &Invocation| invocation.at.as_ps() / MINUTE.as_ps();
        let minute = minute_of(self.arrivals.peek()?);
        while let Some(invocation) = self.arrivals.next_if(|next| minute_of(next) == minute) {
            self.copy(invocation, minute * MINUTE.as_ps());
        }
        self.due.sort_unstable_by_key(|invocation| (invocation.at, invocation.function, invocation.duration));
        Some(())
    }

    /// Appends what the copies of a function make of one of its invocations, in the minute that begins at `start`.
    fn copy(&mut self, invocation: Invocation, start: u64) {
        let copies = self.copies.of(invocation.function);
        for copy in copies.clone() {
            let moved = start + (invocation.at.as_ps() - start + self.copies.moved[copy as usize]) % MINUTE.as_ps();
            // The last minute of a list may be a part of one.
            let at = if self.moves && moved < self.end.as_ps() { Time::from_ps(moved) } else { invocation.at };
            let duration = match &mut self.durations {
                Some((durations, streams)) if copy != copies.start => {
                    let drawn = durations[invocation.function.index()].sample(&mut streams[copy as usize]);
                    Span::from_ps(libm::rint(drawn) as u64)
                }
                _ => invocation.duration,
            };
            self.due.push(Invocation { at, function: FunctionId::new(copy), duration });
        }
    }
}
