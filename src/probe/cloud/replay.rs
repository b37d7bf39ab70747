//! The replay of a log on the platform.

use rayon::prelude::*;

use crate::config::plan::IdleChoice;
use crate::probe::function::{self, Requests};
use crate::record::Meter;
use crate::units::{Span, Time};
use crate::workload::trace::cloud_log::{CloudLog, LoggedRequest, LoggedRun};

/// What came out of one run.
pub(super) struct Outcome<'a> {
    pub(super) run: &'a LoggedRun,
    /// Requests that the platform started a sandbox for.
    pub(super) predicted_cold: u64,
    /// Requests whose start is cold in both or warm in both.
    pub(super) agreeing: u64,
    /// Requests whose start differs and whose run has no mean response of the other kind.
    pub(super) without_mean: u64,
}

struct Replay<'a> {
    requests: &'a [LoggedRequest],
    next: usize,
    /// Mean response of warm and of cold starts in the log.
    means: [Option<Span>; 2],
    outcome: Outcome<'a>,
}

/// Replays each run by itself, all from no sandboxes.
pub(super) fn replay(log: &CloudLog, keep_alive: Span, choice: IdleChoice) -> Vec<Outcome<'_>> {
    log.runs.par_iter().map(|run| replay_run(run, keep_alive, choice)).collect()
}

fn replay_run(run: &LoggedRun, keep_alive: Span, choice: IdleChoice) -> Outcome<'_> {
    let mut replay = Replay {
        requests: &run.requests,
        next: 0,
        means: [false, true].map(|cold| mean_response(&run.requests, cold)),
        outcome: Outcome { run, predicted_cold: 0, agreeing: 0, without_mean: 0 },
    };
    function::serve(&mut replay, keep_alive, choice);
    replay.outcome
}

fn mean_response(requests: &[LoggedRequest], cold: bool) -> Option<Span> {
    let (sum, count) = requests
        .iter()
        .filter(|request| request.cold == cold)
        .fold((0_u128, 0_u128), |(sum, count), request| (sum + u128::from(request.response.as_ps()), count + 1));
    (count > 0).then(|| Span::from_ps(((sum + count / 2) / count) as u64))
}

impl Requests for Replay<'_> {
    fn next_arrival(&self) -> Time {
        self.requests.get(self.next).map_or(Time::MAX, |request| request.at)
    }

    fn serve(&mut self, _now: Time, cold: bool, _meter: &Meter) -> Span {
        let request = self.requests[self.next];
        self.next += 1;
        self.outcome.predicted_cold += u64::from(cold);
        if cold == request.cold {
            self.outcome.agreeing += 1;
            return request.response;
        }
        self.means[usize::from(cold)].unwrap_or_else(|| {
            self.outcome.without_mean += 1;
            request.response
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Predicted, agreeing and those without a mean, of requests at (s, response s, cold).
    fn counts(requests: &[(u64, u64, bool)], choice: IdleChoice) -> (u64, u64, u64) {
        let request = |&(at, response, cold): &(u64, u64, bool)| LoggedRequest {
            at: Time::ZERO + Span::from_secs(at),
            response: Span::from_secs(response),
            cold,
        };
        let run = LoggedRun { name: String::new(), requests: requests.iter().map(request).collect() };
        let outcome = replay_run(&run, Span::from_secs(100), choice);
        (outcome.predicted_cold, outcome.agreeing, outcome.without_mean)
    }

    #[test]
    fn agreement_keeps_the_own_time_and_disagreement_takes_the_mean() {
        // Cold for 10 s; free from 10 to 110: warm at 110, for 5 s; the one at 120 is logged as cold, but warm here.
        // It takes the mean of the warm ones, (5 + 7) / 2 = 6 s, so that its sandbox is taken until 126, not 130.
        let until = |last: u64| [(0, 10, true), (110, 5, false), (120, 10, true), (last, 7, false)];
        assert_eq!(counts(&until(126), IdleChoice::Mru), (1, 3, 0));
        assert_eq!(counts(&until(125), IdleChoice::Mru), (2, 2, 0));
        // Free since 126: warm until 226, cold from then on.
        assert_eq!(counts(&until(226), IdleChoice::Mru), (1, 3, 0));
        assert_eq!(counts(&until(227), IdleChoice::Mru), (2, 2, 0));
    }

    #[test]
    fn a_run_without_the_other_kind_keeps_its_own_times() {
        // All warm in the log: the first one is cold here and has no mean cold response to take.
        assert_eq!(counts(&[(0, 2, false), (3, 2, false)], IdleChoice::Mru), (1, 1, 1));
        // It keeps its own 2 s: taken at 1, free at 2.
        assert_eq!(counts(&[(0, 2, false), (1, 2, false)], IdleChoice::Mru), (2, 0, 2));
        assert_eq!(counts(&[(0, 2, false), (2, 2, false)], IdleChoice::Mru), (1, 1, 1));
    }

    #[test]
    fn the_least_recent_choice_keeps_more_sandboxes() {
        // Two sandboxes from two requests at once, then one every 40 s: in turn both stay, else one is lost.
        let mut requests = vec![(0, 1, true), (0, 1, true)];
        requests.extend((1..=5).map(|i| (40 * i, 1, false)));
        requests.extend([(210, 1, false), (210, 1, false)]);
        assert_eq!(counts(&requests, IdleChoice::Lru).0, 2);
        assert_eq!(counts(&requests, IdleChoice::Mru).0, 3);
    }
}
