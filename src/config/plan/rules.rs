//! What the rules of a serverless platform cannot be: combinations that are not modelled, and parameters out of order.
//!
//! All of them at once, for experiments and for `sdcsim probe platform` alike. Ranges of single numbers are in the shape.

use super::{
    Binding, Burst, ColdStart, Cores, CpuSharing, Delay, Hpa, KeepAliveMode, Knative, Quotas, Retry, ScalingMode,
    Serverless, Steal, WhenBusy,
};
use crate::units::{Bytes, Span};

/// Most bins of a histogram of idle times: it is held for each application, four bytes a bin.
const MOST_BINS: u64 = 10_000;
/// Longest window of an autoscaler: it is held for each function.
const LONGEST_WINDOW: Span = Span::from_secs(3_600);
/// Pages of a gigabyte are the largest that processors have.
const LARGEST_PAGE: Bytes = Bytes::from_gib(1);
/// Transfers are followed to the picosecond, and their arithmetic has an end.
const LARGEST_IMAGE: Bytes = Bytes(1 << 50);
/// What Knative's windows are made of.
const SECOND: Span = Span::from_secs(1);

/// One thing wrong: the key, below the platform; what is wrong, with the value and why; what to write instead.
pub type WrongRule = (&'static str, String, &'static str);

/// What is wrong.
#[derive(Default)]
struct Wrong(Vec<WrongRule>);

impl Wrong {
    /// Records a problem at `key` unless `holds`.
    fn expect(&mut self, holds: bool, key: &'static str, message: impl FnOnce() -> String, remedy: &'static str) {
        if !holds {
            self.0.push((key, message(), remedy));
        }
    }
    fn positive(&mut self, value: Span, key: &'static str, why: &str) {
        self.expect(value > Span::ZERO, key, || format!("{value}: {why}"), "write a time above zero");
    }
    fn some(&mut self, count: u32, key: &'static str, why: &str, remedy: &'static str) {
        self.expect(count > 0, key, || format!("0: {why}"), remedy);
    }
}

/// All that is wrong with the rules of a platform; `has_pools` says whether there is a memory pool to move sandboxes to.
pub fn check_serverless_rules(platform: &Serverless, has_pools: bool) -> Vec<WrongRule> {
    let mut wrong = Wrong::default();
    keep_alive(&mut wrong, platform, has_pools);
    histogram(&mut wrong, platform);
    predictive_and_layers(&mut wrong, platform);
    dispatch(&mut wrong, platform);
    gangs(&mut wrong, platform);
    scaling(&mut wrong, platform);
    knative(&mut wrong, &platform.scaling.knative);
    hpa(&mut wrong, &platform.scaling.hpa);
    cold_start(&mut wrong, &platform.cold_start);
    quotas(&mut wrong, &platform.quotas);
    reserved(&mut wrong, platform);
    cores(&mut wrong, platform);
    if let Some(rule) = &platform.quotas.retry {
        retry(&mut wrong, rule);
    }
    wrong.0
}

fn keep_alive(wrong: &mut Wrong, platform: &Serverless, has_pools: bool) {
    let mode = platform.keep_alive.mode;
    wrong.expect(
        mode != KeepAliveMode::RemoteTier || has_pools,
        "keep_alive.mode",
        || "`remote-tier` moves idle sandboxes to a memory pool, and there is none".to_owned(),
        "add memory pools (memory_pools of a layout, --pools and --pool-memory of the probe), or choose another rule",
    );
    let clairvoyant = mode == KeepAliveMode::Clairvoyant;
    wrong.expect(
        !(clairvoyant && platform.quotas.retry.is_some()),
        "keep_alive.mode",
        || "`clairvoyant` knows the arrivals of the trace, not retries".to_owned(),
        "leave out quotas.retry, or choose another rule",
    );
    wrong.expect(
        !(clairvoyant && platform.dispatch.gangs),
        "keep_alive.mode",
        || "`clairvoyant` pairs each sandbox with one arrival to come, and gangs take many at once".to_owned(),
        "write dispatch.gangs = false, or choose another rule",
    );
}

fn histogram(wrong: &mut Wrong, platform: &Serverless) {
    let rule = &platform.keep_alive.histogram;
    let (range, bin) = (rule.range, rule.bin);
    wrong.positive(bin, "keep_alive.histogram.bin", "idle times cannot be counted in bins without width");
    wrong.expect(
        range >= bin,
        "keep_alive.histogram.range",
        || format!("{range} is less than one bin of {bin}"),
        "make the range at least as long as keep_alive.histogram.bin",
    );
    let bins = range.as_ps().div_ceil(bin.as_ps().max(1));
    wrong.expect(
        bin == Span::ZERO || bins <= MOST_BINS,
        "keep_alive.histogram.bin",
        || format!("{bin}: a range of {range} has {bins} such bins, and each application holds them all"),
        "write a longer bin or a shorter range, for at most 10000 bins",
    );
    wrong.expect(
        rule.head < rule.tail,
        "keep_alive.histogram.head",
        || format!("{} is not below the tail of {}, so that nothing lies between them", rule.head, rule.tail),
        "write a share below keep_alive.histogram.tail, such as 0.05",
    );
}

fn predictive_and_layers(wrong: &mut Wrong, platform: &Serverless) {
    let rule = &platform.keep_alive.predictive;
    let why = "perfectly regular arrivals would be waited for in a window without length";
    wrong.positive(rule.granularity, "keep_alive.predictive.granularity", why);
    wrong.positive(rule.limit, "keep_alive.predictive.limit", "no sandbox would ever wait for an arrival");
    let layers = &platform.keep_alive.layers;
    wrong.expect(
        layers.bare_memory <= layers.language_memory,
        "keep_alive.layers.bare_memory",
        || {
            format!(
                "{}: a bare sandbox would hold more than one with a language runtime, {}",
                layers.bare_memory, layers.language_memory
            )
        },
        "write at most keep_alive.layers.language_memory",
    );
}

fn dispatch(wrong: &mut Wrong, platform: &Serverless) {
    let rule = &platform.dispatch;
    wrong.positive(rule.load_age, "dispatch.load_age", "loads cannot be told without pause");
    wrong.expect(
        rule.steal == Steal::Never || platform.binding == Binding::Early,
        "dispatch.steal",
        || "with late binding requests wait at no host, and there is none to take them from".to_owned(),
        "write binding = \"early\", or dispatch.steal = \"never\"",
    );
    wrong.expect(
        rule.when_busy == WhenBusy::Start || platform.scaling.mode == ScalingMode::PerRequest,
        "dispatch.when_busy",
        || "requests of autoscaled functions never start a sandbox, so there is nothing to choose".to_owned(),
        "write scaling.mode = \"per-request\", or dispatch.when_busy = \"start\"",
    );
}

fn gangs(wrong: &mut Wrong, platform: &Serverless) {
    let gangs = platform.dispatch.gangs;
    wrong.expect(
        !gangs || platform.binding == Binding::Late,
        "dispatch.gangs",
        || "the members of a gang start together, so none can be bound to a node before all can start".to_owned(),
        "write binding = \"late\", or dispatch.gangs = false",
    );
    wrong.expect(
        !gangs || platform.scaling.mode == ScalingMode::PerRequest,
        "dispatch.gangs",
        || "autoscaled functions take requests one by one".to_owned(),
        "write scaling.mode = \"per-request\", or dispatch.gangs = false",
    );
    wrong.expect(
        !gangs || (platform.scaling.concurrency, platform.scaling.sandbox_queue) == (1, 0),
        "dispatch.gangs",
        || {
            let rule = &platform.scaling;
            format!(
                "each member of a gang has a sandbox of its own, and here {} share one and {} wait at one",
                rule.concurrency, rule.sandbox_queue
            )
        },
        "write scaling.concurrency = 1 and scaling.sandbox_queue = 0, or dispatch.gangs = false",
    );
    wrong.expect(
        !gangs || platform.keep_alive.mode != KeepAliveMode::Layered,
        "dispatch.gangs",
        || {
            "a sandbox of another function on another node may be raised for a member, which no plan foresees"
                .to_owned()
        },
        "choose another keep_alive.mode than \"layered\", or write dispatch.gangs = false",
    );
    wrong.expect(
        !gangs || platform.dispatch.when_busy == WhenBusy::Start,
        "dispatch.gangs",
        || "gangs do not wait for busy sandboxes one by one".to_owned(),
        "write dispatch.when_busy = \"start\", or dispatch.gangs = false",
    );
}

fn scaling(wrong: &mut Wrong, platform: &Serverless) {
    let rule = &platform.scaling;
    let autoscaled = rule.mode != ScalingMode::PerRequest;
    wrong.expect(
        !autoscaled || platform.binding == Binding::Late,
        "scaling.mode",
        || "an autoscaler starts sandboxes wherever there is room, and bound requests wait on one node".to_owned(),
        "write binding = \"late\", or scaling.mode = \"per-request\"",
    );
    let kept = matches!(platform.keep_alive.mode, KeepAliveMode::Fixed | KeepAliveMode::None | KeepAliveMode::Forever);
    wrong.expect(
        !autoscaled || kept,
        "keep_alive.mode",
        || "an autoscaler decides how long sandboxes are kept, and no other rule beside it".to_owned(),
        "write keep_alive.mode = \"forever\", or scaling.mode = \"per-request\"",
    );
    wrong.expect(
        !autoscaled || platform.queue_limit > 0,
        "queue_limit",
        || "0: the first request of an autoscaled function waits for its first sandbox".to_owned(),
        "write a number above zero, or scaling.mode = \"per-request\"",
    );
}

fn knative(wrong: &mut Wrong, rule: &Knative) {
    wrong.positive(rule.tick, "scaling.knative.tick", "the autoscaler evaluates without pause");
    let window = rule.stable_window;
    wrong.expect(
        (SECOND..=LONGEST_WINDOW).contains(&window),
        "scaling.knative.stable_window",
        || format!("{window}: averages are made of whole seconds, each held for every function"),
        "write a time from 1 s to 1 h",
    );
    let panic = window.scale(rule.panic_window);
    wrong.expect(
        panic >= SECOND || window < SECOND,
        "scaling.knative.panic_window",
        || format!("{}: {panic} of {window} is less than the second that averages are made of", rule.panic_window),
        "write a larger share, or a longer scaling.knative.stable_window",
    );
    for (rate, key) in [
        (rule.max_scale_up_rate, "scaling.knative.max_scale_up_rate"),
        (rule.max_scale_down_rate, "scaling.knative.max_scale_down_rate"),
    ] {
        let message = || format!("{rate}: the number of sandboxes could never change in this direction");
        wrong.expect(rate > 1.0, key, message, "write a ratio above 1");
    }
    wrong.expect(
        rule.max_scale == 0 || rule.min_scale <= rule.max_scale,
        "scaling.knative.min_scale",
        || format!("{} is more than the most, {}", rule.min_scale, rule.max_scale),
        "make it at most scaling.knative.max_scale, or that 0 for no bound",
    );
}

fn hpa(wrong: &mut Wrong, rule: &Hpa) {
    wrong.positive(rule.interval, "scaling.hpa.interval", "the autoscaler evaluates without pause");
    wrong.expect(
        rule.stabilisation <= LONGEST_WINDOW,
        "scaling.hpa.stabilisation",
        || format!("{}: what was wanted is held for every function", rule.stabilisation),
        "write at most 1 h",
    );
    let held = rule.stabilisation.as_ps() / rule.interval.as_ps().max(1);
    wrong.expect(
        held <= MOST_BINS || rule.interval == Span::ZERO,
        "scaling.hpa.interval",
        || {
            format!(
                "{} in a stabilisation of {}: {held} decisions are held for every function",
                rule.interval, rule.stabilisation
            )
        },
        "write a longer interval or a shorter scaling.hpa.stabilisation, for at most 10000 decisions",
    );
    wrong.expect(
        rule.min_replicas <= rule.max_replicas,
        "scaling.hpa.min_replicas",
        || format!("{} is more than the most, {}", rule.min_replicas, rule.max_replicas),
        "make it at most scaling.hpa.max_replicas",
    );
}

fn cold_start(wrong: &mut Wrong, rule: &ColdStart) {
    for (key, delay) in
        [("cold_start.allocate", &rule.allocate), ("cold_start.boot", &rule.boot), ("cold_start.init", &rule.init)]
    {
        if let Delay::LogNormal(spread) = delay {
            wrong.expect(
                spread.median > Span::ZERO && spread.p99 >= spread.median,
                key,
                || format!("median {} and p99 {} are not those of any distribution", spread.median, spread.p99),
                "the median is above zero and at most the p99",
            );
        }
    }
    let page = |key: &'static str, page: Bytes, wrong: &mut Wrong| {
        let message = || format!("{page}: pages of more than {LARGEST_PAGE} are not known");
        wrong.expect(page <= LARGEST_PAGE, key, message, "write the size of a page, such as 4 KiB");
    };
    rule.snapshot.iter().for_each(|snapshot| page("cold_start.snapshot.page", snapshot.page, wrong));
    rule.remote.iter().for_each(|remote| page("cold_start.remote.page", remote.page, wrong));
    let message = || format!("{} in one transfer, and {LARGEST_IMAGE} are simulated at most", rule.image);
    wrong.expect(rule.image <= LARGEST_IMAGE, "cold_start.image", message, "write the size of an image");
    let rate = rule.control_rate.map_or(1.0, |rate| rate.0);
    let message = || "the rate is zero: no sandbox would ever be created".to_owned();
    wrong.expect(rate > 0.0, "cold_start.control_rate", message, "write a rate above zero, or leave the key out");
}

fn quotas(wrong: &mut Wrong, rule: &Quotas) {
    let leave_out = "write a number above zero, or leave the key out for no bound";
    let nothing = "nothing could ever run";
    wrong.some(rule.account_concurrency.unwrap_or(1), "quotas.account_concurrency", nothing, leave_out);
    wrong.some(rule.function_concurrency.unwrap_or(1), "quotas.function_concurrency", nothing, leave_out);
    let unlimited = "write a number above zero, or quotas.burst.rule = \"unlimited\"";
    match rule.burst {
        Burst::Unlimited => {}
        Burst::Account(burst) => {
            let why = "each start of a sandbox takes one, so that nothing could ever start";
            wrong.some(burst.initial, "quotas.burst.initial", why, unlimited);
        }
        Burst::Function(burst) => {
            let why = "each start of a sandbox takes one, so that nothing could ever start";
            wrong.some(burst.step, "quotas.burst.step", why, unlimited);
            wrong.positive(burst.interval, "quotas.burst.interval", "a rate needs a time");
        }
    }
    let timeout = rule.timeout.map_or(Span::TICK, |limit| limit);
    wrong.expect(
        timeout > Span::ZERO,
        "quotas.timeout",
        || format!("{timeout}: every request would fail as soon as it runs"),
        "write a time above zero, or leave the key out for no bound",
    );
    let patience = rule.queue_timeout.map_or(Span::TICK, |limit| limit);
    wrong.expect(
        patience > Span::ZERO,
        "quotas.queue_timeout",
        || format!("{patience}: a request would give up as soon as it waits"),
        "write a time above zero, or queue_limit = 0 for no waiting",
    );
}

fn reserved(wrong: &mut Wrong, platform: &Serverless) {
    let sum: u64 = platform.reserved_concurrency.values().map(|slots| u64::from(*slots)).sum();
    let account = platform.quotas.account_concurrency.unwrap_or(u32::MAX);
    wrong.expect(
        sum <= u64::from(account),
        "reserved_concurrency",
        || format!("{sum} requests at a time are reserved of the account's {account}"),
        "reserve fewer, or raise quotas.account_concurrency",
    );
}

fn cores(wrong: &mut Wrong, platform: &Serverless) {
    let shares = !platform.cores.are_whole();
    wrong.expect(
        !shares || platform.cpu == CpuSharing::Exclusive,
        "cores.rule",
        || "with cpu = \"shared\" requests hold nothing of the cores: all of them share all".to_owned(),
        "write cpu = \"exclusive\", or cores.rule = \"whole\"",
    );
    wrong.expect(
        !shares || platform.start_cores || platform.cpu == CpuSharing::Shared,
        "start_cores",
        || "0: sandboxes that wait for a core once they are ready wait for a whole one".to_owned(),
        "write start_cores = 1, or cores.rule = \"whole\"",
    );
    match &platform.cores {
        Cores::Whole { .. } => {}
        Cores::ByMemory { memory_per_core, .. } => wrong.expect(
            *memory_per_core > Bytes::ZERO,
            "cores.memory_per_core",
            || format!("{memory_per_core}: any memory would buy cores without end"),
            "write the memory that buys one core, such as 1769 MiB",
        ),
        Cores::Tiers(tiers) => {
            let message = || "there are none, and the rule takes the cores from them".to_owned();
            let remedy = "write cores.tiers = [{ memory = \"128 MiB\", cores = 0.083 }, ...], or another cores.rule";
            wrong.expect(!tiers.is_empty(), "cores.tiers", message, remedy);
            let rises = |pair: &[(Bytes, f64)]| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1;
            wrong.expect(
                tiers.windows(2).all(rises),
                "cores.tiers",
                || "each tier has more memory than the one before, and as many cores at least".to_owned(),
                "write them smallest first",
            );
        }
    }
}

fn retry(wrong: &mut Wrong, rule: &Retry) {
    let (base, most) = (rule.base, rule.max_delay);
    wrong.positive(base, "quotas.retry.base", "all attempts would be made at once");
    wrong.expect(
        base <= most,
        "quotas.retry.base",
        || format!("{base} is more than the longest delay, {most}"),
        "make it at most quotas.retry.max_delay",
    );
    wrong.positive(rule.max_age, "quotas.retry.max_age", "no request is young enough to be retried");
}
