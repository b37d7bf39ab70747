//! What keys ask for together, each of them within its own range. Products with the workload are in `experiment`.

use super::checker::Checker;
use crate::config::plan::{Fleet, FleetRule, FleetSize, Layout, Placement, Serverful, Serverless};

/// Most points of all nodes on a ring, of 16 bytes each.
const MOST_POINTS: u64 = 10_000_000;
/// Most runs of an experiment, whose results of some 130 kilobytes each are written together.
const MOST_RUNS: u64 = 20_000;
/// Most virtual machines that are there whatever the load.
const MOST_MACHINES: u32 = 2_000_000;

/// Replications of layouts.
pub(super) fn runs(check: &mut Checker<'_>, layouts: &[Layout]) {
    let (replications, count) = (check.loaded.raw.replications, layouts.len() as u64);
    let runs = u64::from(replications).saturating_mul(count);
    check.expect(
        runs <= MOST_RUNS,
        "replications",
        || {
            format!(
                "{replications} replications of {count} layouts are {runs} runs, and {MOST_RUNS} are simulated at most"
            )
        },
        "write fewer, or fewer layouts; more of them can be points of a sweep over `seed`",
    );
}

pub(super) fn ring(check: &mut Checker<'_>, at: &str, layout: &Layout, platform: &Serverless) {
    use Placement::{BoundedHashing, PackageLocality, RandomLoadUpdate};
    let rings = matches!(platform.placement, BoundedHashing | PackageLocality | RandomLoadUpdate);
    let points = u64::from(platform.dispatch.ring_points).saturating_mul(layout.nodes());
    check.expect(
        !rings || points <= MOST_POINTS,
        &format!("{at}.platform.dispatch.ring_points"),
        || {
            let nodes = layout.nodes();
            format!("{nodes} nodes ({at}.nodes) would have {points} points on the ring, and {MOST_POINTS} are simulated at most")
        },
        "use fewer points, or fewer nodes",
    );
}

/// Machines on all nodes.
pub(super) fn machines(check: &mut Checker<'_>, at: &str, layout: &Layout, platform: &Serverful) {
    let (wanted, key) = match &platform.fleet {
        Fleet::Autoscaled(scaler) => (scaler.minimum, "minimum"),
        Fleet::Fixed(fixed) => match fixed.size {
            FleetSize::Count(count) => (count, "size"),
            FleetSize::Rule(FleetRule::All) => (layout.vm_limit, "size"),
            // No more than there are requests at a time.
            FleetSize::Rule(FleetRule::Peak) => return,
        },
    };
    let machines = wanted.min(layout.vm_limit);
    check.expect(
        machines <= MOST_MACHINES,
        &format!("{at}.platform.fleet.{key}"),
        || {
            let (nodes, vcpus) = (layout.nodes(), platform.vm.vcpus);
            format!(
                "{machines} machines of {vcpus} virtual cores ({at}.platform.vm) on {nodes} nodes ({at}.nodes), and \
                 {MOST_MACHINES} are simulated at most"
            )
        },
        "use fewer, or larger ones",
    );
}
