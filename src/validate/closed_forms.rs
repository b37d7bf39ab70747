//! Closed forms of queueing theory, written from the formulas and not from the simulator.
//!
//! Times are in the unit of the mean service time, rates in its inverse. Sources: Erlang 1917; Kleinrock 1975,
//! "Queueing systems I"; Franx 2001, "A simple solution for the M/D/c waiting time distribution".

/// Means of a queue in its steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Means {
    /// Probability that an arrival waits.
    pub p_wait: f64,
    /// Mean waiting time.
    pub wait: f64,
    /// Mean response time.
    pub response: f64,
    /// Mean number waiting.
    pub queue_length: f64,
    /// Mean number in the system.
    pub in_system: f64,
}

/// Erlang B: the share of requests lost when `offered` Erlang meet `servers` without a queue,
/// `B(0) = 1, B(k) = a B(k − 1) / (k + a B(k − 1))`; insensitive to the service-time distribution.
pub fn erlang_b(offered: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |blocked, k| {
        let product = offered * blocked;
        product / (f64::from(k) + product)
    })
}

/// Erlang C: the share of requests that wait, `B / (1 − ρ (1 − B))`, for `offered < servers`.
pub fn erlang_c(offered: f64, servers: u32) -> f64 {
    let blocked = erlang_b(offered, servers);
    blocked / (1.0 - offered / f64::from(servers) * (1.0 - blocked))
}

/// M/M/c: `W_q = C / (c µ − λ)`, the rest by Little's law.
pub fn mmc(arrival_rate: f64, service_rate: f64, servers: u32) -> Means {
    let p_wait = erlang_c(arrival_rate / service_rate, servers);
    let wait = p_wait / (f64::from(servers) * service_rate - arrival_rate);
    little(arrival_rate, p_wait, wait, 1.0 / service_rate)
}

/// The `p`-quantile of the waiting time in M/M/c: `P(W > t) = C exp(−(c µ − λ) t)`.
pub fn mmc_wait_quantile(arrival_rate: f64, service_rate: f64, servers: u32, p: f64) -> f64 {
    let p_wait = erlang_c(arrival_rate / service_rate, servers);
    let spare = f64::from(servers) * service_rate - arrival_rate;
    (libm::log(p_wait / (1.0 - p)) / spare).max(0.0)
}

/// M/G/1 (Pollaczek 1930, Khinchine 1932): `W_q = ρ (1 + SCV) E[S] / (2 (1 − ρ))`, by load and mean service time.
pub fn mg1(load: f64, mean: f64, scv: f64) -> Means {
    little(load / mean, load, load * (1.0 + scv) * mean / (2.0 * (1.0 - load)), mean)
}

/// M/G/1 with processor sharing: `E[T] = E[S] / (1 − ρ)`, insensitive to the service-time distribution.
pub fn mg1_ps_response(load: f64, mean: f64) -> f64 {
    mean / (1.0 - load)
}

/// Mean response, in mean service times, of two exponential servers with a queue each and arrivals that join the shorter
/// one: the balance equations of (shorter, longer) by uniformisation, queues cut off at 80. For loads up to 0.8.
pub fn jsq2_response(load: f64) -> f64 {
    const LONGEST: usize = 80;
    let at = |shorter: usize, longer: usize| shorter * (LONGEST + 1) + longer;
    let total = 2.0 * load + 2.0;
    let mut now = vec![0.0; (LONGEST + 1) * (LONGEST + 1)];
    now[0] = 1.0;
    loop {
        let mut next = vec![0.0; now.len()];
        for longer in 0..=LONGEST {
            for shorter in 0..=longer {
                let share = now[at(shorter, longer)] / total;
                let (low, high) =
                    if shorter == longer { (shorter, (longer + 1).min(LONGEST)) } else { (shorter + 1, longer) };
                next[at(low, high)] += 2.0 * load * share;
                next[at(shorter.saturating_sub(1), longer)] += share;
                let left = longer.saturating_sub(1);
                next[at(shorter.min(left), shorter.max(left))] += share;
            }
        }
        let change: f64 = now.iter().zip(&next).map(|(a, b)| (a - b).abs()).sum();
        now = next;
        if change < 1e-12 {
            break;
        }
    }
    let present = |(state, p): (usize, &f64)| (state / (LONGEST + 1) + state % (LONGEST + 1)) as f64 * p;
    now.iter().enumerate().map(present).sum::<f64>() / (2.0 * load)
}

fn little(arrival_rate: f64, p_wait: f64, wait: f64, mean: f64) -> Means {
    let response = wait + mean;
    Means { p_wait, wait, response, queue_length: arrival_rate * wait, in_system: arrival_rate * response }
}

/// The waiting time in M/D/1, in units of the service time.
///
/// For `k − 1 ≤ x < k` and `u = ρ (k − x)`: `P(W ≤ x) = e^−u Σ_{j<k} Q_{k−1−j} u^j / j!`, where `Q_n` is the probability
/// of at most `n` waiting (Franx 2001). All terms are positive: unlike the textbook's alternating series, it
/// loses no digits.
#[derive(Clone, Debug)]
pub struct Md1Wait {
    load: f64,
    /// `Q_n`, up to where it is 1 to 15 digits.
    at_most_waiting: Vec<f64>,
}

impl Md1Wait {
    /// For a load below 1.
    pub fn new(load: f64) -> Self {
        // Tails of the number of arrivals A during a service: P(A > k).
        let mut tails = Vec::new();
        let (mut term, mut cumulative) = (libm::exp(-load), 0.0);
        // Present n after a departure: a level crossing gives p_n P(A = 0) = p_0 P(A ≥ n) + Σ_{0<i<n} p_i P(A > n − i).
        let none_arrives = term;
        let mut present = vec![1.0 - load];
        let mut at_most = 1.0 - load;
        let mut at_most_waiting = Vec::new();
        while 1.0 - at_most > 1e-15 && present.len() < 20_000 {
            let n = present.len();
            cumulative += term;
            tails.push((1.0_f64 - cumulative).max(0.0));
            term *= load / n as f64;
            let crossing = present[0] * tails[n - 1] + (1..n).map(|i| present[i] * tails[n - i]).sum::<f64>();
            present.push(crossing / none_arrives);
            at_most += present[n];
            at_most_waiting.push(at_most);
        }
        Self { load, at_most_waiting }
    }

    /// `P(W ≤ x)`.
    pub fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 {
            return 0.0;
        }
        let k = libm::floor(x) as usize + 1;
        let u = self.load * (k as f64 - x);
        let (mut weight, mut sum) = (libm::exp(-u), 0.0);
        for j in 0..k {
            sum += weight * self.at_most_waiting.get(k - 1 - j).copied().unwrap_or(1.0);
            weight *= u / (j + 1) as f64;
        }
        sum
    }

    /// The `p`-quantile, by bisection.
    pub fn quantile(&self, p: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        if self.cdf(0.0) >= p {
            return 0.0;
        }
        while self.cdf(high) < p {
            high *= 2.0;
        }
        while high - low > 1e-12 * high {
            let middle = f64::midpoint(low, high);
            if self.cdf(middle) < p { low = middle } else { high = middle }
        }
        high
    }
}

/// Sandboxes that are kept alive for a time after each request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeepAlive {
    /// Probability that a request finds no sandbox.
    pub p_cold: f64,
    /// Mean number of idle sandboxes.
    pub mean_idle: f64,
}

/// Poisson requests at `rate` to one function whose service takes no time, each keeping the sandbox for `tau`:
/// a request is cold if and only if the gap before it exceeds `tau`, so `p_cold = e^(−λ τ)`, and a sandbox exists
/// for the share `1 − e^(−λ τ)` of the time.
pub fn keep_alive_instantaneous(rate: f64, tau: f64) -> KeepAlive {
    let p_cold = libm::exp(-rate * tau);
    KeepAlive { p_cold, mean_idle: 1.0 - p_cold }
}

/// Poisson requests at `rate`, exponential service with `mean` (cold or warm), sandboxes kept for `tau` after
/// their last request and taken from a stack (the one that was used last).
///
/// The stack's sandbox `n` is needed when `n − 1` others are busy. It was last busy when `n` fell to `n − 1`, and
/// is wanted again at the first passage `T_n` from `n − 1` to `n` busy in M/M/∞, so with `π_i` Poisson with mean
/// `a = λ E[S]`: `p_cold = Σ π_{n−1} P(T_n > τ)` and `idle = Σ λ π_{n−1} E[min(T_n, τ)]`.
pub fn keep_alive_stack(rate: f64, mean: f64, tau: f64) -> KeepAlive {
    let offered = rate * mean;
    let mut probability = libm::exp(-offered);
    let mut result = KeepAlive { p_cold: 0.0, mean_idle: 0.0 };
    let mut n = 1;
    while probability > 1e-14 || f64::from(n) < offered {
        let (beyond, until) = first_passage(rate, 1.0 / mean, n, tau);
        result.p_cold += probability * beyond;
        result.mean_idle += rate * probability * until;
        probability *= offered / f64::from(n);
        n += 1;
    }
    result
}

/// `P(T > τ)` and `E[min(T, τ)]` of the first passage from `n − 1` to `n` busy in M/M/∞, by uniformisation
/// (Jensen 1953): at the jumps of a Poisson process of rate `Λ = λ + (n − 1) µ` the busy count moves up, down or not.
fn first_passage(rate: f64, service_rate: f64, n: u32, tau: f64) -> (f64, f64) {
    let uniform = rate + f64::from(n - 1) * service_rate;
    let (up, jumps) = (rate / uniform, uniform * tau);
    let mut busy = vec![0.0; n as usize];
    busy[n as usize - 1] = 1.0;
    let (mut beyond, mut until, mut cumulative) = (0.0, 0.0, 0.0);
    let last = (jumps + 12.0 * libm::sqrt(jumps) + 40.0) as u32;
    for k in 0..=last {
        let not_yet: f64 = busy.iter().sum();
        let steps = f64::from(k);
        let weight = libm::exp(steps * libm::log(jumps) - jumps - libm::lgamma(steps + 1.0));
        cumulative += weight;
        beyond += weight * not_yet;
        until += not_yet * (1.0_f64 - cumulative).max(0.0) / uniform;
        let mut next = vec![0.0; busy.len()];
        for (i, &probability) in busy.iter().enumerate() {
            let down = i as f64 * service_rate / uniform;
            if i + 1 < next.len() {
                next[i + 1] += probability * up;
            }
            if i > 0 {
                next[i - 1] += probability * down;
            }
            next[i] += probability * (1.0 - up - down);
        }
        busy = next;
    }
    (beyond, until)
}
