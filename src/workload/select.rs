//! The part of a workload that an experiment replays: a window, some of the functions, some of the requests, at a rate,
//! and how often; in this order. docs/models/workload.md, "Selections".

use super::counts::MAX_PER_MINUTE;
use super::resample::Resample;
use super::{LONGEST, MINUTE, Workload};
pub use crate::config::plan::Select;
use crate::ids::FunctionId;
use crate::rng::RootSeed;
use crate::units::Span;

/// Something about a selection that does not fit the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The key of the selection, such as `start`.
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

fn misfit(key: &'static str, message: String, remedy: &str) -> Misfit {
    Misfit { key, message, remedy: remedy.to_owned() }
}

/// Most invocations of a list in memory: 2.4 GB. Those of a packed trace are streamed, and may be any number.
pub(super) const MOST_LISTED: u64 = 100_000_000;

impl Workload {
    /// The part of the workload that `select` asks for; `root` is that of the experiment. Everything that does not fit the
    /// workload is told, otherwise.
    pub fn select(self, select: &Select, root: RootSeed) -> Result<Self, Vec<Misfit>> {
        let wrong = self.misfits(select);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut workload = self.cut(select);
        if select.function_share < 1.0 {
            workload = workload.some_functions(select.function_share, root);
        }
        if select.request_share < 1.0 || select.rate_scale != 1.0 {
            workload = workload.resample(select, root)?;
        }
        let all = workload.invocations().saturating_mul(u64::from(select.repeat));
        if select.repeat > 1 && workload.is_listed() && all > MOST_LISTED {
            let message = format!("{all} invocations are more than the {MOST_LISTED} that a list may have");
            let remedy = "repeat less often, or pack the trace with `sdcsim trace convert`: then it is streamed";
            return Err(vec![misfit("repeat", message, remedy)]);
        }
        Ok(if select.repeat > 1 { workload.repeated(select.repeat) } else { workload })
    }

    fn misfits(&self, select: &Select) -> Vec<Misfit> {
        let mut wrong = Vec::new();
        let (start, whole) = (select.start, self.length());
        let length = select.length.unwrap_or(whole.saturating_sub(start));
        if start >= whole {
            let message = format!("the window begins at {start}, and the trace lasts {whole}");
            wrong.push(misfit("start", message, "begin within the trace"));
        } else if start.as_ps().checked_add(length.as_ps()).is_none_or(|end| end > whole.as_ps()) {
            let message = format!("{length} from {start} on go beyond the trace, which lasts {whole}");
            let remedy = "write a shorter window, or leave `length` out to go on to the end";
            wrong.push(misfit("length", message, remedy));
        }
        if self.durations().is_some() {
            for (key, span) in [("start", Some(start)), ("length", select.length)] {
                if let Some(span) = span.filter(|span| !span.as_ps().is_multiple_of(MINUTE.as_ps())) {
                    let message = format!("{span} is not a whole number of minutes, by which this workload counts");
                    wrong.push(misfit(key, message, "write whole minutes"));
                }
            }
        }
        let all = length * u64::from(select.repeat);
        if select.repeat > 1 && all > LONGEST {
            let message = format!("{length} {} times is more than the 213 days that the clock reaches", select.repeat);
            wrong.push(misfit("repeat", message, "repeat less often, or cut a shorter window"));
        }
        wrong
    }

    /// The window.
    fn cut(self, select: &Select) -> Self {
        if select.start == Span::ZERO && select.length.is_none() {
            return self;
        }
        let (before, length) = (self.invocations(), select.length.unwrap_or(self.length()));
        let mut cut = self.window(select.start, length);
        let lost = before.saturating_sub(cut.invocations());
        cut.report_mut().drop_counted("invocation outside the window that was selected", lost);
        cut
    }

    /// The functions whose draws are least.
    fn some_functions(self, share: f64, root: RootSeed) -> Self {
        let draw = |id: FunctionId| {
            let f = &self.functions()[id];
            (root.stream("select-functions", &[&f.owner, &f.app, &f.name]).uniform(), id)
        };
        let mut draws: Vec<(f64, FunctionId)> = self.functions().ids().map(draw).collect();
        draws.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let n = draws.len();
        let kept = (libm::rint(share * n as f64) as usize).clamp(1, n.max(1));
        let mut keep = vec![false; n];
        draws.iter().take(kept).for_each(|(_, id)| keep[id.index()] = true);
        let before = self.invocations();
        let mut fewer = self.retain(|id, _| keep[id.index()]);
        let lost = before.saturating_sub(fewer.invocations());
        fewer.report_mut().drop_counted("function that was not selected", (n - kept.min(n)) as u64);
        fewer.report_mut().drop_counted("invocation of a function that was not selected", lost);
        fewer
    }

    /// Requests kept by chance, and rates scaled.
    fn resample(self, select: &Select, root: RootSeed) -> Result<Self, Vec<Misfit>> {
        let before = self.invocations();
        let draws = Resample::new(self.functions(), select.request_share, select.rate_scale, root);
        let (remedy, scale) = ("scale less, or select fewer functions", select.rate_scale);
        let expected = before as f64 * select.request_share * scale;
        if self.is_listed() && expected > MOST_LISTED as f64 {
            let message = format!("{expected:.0} invocations are more than the {MOST_LISTED} that a list may have");
            let remedy = "scale less, or pack the trace with `sdcsim trace convert`: then it is streamed";
            return Err(vec![misfit("rate_scale", message, remedy)]);
        }
        let mut changed = self.resampled(draws).map_err(|busy| {
            let (minute, n) = (busy.minute, busy.invocations);
            let message = format!("minute {minute} then has {n} invocations; at most {MAX_PER_MINUTE} fit in memory");
            vec![misfit("rate_scale", message, remedy)]
        })?;
        let after = changed.invocations();
        let report = changed.report_mut();
        report.drop_counted("invocation less by request_share and rate_scale", before.saturating_sub(after));
        report.note("invocation more by request_share and rate_scale", after.saturating_sub(before));
        Ok(changed)
    }
}
