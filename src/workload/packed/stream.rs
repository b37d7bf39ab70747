//! The invocations of a packed trace, read a few blocks ahead of whoever takes them.
//!
//! A thread of its own reads, checks and unpacks; a short channel keeps it from running far ahead, and the buffers come
//! back to it. What it does is a pure function of the file, so that no result depends on when it runs. It ends with
//! the file, or when the stream is dropped. A file was verified before anything runs; should reading fail all the
//! same, the stream ends early and the file keeps the reason, which the caller must look for at the end of a run
//! ([`Workload::read_fault`](crate::workload::Workload::read_fault)).

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use super::block::Row;
use super::file::PackedFile;
use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::problem::Problem;
use crate::units::{Span, Time};
use crate::workload::days::Piece;
use crate::workload::resample::Resample;
use crate::workload::{Invocation, MINUTE};

/// Blocks that are ready at most; with one being unpacked and one being taken, four blocks of 1.5 MiB are in memory.
const AHEAD: usize = 2;

/// A packed list of invocations, or the part of one between two times, of some functions.
#[derive(Clone, Debug)]
pub(in crate::workload) struct Listing {
    file: Arc<PackedFile>,
    part: Part,
    invocations: u64,
}

/// What is taken of a file.
#[derive(Clone, Debug)]
struct Part {
    /// In picoseconds; times are counted from here.
    start: u64,
    /// In picoseconds, exclusive.
    end: u64,
    /// The functions' numbers here; `None` where all keep theirs.
    renamed: Option<Arc<[Option<FunctionId>]>>,
    /// How many times each of them is there, drawn anew by every stream; and where they end.
    resample: Option<(Arc<Resample>, u64)>,
    /// How often all of it follows itself, and after how many picoseconds.
    repeat: (u32, u64),
}

impl Listing {
    /// All of `file`.
    pub(in crate::workload) fn whole(file: Arc<PackedFile>) -> Self {
        let invocations = file.header().invocations;
        let part = Part { start: 0, end: u64::MAX, renamed: None, resample: None, repeat: (1, 0) };
        Self { file, part, invocations }
    }

    /// How many invocations there are.
    pub(in crate::workload) fn invocations(&self) -> u64 {
        self.invocations
    }

    /// The invocations from `start` up to `end`, both in picoseconds, with time counted from `start`. They are read
    /// once to count them.
    pub(in crate::workload) fn window(mut self, start: u64, end: u64) -> Self {
        self.part.assert_unchanged();
        let all = start == 0 && end >= self.file.header().length;
        self.part.end = self.part.end.min(self.part.start.saturating_add(end));
        self.part.start = self.part.start.saturating_add(start);
        if all { self } else { self.counted() }
    }

    /// With the functions' numbers changed to `renamed`; those without one are left out. The order of numbers stays.
    /// The invocations are read once to count them.
    pub(in crate::workload) fn renamed(mut self, renamed: &IdVec<FunctionKind, Option<FunctionId>>) -> Self {
        self.part.assert_unchanged();
        let new = match &self.part.renamed {
            Some(before) => before.iter().map(|id| id.and_then(|id| renamed[id])).collect(),
            None => renamed.iter().copied().collect(),
        };
        self.part.renamed = Some(new);
        self.counted()
    }

    /// With each invocation as many times as is drawn for it, all before `end` in picoseconds. They are read once to count
    /// them.
    pub(in crate::workload) fn resampled(mut self, draws: Resample, end: u64) -> Self {
        self.part.assert_unchanged();
        self.part.resample = Some((Arc::new(draws), end));
        self.counted()
    }

    /// So many times, one after the other, each `length` picoseconds long.
    pub(in crate::workload) fn repeated(mut self, times: u32, length: u64) -> Self {
        self.part.repeat = (times, length);
        self.invocations *= u64::from(times);
        self
    }

    fn counted(mut self) -> Self {
        let mut stream = self.stream();
        self.invocations = std::iter::from_fn(|| stream.next()).count() as u64;
        self
    }

    /// The invocations in order.
    pub(in crate::workload) fn stream(&self) -> Stream {
        self.pieces(&[Piece::WHOLE])
    }

    /// These pieces of them, one after the other.
    pub(in crate::workload) fn pieces(&self, pieces: &[Piece]) -> Stream {
        Stream::new(Arc::clone(&self.file), self.part.clone(), pieces.to_vec())
    }

    /// Why the file could not be read to its end by one of the streams, if it could not.
    pub(in crate::workload) fn fault(&self) -> Option<&Problem> {
        self.file.fault()
    }
}

/// What the thread sends.
enum Message {
    Rows(Vec<Row>),
    /// Nothing follows. Without it, the thread is gone for no good reason.
    End,
}

/// The invocations of a [`Listing`].
pub(in crate::workload) struct Stream {
    file: Arc<PackedFile>,
    ready: Receiver<Message>,
    empty: Sender<Vec<Row>>,
    rows: Vec<Row>,
    position: usize,
    ended: bool,
}

impl Stream {
    fn new(file: Arc<PackedFile>, part: Part, pieces: Vec<Piece>) -> Self {
        let (send, ready) = sync_channel(AHEAD);
        let (empty, emptied) = channel();
        let ahead = Ahead { file: Arc::clone(&file), part, pieces, send, emptied };
        let started = thread::Builder::new().name("trace".to_owned()).spawn(move || ahead.run());
        if let Err(error) = started {
            let message = format!("no thread can be started to read it: {error}");
            file.fail(Problem::with_file(file.path(), message, "run fewer jobs side by side, with --jobs"));
        }
        Self { file, ready, empty, rows: Vec::new(), position: 0, ended: false }
    }

    /// The next invocation.
    #[inline]
    pub(in crate::workload) fn next(&mut self) -> Option<Invocation> {
        while self.position == self.rows.len() {
            if !self.refill() {
                return None;
            }
        }
        let Row { time, function, value } = self.rows[self.position];
        self.position += 1;
        let (at, function, duration) = (Time::from_ps(time), FunctionId::new(function), Span::from_ps(value));
        Some(Invocation { at, function, duration })
    }

    #[cold]
    fn refill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        match self.ready.recv() {
            Ok(Message::Rows(rows)) => {
                self.position = 0;
                // When the thread has ended it needs no more buffers.
                let _ = self.empty.send(std::mem::replace(&mut self.rows, rows));
                return true;
            }
            Ok(Message::End) => {}
            Err(_) => {
                let remedy = "this is a fault of sdcsim: report it with the trace";
                self.file.fail(Problem::with_file(self.file.path(), "reading stopped before the end", remedy));
            }
        }
        self.ended = true;
        self.rows = Vec::new();
        self.position = 0;
        false
    }
}

/// The side that reads.
struct Ahead {
    file: Arc<PackedFile>,
    part: Part,
    pieces: Vec<Piece>,
    send: SyncSender<Message>,
    emptied: Receiver<Vec<Row>>,
}

impl Ahead {
    /// Sends one block after the other, until the end or until nobody wants any more.
    fn run(&self) {
        let (times, length) = self.part.repeat;
        for piece in &self.pieces {
            for later in (0..u64::from(times)).map(|n| n * length) {
                // Repeated parts end where the next one begins.
                let overlaps = later < piece.to && (times == 1 || piece.from < later + length);
                if overlaps && self.pass(later, piece).is_none() {
                    return;
                }
            }
        }
        // Whoever is gone needs no end either.
        let _ = self.send.send(Message::End);
    }

    /// Sends what of all, `later` picoseconds later, is in a piece; `None` where nobody wants any more, or nothing more can be
    /// read.
    fn pass(&self, later: u64, piece: &Piece) -> Option<()> {
        let Part { start, end, renamed, resample, .. } = &self.part;
        // Requests are drawn in the order of the trace, from its beginning.
        let (start, end) = if resample.is_some() {
            (*start, *end)
        } else {
            let of = |time: u64| start.saturating_add(time.saturating_sub(later));
            (of(piece.from), of(piece.to).min(*end))
        };
        let blocks = self.file.blocks();
        let mut minute = resample.as_ref().map(|(draws, end)| Minute::new(Resample::clone(draws), *end));
        // The block before the first that begins at the start or later may reach into it.
        let first = blocks.partition_point(|block| block.first < start).saturating_sub(1);
        let last = blocks.partition_point(|block| block.first < end);
        let whole = self.part.start == 0 && self.part.end >= self.file.header().length && renamed.is_none();
        let mut bytes = Vec::new();
        for block in first..last {
            let mut rows = self.emptied.try_recv().unwrap_or_default();
            if let Err(problem) = self.file.read(block, &mut bytes, &mut rows) {
                self.file.fail(problem);
                // Whoever is gone needs no end.
                let _ = self.send.send(Message::End);
                return None;
            }
            if !whole {
                rows.retain_mut(|row| self.part.take(row));
            }
            if let Some(minute) = &mut minute {
                minute.resample(&mut rows);
            }
            self.send(rows, later, piece)?;
        }
        let rest = minute.map_or(Vec::new(), Minute::rest);
        if rest.is_empty() { Some(()) } else { self.send(rest, later, piece) }
    }

    fn send(&self, mut rows: Vec<Row>, later: u64, piece: &Piece) -> Option<()> {
        if later > 0 || *piece != Piece::WHOLE {
            rows.retain_mut(|row| {
                let time = row.time + later;
                let inside = (piece.from..piece.to).contains(&time);
                row.time = if inside { time - piece.from + piece.at } else { time };
                inside
            });
        }
        self.send.send(Message::Rows(rows)).ok()
    }
}

impl Part {
    /// Windows and choices come before draws and repetitions, which are of what those leave.
    fn assert_unchanged(&self) {
        assert!(self.resample.is_none() && self.repeat.0 == 1, "a part is taken before it is resampled and repeated");
    }

    /// Whether the row belongs here; it is given its time and function here.
    fn take(&self, row: &mut Row) -> bool {
        if !(self.start..self.end).contains(&row.time) {
            return false;
        }
        row.time -= self.start;
        match self.renamed.as_deref().map(|renamed| renamed[row.function as usize]) {
            None => true,
            Some(Some(id)) => {
                row.function = id.raw();
                true
            }
            Some(None) => false,
        }
    }
}

/// The rows of the minute at hand, as others may still fall into it.
struct Minute {
    draws: Resample,
    /// In picoseconds; all rows are before it.
    end: u64,
    rows: Vec<Row>,
}

impl Minute {
    fn new(draws: Resample, end: u64) -> Self {
        Self { draws, end, rows: Vec::new() }
    }

    /// Takes rows in order, and leaves those of the minutes that are over, in order.
    fn resample(&mut self, rows: &mut Vec<Row>) {
        let mut over = Vec::with_capacity(rows.len());
        for row in rows.drain(..) {
            let of_minute = |row: &Row| row.time / MINUTE.as_ps();
            if self.rows.last().is_some_and(|last| of_minute(last) < of_minute(&row)) {
                over.append(&mut sorted(&mut self.rows));
            }
            let put = |time| self.rows.push(Row { time, ..row });
            self.draws.each(row.function as usize, row.time, self.end, put);
        }
        *rows = over;
    }

    /// The rows of the last minute, in order.
    fn rest(mut self) -> Vec<Row> {
        sorted(&mut self.rows)
    }
}

/// All of `rows` in order of time, then function, those of equal both as they are; none are left.
fn sorted(rows: &mut Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(Row::key);
    std::mem::take(rows)
}
