//! What single functions do, and where they run: their class, memory profile, transfers, demands and node groups.
//!
//! What `functions.csv` says of a function goes before what its class says, and that before what is said of all. A profile
//! that neither gives is drawn, where profiles have shares.

use rand::RngExt as _;
use rand::distr::weighted::WeightedIndex;

use crate::config::plan::{Affinity, Class, InputOutput, Layout, Parallelism, Profile, Workload};
use crate::ids::{FunctionKind, IdVec};
use crate::memory::run::MemoryProfile;
use crate::platform::serverless::dispatch::hash::of_name;
use crate::rng::RootSeed;
use crate::units::BitsPerSec;
use crate::workload::{Function, Functions, Own};

/// What the requests of one function do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behaviour {
    /// Its memory profile, by its place in [`Behaviours::profiles`].
    pub profile: u32,
    /// How it uses cores.
    pub cpu: Parallelism,
    /// What a request moves over the fabric.
    pub io: InputOutput,
    /// Bandwidth of the node's interface that a request counts with when it is placed.
    pub bandwidth: BitsPerSec,
    /// Accelerators that a request holds.
    pub accelerators: u32,
}

/// What the requests of all functions do.
#[derive(Clone, Debug)]
pub struct Behaviours {
    /// The memory profiles: the workload's own first, then those with names, then those of classes.
    pub profiles: Vec<MemoryProfile>,
    /// By function.
    pub of: IdVec<FunctionKind, Behaviour>,
}

impl Behaviours {
    /// Whether all functions use memory and move data alike.
    pub fn are_alike(&self) -> bool {
        let first = self.of.iter().next();
        self.of.iter().all(|one| first.is_some_and(|first| (one.profile, one.io) == (first.profile, first.io)))
    }
}

/// A profile as the models take it.
pub(super) fn memory_profile(profile: &Profile) -> MemoryProfile {
    MemoryProfile {
        stall: profile.memory_stall,
        reference_latency: profile.reference_latency,
        parallelism: profile.parallelism,
        access: profile.access,
        write_share: profile.write_share,
        miss_scale: profile.miss_scale,
        miss_shape: profile.miss_shape,
    }
}

/// Owner, application and name.
fn names_of(function: &Function) -> [&str; 3] {
    [&function.owner, &function.app, &function.name].map(String::as_str)
}

/// The class of a function, by its place in the workload: the first that selects it.
pub fn class_of(workload: &Workload, function: &Function) -> Option<usize> {
    let selects = |class: &Class| class.functions.selects(function.memory, names_of(function), None);
    workload.classes.iter().position(selects)
}

/// What the requests of `functions` do in one replication.
pub fn behaviours(workload: &Workload, functions: &Functions, root: RootSeed) -> Behaviours {
    let named = workload.profiles.iter().map(|named| named.profile);
    let first_of_class = 1 + workload.profiles.len();
    let of_classes: Vec<(usize, Profile)> = workload
        .classes
        .iter()
        .enumerate()
        .filter_map(|(class, it)| it.profile.map(|profile| (class, profile)))
        .collect();
    let place_of_class = |class: usize| {
        of_classes.iter().position(|(other, _)| *other == class).map(|place| (first_of_class + place) as u32)
    };
    let all = std::iter::once(workload.profile).chain(named).chain(of_classes.iter().map(|(_, profile)| *profile));
    let profiles = all.map(|profile| memory_profile(&profile)).collect();
    let of = functions.iter().map(|function| {
        let names = names_of(function);
        let class = class_of(workload, function);
        let (cpu, io, demands) = match class.map(|class| &workload.classes[class]) {
            Some(class) => (class.cpu, class.io, class.demands),
            None => (workload.cpu, workload.io, workload.demands),
        };
        let own = function.own.as_deref();
        let given = own.and_then(|own| own.profile.as_ref());
        let given = given.and_then(|name| workload.profiles.iter().position(|named| named.name == *name));
        let profile = given.map(|place| 1 + place as u32).or_else(|| class.and_then(place_of_class));
        // Which functions need accelerators is settled by their names.
        let needs_some = place(of_name(&names)) < demands.accelerator_share;
        let accelerators = if needs_some { demands.accelerators } else { 0 };
        Behaviour {
            profile: profile.unwrap_or_else(|| drawn(workload, names, root)),
            cpu: with_own(cpu, own),
            io: InputOutput {
                request: own.and_then(|own| own.request).unwrap_or(io.request),
                response: own.and_then(|own| own.response).unwrap_or(io.response),
                read: own.and_then(|own| own.read).unwrap_or(io.read),
                write: own.and_then(|own| own.write).unwrap_or(io.write),
            },
            bandwidth: own.and_then(|own| own.bandwidth).unwrap_or(demands.bandwidth),
            accelerators: own.and_then(|own| own.accelerators).unwrap_or(accelerators),
        }
    });
    Behaviours { profiles, of: of.collect() }
}

/// How a function uses cores, with what the trace says of it.
fn with_own(cpu: Parallelism, own: Option<&Own>) -> Parallelism {
    let given = |millionths: Option<u32>| millionths.map(|millionths| f64::from(millionths) / 1e6);
    Parallelism {
        parallel_share: given(own.and_then(|own| own.parallel_share)).unwrap_or(cpu.parallel_share),
        measured_cores: given(own.and_then(|own| own.measured_cores)).or(cpu.measured_cores),
    }
}

/// A hash as a number from zero, below one.
fn place(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// The profile that a function of these names draws, by its place; the workload's own where the shares leave it that.
fn drawn(workload: &Workload, names: [&str; 3], root: RootSeed) -> u32 {
    if workload.profiles.iter().all(|named| named.share <= 0.0) {
        return 0;
    }
    let shares = workload.profiles.iter().map(|named| named.share);
    // Last, so that a function keeps its profile when the shares of those after it grow.
    let rest = (1.0 - shares.clone().sum::<f64>()).max(0.0);
    let profiles = WeightedIndex::new(shares.chain([rest])).expect("shares are not negative, and one is above zero");
    let place = root.stream("profile", &names).sample(&profiles);
    if place == workload.profiles.len() { 0 } else { 1 + place as u32 }
}

/// On which node groups a function runs, a bit for each group: those that it may run on, and those of them that are tried
/// first, none where there is no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The groups that it may run on.
    pub allowed: u64,
    /// Those of them that are tried first.
    pub preferred: u64,
}

/// The rule of affinity of a function, by its place in the layout: the first that selects it.
pub fn rule_of(layout: &Layout, workload: &Workload, function: &Function) -> Option<usize> {
    let class = class_of(workload, function);
    let selects = |rule: &Affinity| rule.functions.selects(function.memory, names_of(function), class);
    layout.affinity.iter().position(selects)
}

/// On which groups of a layout each function runs.
pub fn placed(layout: &Layout, workload: &Workload, functions: &Functions) -> IdVec<FunctionKind, Placed> {
    let all = u64::MAX >> (64 - layout.node_groups.len().clamp(1, 64));
    let bits = |groups: &[usize]| groups.iter().fold(0, |bits, group| bits | 1_u64 << group);
    let one = |function: &Function| {
        let rule = rule_of(layout, workload, function).map(|rule| &layout.affinity[rule]);
        rule.map_or(Placed { allowed: all, preferred: 0 }, |rule| {
            let allowed = bits(&rule.require);
            Placed { allowed, preferred: bits(&rule.prefer) & allowed }
        })
    };
    functions.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::{Class, Demands, NamedProfile, Native, Select, Selector, Spacing, WorkloadSource};
    use crate::units::Bytes;

    fn profile(miss_scale: f64) -> Profile {
        Profile { miss_scale, ..Profile::default() }
    }

    fn workload(shares: &[f64], classes: Vec<Class>) -> Workload {
        let named = |(i, share): (usize, &f64)| NamedProfile {
            name: format!("p{i}"),
            share: *share,
            profile: profile(1.0 + i as f64),
        };
        Workload {
            source: WorkloadSource::Native(Native { path: "trace".into() }),
            select: Select::default(),
            spacing: Spacing::SortedUniform,
            profile: Profile::default(),
            profiles: shares.iter().enumerate().map(named).collect(),
            cpu: Parallelism::default(),
            classes,
            io: InputOutput::default(),
            demands: Demands::default(),
        }
    }

    fn function(number: u64, own: Option<Own>) -> Function {
        Function {
            owner: "o".to_owned(),
            app: "a".to_owned(),
            name: format!("f{number}"),
            memory: Bytes::from_mib(number),
            cold_start: None,
            own: own.map(Box::new),
        }
    }

    fn class(memory_min: u64, profile: Option<Profile>) -> Class {
        let all = Selector { memory_min: Bytes::from_mib(memory_min), memory_max: Bytes::MAX, name: None, class: None };
        let io = InputOutput { read: Bytes(7), ..InputOutput::default() };
        let demands = Demands { accelerators: 3, accelerator_share: 1.0, ..Demands::default() };
        Class { functions: all, profile, cpu: Parallelism::default(), io, demands }
    }

    #[test]
    fn with_nothing_said_all_functions_are_alike() {
        let functions: Functions = (0..50).map(|number| function(number, None)).collect();
        let all = behaviours(&workload(&[], Vec::new()), &functions, RootSeed::new(1, 0));
        assert_eq!((all.profiles.len(), all.are_alike()), (1, true));
        assert!(all.of.iter().all(|one| one.profile == 0 && one.accelerators == 0));
    }

    #[test]
    fn the_trace_goes_before_the_class_and_the_class_before_the_draw() {
        let own = Own {
            profile: Some("p1".to_owned()),
            read: Some(Bytes(9)),
            accelerators: Some(0),
            measured_cores: Some(250_000),
            ..Own::default()
        };
        let listed = [function(1, None), function(5, None), function(6, Some(own)), function(9, None)];
        let functions: Functions = listed.into_iter().collect();
        let classes = vec![class(8, None), class(5, Some(profile(9.0)))];
        let all = behaviours(&workload(&[1.0, 0.0], classes), &functions, RootSeed::new(1, 0));
        let scales: Vec<f64> = all.of.iter().map(|one| all.profiles[one.profile as usize].miss_scale).collect();
        assert_eq!(scales, [1.0, 9.0, 2.0, 1.0], "drawn, of the class, of the trace, of a class that does not say");
        let rest: Vec<_> = all.of.iter().map(|one| (one.io.read.0, one.accelerators)).collect();
        assert_eq!(rest, [(0, 0), (7, 3), (9, 0), (7, 3)]);
        let cores: Vec<Option<f64>> = all.of.iter().map(|one| one.cpu.measured_cores).collect();
        assert_eq!(cores, [None, None, Some(0.25), None]);
        assert!(!all.are_alike());
    }

    /// Each count is binomial: within five standard deviations, and the same whatever other functions there are.
    #[test]
    fn shares_are_kept_and_each_function_draws_alone() {
        let functions: Functions = (0..20_000).map(|number| function(number, None)).collect();
        let shares = [0.2, 0.0, 0.5];
        let all = behaviours(&workload(&shares, Vec::new()), &functions, RootSeed::new(3, 1));
        let count = |profile: u32| all.of.iter().filter(|one| one.profile == profile).count() as f64;
        for (place, share) in [0.3, shares[0], shares[1], shares[2]].into_iter().enumerate() {
            let (n, sd) = (20_000.0, libm::sqrt(20_000.0 * share * (1.0 - share)));
            assert!((count(place as u32) - n * share).abs() <= 5.0 * sd, "{place}: {}", count(place as u32));
        }
        let few: Functions = (100..200).map(|number| function(number, None)).collect();
        let alone = behaviours(&workload(&shares, Vec::new()), &few, RootSeed::new(3, 1));
        assert!(alone.of.iter().zip(all.of.iter().skip(100)).all(|(a, b)| a == b));
        let other = behaviours(&workload(&shares, Vec::new()), &functions, RootSeed::new(3, 2));
        assert!(other.of.iter().zip(all.of.iter()).any(|(a, b)| a != b), "another replication draws anew");
    }
}
