//! The pool against brute force: the same equations solved anew at every change, for every job.

use super::*;

/// A pool without clocks or grid.
struct Naive {
    speed: PoolSpeed,
    profiles: Vec<Profile>,
    capacity: f64,
    /// Rate and cap of each host.
    hosts: Vec<(f64, f64)>,
    /// What is left of each job, and where it is; ended jobs have their time.
    jobs: Vec<(PoolWork, f64, Option<f64>)>,
    now: f64,
    moved: f64,
}

impl Naive {
    fn new(speed: PoolSpeed, profiles: &[Profile], hosts: u32) -> Self {
        let hosts = vec![(1.0, f64::INFINITY); hosts as usize];
        Self { speed, profiles: profiles.to_vec(), capacity: 1.0, hosts, jobs: vec![], now: 0.0, moved: 0.0 }
    }
    fn bandwidth(&self) -> f64 {
        self.speed.bandwidth.bytes_per_sec_f64() * self.capacity
    }
    /// What each host's jobs run at, and all ask for, at a latency.
    fn at(&self, latency: f64) -> (Vec<f64>, f64) {
        let mut asked = vec![0.0; self.hosts.len()];
        for (work, _, _) in self.jobs.iter().filter(|job| job.2.is_none()) {
            asked[work.host as usize] += self.profiles[work.profile as usize].demand(latency);
        }
        let rates: Vec<f64> =
            self.hosts.iter().zip(&asked).map(|(&(rate, cap), &asked)| rate.min(cap / asked.max(1e-300))).collect();
        let all = rates.iter().zip(&asked).map(|(rate, asked)| rate * asked).sum();
        (rates, all)
    }
    fn latency(&self) -> f64 {
        let idle = self.speed.latency.as_secs_f64();
        let at = |rho: f64| idle + self.speed.curve_a.as_secs_f64() * rho / libm::pow(1.0 - rho, self.speed.curve_b);
        let too_much = |latency: f64, rho: f64| self.at(latency).1 > rho * self.bandwidth();
        let (mut low, mut high) = (0.0, RHO_LIMIT);
        if too_much(at(RHO_LIMIT), RHO_LIMIT) {
            (low, high) = (at(RHO_LIMIT), 1e9);
            for _ in 0..200 {
                let middle = libm::sqrt(low.max(1e-12) * high);
                if too_much(middle, RHO_LIMIT) { low = middle } else { high = middle }
            }
            return high;
        }
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if too_much(at(middle), middle) { low = middle } else { high = middle }
        }
        at(high)
    }
    /// Goes on to `until`.
    fn advance(&mut self, until: f64) {
        while self.now < until {
            let latency = self.latency();
            let (rates, all) = self.at(latency);
            let rate = |work: &PoolWork| {
                let time = self.profiles[work.profile as usize].time(latency);
                if self.capacity == 0.0 { 0.0 } else { rates[work.host as usize] / time }
            };
            let running = self.jobs.iter().filter(|job| job.2.is_none());
            let first = running.map(|job| job.1 / rate(&job.0)).fold(f64::INFINITY, f64::min);
            let step = first.min(until - self.now);
            if step == f64::INFINITY {
                return;
            }
            let gains: Vec<f64> = self.jobs.iter().map(|job| rate(&job.0) * step).collect();
            self.now += step;
            self.moved += if self.capacity == 0.0 { 0.0 } else { all * step * 1e-12 };
            for (job, gain) in self.jobs.iter_mut().zip(gains).filter(|(job, _)| job.2.is_none()) {
                job.1 -= gain;
                if job.1 <= 1e-9 * job.0.amount as f64 {
                    job.2 = Some(self.now);
                }
            }
        }
    }
}

/// What can happen at a pool.
#[derive(Clone, Copy, Debug)]
enum Op {
    Begin(PoolWork),
    Rate(u32, f64),
    Bandwidth(u32, u64),
    Capacity(u32),
    /// The job begun as so many-th.
    Cancel(usize),
}

struct Both {
    /// How long each job takes at the pool and by brute force; jobs that are called off are left out.
    times: Vec<(f64, f64)>,
    usage: Usage,
    completed: u128,
    /// Bytes moved by brute force.
    moved: f64,
    /// When the last job ends, in picoseconds.
    length: f64,
}

/// Does `ops`, by time, to the pool and by brute force.
fn both(speed: PoolSpeed, profiles: &[Profile], hosts: u32, ops: &[(u64, Op)]) -> Both {
    let mut pool: Pool<usize> = Pool::new(&speed, profiles, hosts, false);
    let mut naive = Naive::new(speed, profiles, hosts);
    let mut begun: Vec<(u64, Ticket)> = vec![];
    let mut ended: Vec<Option<u64>> = vec![];
    let mut called_off = vec![];
    let run = |pool: &mut Pool<usize>, ended: &mut Vec<Option<u64>>, until: u64| {
        while pool.next() <= Time::from_ps(until) && pool.next() < Time::MAX {
            let now = pool.next();
            while let Some(job) = pool.pop(now) {
                ended[job] = Some(now.as_ps());
            }
        }
    };
    for &(at, op) in ops {
        run(&mut pool, &mut ended, at);
        naive.advance(at as f64);
        let now = Time::from_ps(at);
        match op {
            Op::Begin(work) => {
                begun.push((at, pool.begin(now, begun.len(), work)));
                ended.push(None);
                naive.jobs.push((work, work.amount as f64, None));
            }
            Op::Rate(host, rate) => {
                pool.set_host_rate(now, host, HostRate::of(rate));
                naive.hosts[host as usize].0 = rate;
            }
            Op::Bandwidth(host, bandwidth) => {
                pool.set_host_bandwidth(now, host, bandwidth);
                naive.hosts[host as usize].1 = bandwidth as f64;
            }
            Op::Capacity(ppm) => {
                pool.set_capacity(now, Share::from_ppm(ppm));
                naive.capacity = f64::from(ppm) / 1e6;
            }
            Op::Cancel(job) => {
                let Some(&(_, ticket)) = begun.get(job) else { continue };
                let left = pool.cancel(now, ticket).get();
                let (work, there, end) = naive.jobs[job];
                let expected =
                    if end.is_some() || called_off.contains(&job) { 0.0 } else { there / work.amount as f64 };
                assert!((left - expected).abs() < 0.05, "{left} left of job {job}, not {expected}");
                called_off.push(job);
                naive.jobs[job].2 = end.or(Some(naive.now));
            }
        }
        check(&pool);
    }
    run(&mut pool, &mut ended, u64::MAX);
    naive.advance(f64::INFINITY);
    let times = (0..begun.len()).filter(|job| !called_off.contains(job)).map(|job| {
        let from = begun[job].0 as f64;
        (ended[job].expect("it ends") as f64 - from, naive.jobs[job].2.expect("it ends") - from)
    });
    let times = times.collect();
    Both {
        times,
        usage: pool.usage(pool.account.at),
        completed: pool.completed_bytes(),
        moved: naive.moved,
        length: naive.now,
    }
}

/// A mixture of everything on `hosts` hosts, about `load` jobs at once.
fn mixture(seed: u64, count: u64, hosts: u64, gap: u64, only_begins: bool) -> Vec<(u64, Op)> {
    let mut random = Lcg(seed);
    let mut now = 0;
    let mut ops = vec![];
    for i in 0..count {
        now += random.below(2 * gap);
        let host = random.below(hosts) as u32;
        let op = match random.below(20) {
            0..3 if !only_begins => Op::Rate(host, 1.0 / (1 + random.below(4)) as f64),
            3 if !only_begins => Op::Bandwidth(host, 200_000_000 << random.below(6)),
            4 if !only_begins => Op::Capacity([1_000_000, 500_000, 900_000, 0][random.below(4) as usize]),
            5 if !only_begins => Op::Cancel(random.below(i + 1) as usize),
            _ => {
                let profile = random.below(5) as u32;
                Op::Begin(PoolWork { profile, host, amount: amount(profile, &mut random) })
            }
        };
        ops.push((now, op));
    }
    ops.push((now, Op::Capacity(1_000_000)));
    ops
}

/// The error of the mean sojourn and the mean size of an error, both against the mean sojourn, and the worst error of a job
/// against its own: that of a short one that meets the end of another a little early or late.
fn errors(times: &[(f64, f64)]) -> (f64, f64, f64) {
    let all: f64 = times.iter().map(|time| time.1).sum();
    let sum = |of: fn(f64) -> f64| times.iter().map(|(got, right)| of(got - right)).sum::<f64>();
    let worst = times.iter().map(|(got, right)| (got / right - 1.0).abs()).fold(0.0, f64::max);
    (sum(|error| error) / all, sum(f64::abs) / all, worst)
}

/// As in docs/models/remote-memory.md, with fewer changes.
#[test]
fn it_is_brute_force_within_the_grid() {
    // Bandwidth, milliseconds between changes: a light load, a load that varies up to what the pool carries, overload, and
    // few jobs that each have much of it.
    for (gbit_s, gap) in [(100, 20), (40, 20), (10, 20), (10, 200)] {
        for only_begins in [true, false] {
            for seed in 1..=3 {
                let ops = mixture(seed, 200, 6, gap * 1_000_000_000, only_begins);
                let Both { times, usage, completed, moved, length } = both(pool(gbit_s), &profiles(), 6, &ops);
                let (mean, size, worst) = errors(&times);
                let within = mean.abs() < 5e-4 && size < 5e-4 && worst < 0.01;
                assert!(within, "{gbit_s} Gbit/s: mean {mean}, size {size}, worst {worst}");
                // A pool that is full is off by up to half a step of the grid for as long as it is, whoever comes and goes.
                let furthest = times.iter().map(|(got, right)| (got - right).abs()).fold(0.0, f64::max);
                assert!(furthest < 5e-4 * length, "{gbit_s} Gbit/s: {furthest} of {length} ps");
                assert!((usage.served as f64 / moved - 1.0).abs() < 1e-3, "{} moved, not {moved}", usage.served);
                // Two accounts: flow over time, and bytes of what was done.
                assert!(usage.served.abs_diff(completed) <= times.len() as u128, "{} and {completed}", usage.served);
                assert!(usage.served <= usage.possible);
            }
        }
    }
}
