//! Arrivals of a generated population: one renewal process for each app, started in equilibrium.
//!
//! With mean m and coefficient of variation c, gaps are
//! - c ≤ 1: m·(1 − c) + an exponential of mean m·c: at 0 a timer, at 1 a Poisson process;
//! - c > 1: hyperexponential with balanced means: with probability p = ½·(1 + √((c² − 1)/(c² + 1))) exponential of mean
//!   m/(2p), else of mean m/(2(1 − p)) (Morse 1958; Whitt, Oper. Res. 30, 1982): bursts at about twice the rate,
//!   with long silences in between.
//!
//! The first gap is drawn from the residual life, P(R > t) = ∫ P(gap > s)/m ds from t on, so that the expected number of
//! invocations in any window is exactly rate × length.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand_distr::Zipf;

use super::options::DAY;
use super::population::{App, Population, mean_gap_ps, member};
use crate::ids::FunctionId;
use crate::rng::{Real, RootSeed, Stream};
use crate::workload::MINUTE;
use crate::workload::minute::key;

/// The process of one app.
struct Process {
    stream: Stream,
    /// Mean gap in picoseconds, at the highest rate of the day.
    mean: f64,
    cv: f64,
    /// The next invocation, in picoseconds.
    next: u64,
    /// How many members the app has.
    members: u32,
    /// The member whose turn is next, in a timer.
    turn: u32,
    /// The rank of a member, from 1, anywhere else.
    rank: Zipf<Real>,
}

impl Process {
    fn new(app: &App, population: &Population, root: RootSeed) -> Self {
        let name = &population.functions[member(app, 0)].app;
        // Thinning keeps the mean: candidates come at the highest rate of the day. Timers do not swing.
        let peak = if app.cv == 0.0 { 1.0 } else { 1.0 + population.options.diurnal };
        let mean = mean_gap_ps(app, population.options.rate_scale) / peak;
        let stream = root.stream("arrivals", &["", name]);
        let members = app.members.len() as u32;
        let rank = Zipf::new(Real(f64::from(members)), Real(1.0)).expect("an app has a function");
        let mut process = Self { stream, mean, cv: app.cv, next: 0, members, turn: 0, rank };
        process.next = process.residual() as u64;
        process
    }

    /// The probability of the shorter kind of gap of the hyperexponential distribution.
    fn short(&self) -> f64 {
        let square = self.cv * self.cv;
        0.5 * (1.0 + libm::sqrt((square - 1.0) / (square + 1.0)))
    }

    fn hyperexponential(&mut self, probability_short: f64) -> f64 {
        let p = self.short();
        let weight = if self.stream.uniform() < probability_short { p } else { 1.0 - p };
        self.mean / (2.0 * weight) * self.stream.exponential()
    }

    /// A gap in picoseconds.
    fn gap(&mut self) -> f64 {
        if self.cv > 1.0 {
            return self.hyperexponential(self.short());
        }
        let random = if self.cv > 0.0 { self.mean * self.cv * self.stream.exponential() } else { 0.0 };
        self.mean * (1.0 - self.cv) + random
    }

    /// What is left of a gap at a point chosen at random in time. Of hyperexponential gaps with balanced means, each
    /// kind covers half of the time.
    fn residual(&mut self) -> f64 {
        if self.cv > 1.0 {
            return self.hyperexponential(0.5);
        }
        let fixed = self.mean * (1.0 - self.cv);
        if self.stream.uniform() < self.cv {
            fixed + self.mean * self.cv * self.stream.exponential()
        } else {
            fixed * self.stream.uniform()
        }
    }

    /// Whether a candidate at time `at` (picoseconds) is kept, as the rate swings over the day.
    fn keeps(&mut self, at: u64, diurnal: f64) -> bool {
        if diurnal == 0.0 || self.cv == 0.0 {
            return true;
        }
        let phase = (at % DAY.as_ps()) as f64 / DAY.as_ps() as f64;
        let rate = 1.0 - diurnal * libm::cos(std::f64::consts::TAU * phase);
        self.stream.uniform() * (1.0 + diurnal) < rate
    }

    /// Which member is invoked: in turn for a timer, else the r-th with a chance in proportion to 1/r.
    fn member(&mut self) -> usize {
        if self.members == 1 {
            return 0;
        }
        if self.cv == 0.0 {
            let turn = self.turn;
            self.turn = (turn + 1) % self.members;
            return turn as usize;
        }
        // Rounding could give the rank after the last.
        (self.stream.draw(&self.rank) as usize).min(self.members as usize) - 1
    }
}

/// Places the invocations of a population minute by minute. An app is looked at only in minutes in which it has any.
pub(in crate::workload) struct PlaceProcesses<'w> {
    population: &'w Population,
    /// Of each function, its number in the workload; `None` when it was left out.
    renamed: &'w [Option<FunctionId>],
    /// Of the apps with any function in the workload, its number and process.
    processes: Vec<(u32, Process)>,
    /// (minute, position in `processes`) of each app's next invocation.
    due: BinaryHeap<Reverse<(u64, u32)>>,
    /// Minutes before the start of the workload, and those of them that have passed.
    skip: (u32, u32),
}

impl<'w> PlaceProcesses<'w> {
    /// For the workload that starts `skip` minutes into the population's life.
    pub(in crate::workload) fn new(
        population: &'w Population,
        renamed: &'w [Option<FunctionId>],
        skip: u32,
        root: RootSeed,
    ) -> Self {
        let wanted =
            |app: &App| renamed[app.members.start as usize..app.members.end as usize].iter().any(Option::is_some);
        let apps = population.apps.iter().zip(0..).filter(|(app, _)| wanted(app));
        let processes: Vec<_> = apps.map(|(app, number)| (number, Process::new(app, population, root))).collect();
        let due = processes.iter().zip(0..).map(|((_, p), i)| Reverse((p.next / MINUTE.as_ps(), i))).collect();
        Self { population, renamed, processes, due, skip: (skip, 0) }
    }

    /// Appends the invocations of a minute of the workload.
    pub(in crate::workload) fn place(&mut self, minute: u32, keys: &mut Vec<u128>) {
        let (skip, passed) = self.skip;
        for before in passed..skip {
            self.run(u64::from(before), keys);
            keys.clear();
        }
        self.skip.1 = skip;
        self.run(u64::from(skip) + u64::from(minute), keys);
    }

    fn run(&mut self, minute: u64, keys: &mut Vec<u128>) {
        let (start, end) = (minute * MINUTE.as_ps(), (minute + 1) * MINUTE.as_ps());
        while let Some(&Reverse((due, i))) = self.due.peek()
            && due <= minute
        {
            let (app, process) = &mut self.processes[i as usize];
            let app = &self.population.apps[*app as usize];
            while process.next < end {
                let at = process.next;
                process.next = at.saturating_add(process.gap() as u64);
                if process.keeps(at, self.population.options.diurnal) {
                    let rank = process.member();
                    if let Some(function) = self.renamed[member(app, rank).index()] {
                        keys.push(key(at - start, function));
                    }
                }
            }
            let next = (process.next / MINUTE.as_ps(), i);
            if let Some(mut top) = self.due.peek_mut() {
                *top = Reverse(next);
            }
        }
    }
}
