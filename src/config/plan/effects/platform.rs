//! Keys of a serverless platform that are read only where another key says so.

use crate::config::choice::{
    Binding, CpuSharing, IdlePayer, KeepAliveMode, Placement, ScalingMode, SnapshotPlace, Templates, WhenBusy,
};
use crate::config::effect::Effect;
use crate::config::plan::{Cores, Serverless, Snapshot};

/// Takes a key and the key that decides, both below the platform; what it is read with, in words; and whether it is read.
trait Told: FnMut(&str, &str, &str, bool) {}
impl<T: FnMut(&str, &str, &str, bool)> Told for T {}

/// Tells of each such key, in the layout at `at`.
pub(super) fn serverless(at: &str, platform: &Serverless, add: &mut impl FnMut(Effect)) {
    let place = |key: &str| format!("{at}.platform.{key}");
    let mut tell = |key: &str, by: &str, words: &str, has| add(Effect::only_with(place(key), place(by), words, has));
    dispatch(platform, &mut tell);
    scaling_and_quotas(platform, &mut tell);
    keep_alive(platform, &mut tell);
    eviction_and_prices(platform, &mut tell);
    cold_start(platform, &mut tell);
    cores(platform, &mut tell);
}

fn cores(platform: &Serverless, tell: &mut impl Told) {
    let own = platform.cpu == CpuSharing::Exclusive;
    let tiers = matches!(platform.cores, Cores::Tiers(_));
    let (by, words) = ("cores.rule", "cpu = \"exclusive\" and cores.rule = \"whole\" or \"by-memory\"");
    tell("cores.memory_per_core", by, words, own && !tiers);
    let by_memory = matches!(platform.cores, Cores::ByMemory { .. });
    tell("cores.maximum", by, "cores.rule = \"by-memory\"", by_memory);
    tell("cores.tiers", by, "cores.rule = \"tiers\"", tiers);
}

fn dispatch(platform: &Serverless, tell: &mut impl Told) {
    use Placement::{BoundedHashing, DataLocality, PackageLocality, PowerOfD, RackAware, RandomLoadUpdate};
    let mut placed = |key: &str, words: &str, by: &[Placement]| {
        tell(key, "placement", &format!("placement = {words}"), by.contains(&platform.placement));
    };
    let ring = "\"bounded-hashing\", \"random-load-update\" or \"package-locality\"";
    placed("dispatch.choices", "\"power-of-d\"", &[PowerOfD]);
    placed("dispatch.load_bound", ring, &[BoundedHashing, RandomLoadUpdate, PackageLocality]);
    placed("dispatch.ring_points", ring, &[BoundedHashing, RandomLoadUpdate, PackageLocality]);
    placed("dispatch.load_age", "\"random-load-update\"", &[RandomLoadUpdate]);
    placed("dispatch.rack_nodes", "\"data-locality\" or \"rack-aware\"", &[DataLocality, RackAware]);
    let waits = platform.dispatch.when_busy == WhenBusy::WaitIfShorter;
    tell("dispatch.wait_factor", "dispatch.when_busy", "dispatch.when_busy = \"wait-if-shorter\"", waits);
}

fn scaling_and_quotas(platform: &Serverless, tell: &mut impl Told) {
    let mode = platform.scaling.mode;
    tell("scaling.knative", "scaling.mode", "scaling.mode = \"knative\"", mode == ScalingMode::Knative);
    tell("scaling.hpa", "scaling.mode", "scaling.mode = \"hpa\"", mode == ScalingMode::Hpa);
    // Requests of autoscaled functions wait for their function alone.
    tell("queue_order", "scaling.mode", "scaling.mode = \"per-request\"", mode == ScalingMode::PerRequest);
    let retries = platform.quotas.retry.is_none_or(|retry| retry.attempts > 1);
    for key in ["base", "factor", "max_delay", "jitter", "max_age"] {
        let attempts = "quotas.retry.attempts";
        tell(&format!("quotas.retry.{key}"), attempts, "quotas.retry.attempts above 1", retries);
    }
}

/// Whether the keep-alive rule is one of these, and no autoscaler decides instead.
fn kept_by(platform: &Serverless, modes: &[KeepAliveMode]) -> bool {
    platform.scaling.mode == ScalingMode::PerRequest && modes.contains(&platform.keep_alive.mode)
}

fn keep_alive(platform: &Serverless, tell: &mut impl Told) {
    use KeepAliveMode::{Clairvoyant, Fixed, Histogram, Layered, Predictive, RemoteTier};
    let mut kept = |key: &str, words: &str, has| tell(&format!("keep_alive.{key}"), "keep_alive.mode", words, has);
    let timed = "a keep_alive.mode that looks at it, and without an autoscaler";
    let by_timer = kept_by(platform, &[Fixed, Layered, RemoteTier]);
    kept("limit", timed, by_timer || kept_by(platform, &[Clairvoyant]));
    kept("timer_from", timed, by_timer && platform.keep_alive.reset_on_use);
    kept("reset_on_use", timed, by_timer);
    kept("boundary", timed, by_timer || kept_by(platform, &[Histogram, Predictive]));
    kept("histogram", "keep_alive.mode = \"histogram\"", kept_by(platform, &[Histogram]));
    kept("predictive", "keep_alive.mode = \"predictive\"", kept_by(platform, &[Predictive]));
    kept("layers", "keep_alive.mode = \"layered\"", kept_by(platform, &[Layered]));
    kept("tier", "keep_alive.mode = \"remote-tier\"", kept_by(platform, &[RemoteTier]));
    let chosen = platform.keep_alive.mode != Clairvoyant;
    tell("idle_choice", "keep_alive.mode", "a keep_alive.mode other than \"clairvoyant\"", chosen);
}

fn eviction_and_prices(platform: &Serverless, tell: &mut impl Told) {
    let evicts = platform.evict_idle;
    tell("eviction.policy", "evict_idle", "evict_idle = true", evicts);
    tell("eviction.ties", "evict_idle", "evict_idle = true", evicts);
    let early = evicts && platform.binding == Binding::Early;
    tell("eviction.when_short", "binding", "evict_idle = true and binding = \"early\"", early);
    let prices = &platform.prices;
    let tiers = !prices.tiers.is_empty();
    tell("prices.clock", "prices.tiers", "prices.tiers, which say the clock rate", tiers);
    tell("prices.idle.price", "prices.idle.payer", "payer = \"user\"", prices.idle.payer == IdlePayer::User);
}

fn cold_start(platform: &Serverless, tell: &mut impl Told) {
    let rule = &platform.cold_start;
    let templates = rule.remote.as_ref().map(|remote| remote.templates);
    let layered = kept_by(platform, &[KeepAliveMode::Layered]);
    // What is left of a layered sandbox boots; all other starts map a template, where there is one from the beginning.
    let boots = templates != Some(Templates::Deployed) || layered;
    let on_cores = platform.cpu == CpuSharing::Shared && !platform.start_cores && boots;
    let mut start = |key: &str, by: &str, words: &str, has| tell(&format!("cold_start.{key}"), by, words, has);
    let shared = "cpu = \"shared\", start_cores = 0, and sandboxes that boot";
    start("boot_cpu", "cpu", shared, on_cores);
    start("init_cpu", "cpu", shared, on_cores);
    start("runtime_share", "keep_alive.mode", "keep_alive.mode = \"layered\"", layered);
    let fetches = rule.image.0 > 0 && boots;
    start("image_cache", "cold_start.image", "an image, and starts that fetch it", fetches);
    let by = "cold_start.remote.templates";
    start("snapshot", by, "starts that boot, and with templates = \"deployed\" all are mapped", boots);
    let reads = |one: &Snapshot| one.place == SnapshotPlace::Node && one.prefetch > 0.0;
    let (place, read) = ("cold_start.snapshot.place", rule.snapshot.as_ref().is_some_and(reads));
    start("snapshot.rate", place, "place = \"node\" and a prefetch above zero", read);
    let made = templates == Some(Templates::FirstStart);
    start("remote.prepare_base", by, "templates = \"first-start\"", made);
    start("remote.prepare_per_mib", by, "templates = \"first-start\"", made);
}
