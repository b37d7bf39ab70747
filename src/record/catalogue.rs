//! The catalogue of what a run may report: one row for each component, counter, gauge, rejection and resource.
//!
//! A row is a name in result files, a unit, a label for people and a sentence that says what it is. Adding a row adds
//! the value to its enum, to recorders, to result files and to the documentation.

/// One thing that may be reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name in result files.
    pub name: &'static str,
    /// Its unit; `1` for a ratio.
    pub unit: &'static str,
    /// A short name for people.
    pub label: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// Which way is better, all else equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither: a fact about the run.
    Neither,
}

impl Better {
    /// In words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Neither => "–",
        }
    }
}

/// Where a counter stands in result files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Section {
    /// What became of requests.
    Fates,
    /// How requests and sandboxes start and end.
    Starts,
    /// What starts were served from; in the documentation, one row stands for all.
    From,
    /// The sandboxes of a platform.
    Sandboxes,
    /// How starts went, where there is more than one way.
    Ways,
    /// What users are billed for; money is made of it.
    Billed,
    /// For probes and checks; in no result file.
    Inside,
}

/// How a counter is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Where it stands.
    pub section: Section,
    /// Which way is better.
    pub better: Better,
    /// Whether it stands in the short table on the terminal.
    pub headline: bool,
}

const fn detail(section: Section, better: Better) -> Shown {
    Shown { section, better, headline: false }
}
const fn headline(section: Section, better: Better) -> Shown {
    Shown { section, better, headline: true }
}

/// An enum from rows: `Value: "name" ["unit"] "label", "doc" => more;`.
macro_rules! catalogue {
    ($(#[$about:meta])* $kind:ident: $more:ty {
        $($value:ident: $name:literal [$unit:literal] $label:literal, $doc:literal => $extra:expr;)*
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $kind {
            $(#[doc = $doc] $value,)*
        }

        impl $kind {
            /// All of them in the order of reports.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$value),*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();
            const ROWS: [Row; Self::COUNT] =
                [$(Row { name: $name, unit: $unit, label: $label, doc: $doc }),*];
            const MORE: [$more; Self::COUNT] = [$($extra),*];

            /// Its row.
            pub const fn row(self) -> Row {
                Self::ROWS[self as usize]
            }
            /// Its name in result files.
            pub const fn name(self) -> &'static str {
                self.row().name
            }
            /// What the catalogue says of this kind of row alone.
            pub const fn more(self) -> $more {
                Self::MORE[self as usize]
            }
        }
    };
}

use Better::{Higher, Lower, Neither};
use Section::{Billed, Fates, From, Inside, Sandboxes, Starts, Ways};

catalogue! {
    /// A part of a request's response time. The parts of one request sum to its response time exactly. The row says
    /// no more than that.
    Component: () {
        Queue: "queue" ["s"] "Queue", "Waiting for a free core, memory or sandbox." => ();
        Dispatch: "dispatch" ["s"] "Dispatch", "The platform's own work: routing and placement." => ();
        ColdAllocate: "cold_allocate" ["s"] "Cold: allocate", "Finding and setting aside resources for a new sandbox." => ();
        ColdFetch: "cold_fetch" ["s"] "Cold: fetch", "Bringing the image or snapshot to the node." => ();
        ColdBoot: "cold_boot" ["s"] "Cold: boot", "Starting the sandbox and its runtime." => ();
        ColdInit: "cold_init" ["s"] "Cold: initialise", "Running the function's own start-up code." => ();
        Compute: "compute" ["s"] "Compute", "Executing on a core." => ();
        LocalMemory: "local_memory" ["s"] "Local memory", "Waiting for memory beside the cores." => ();
        RemoteMemory: "remote_memory" ["s"] "Remote memory", "Waiting for memory behind the network." => ();
        Network: "network" ["s"] "Network", "Moving requests and answers." => ();
        Storage: "storage" ["s"] "Storage", "Reading and writing storage." => ();
    }
}

catalogue! {
    /// Something that happens and is counted. The row says how it is shown.
    Counter: Shown {
        Arrived: "requests.arrived" ["requests"] "Requests arrived", "Requests that reached the data centre." => detail(Fates, Neither);
        Completed: "requests.completed" ["requests"] "Requests completed", "Requests answered before the run ended." => headline(Fates, Higher);
        Rejected: "requests.rejected" ["requests"] "Requests rejected", "Requests rejected; they are in no mean of latency or cost, so compare layouts only where this is alike." => headline(Fates, Lower);
        Open: "requests.running_at_end" ["requests"] "Requests running at end", "Requests queued or running when the run ended." => detail(Fates, Neither);
        Retries: "requests.retries" ["requests"] "Retries", "Attempts after the first, of requests that were rejected or failed." => detail(Starts, Lower);
        DeadLetters: "requests.dead_letters" ["requests"] "Dead letters", "Requests lost after their last attempt." => detail(Starts, Lower);
        FromNothing: "starts.nothing" ["requests"] "Starts, nothing", "Requests that waited for a sandbox to be created." => detail(From, Neither);
        FromBare: "starts.bare" ["requests"] "Starts, bare", "Requests that waited for a bare sandbox to get its runtime and code." => detail(From, Neither);
        FromLanguage: "starts.language" ["requests"] "Starts, language", "Requests that waited for a sandbox with its language's runtime to get its code." => detail(From, Neither);
        FromPool: "starts.pool" ["requests"] "Starts, pool", "Requests that waited for their function's sandbox to come back from a memory pool." => detail(From, Neither);
        FromWarm: "starts.warm" ["requests"] "Starts, warm", "Requests that found a warm sandbox; not counted where nothing depends on it." => detail(Inside, Neither);
        SandboxesStarted: "sandboxes.started" ["sandboxes"] "Sandboxes started", "Sandboxes created, for requests and ahead of them." => detail(Sandboxes, Lower);
        Prewarmed: "sandboxes.prewarmed" ["sandboxes"] "Sandboxes pre-warmed", "Sandboxes started without a request: pre-warmed, speculative or autoscaled." => detail(Sandboxes, Neither);
        Evicted: "sandboxes.evicted" ["sandboxes"] "Sandboxes evicted", "Idle sandboxes removed, or moved to a pool, to make room." => detail(Sandboxes, Lower);
        Demoted: "sandboxes.demoted" ["sandboxes"] "Sandboxes demoted", "Idle sandboxes that lost their code or their runtime, or moved to a pool." => detail(Sandboxes, Neither);
        Booted: "ways.booted" ["sandboxes"] "Sandboxes, booted", "Sandboxes that were booted and initialised; where there are other ways to start." => detail(Ways, Lower);
        ImageOnNode: "ways.image_on_node" ["sandboxes"] "Sandboxes, image on node", "Sandboxes booted from an image that was on the node already." => detail(Ways, Higher);
        Restored: "ways.restored" ["sandboxes"] "Sandboxes, restored", "Sandboxes restored from a snapshot." => detail(Ways, Neither);
        Mapped: "ways.mapped" ["sandboxes"] "Sandboxes, mapped", "Sandboxes mapped from a template in a memory pool." => detail(Ways, Neither);
        BilledRequests: "billed.requests" ["requests"] "Billed requests", "Runs that users are billed for, those that timed out included." => detail(Billed, Lower);
        BilledMemory: "billed.memory" ["B*ps"] "Billed memory", "Memory over run time that users are billed for, each rounded as the price list says." => detail(Billed, Lower);
        BilledClock: "billed.clock" ["MHz*ps"] "Billed clock", "Clock rate over run time that users are billed for." => detail(Billed, Lower);
        BilledMachines: "billed.machines" ["ps"] "Billed machines", "Existence of virtual machines that users are billed for." => detail(Billed, Lower);
        Queued: "requests.queued" ["requests"] "Requests queued", "Requests that waited for a place at all." => detail(Inside, Lower);
    }
}

catalogue! {
    /// A quantity that has a level at each moment. The row says whether its highest level is kept: that costs on every
    /// event, so only where a report tells it.
    Gauge: bool {
        InSystem: "concurrency" ["requests"] "Concurrency", "Requests decided upon but not finished, waiting ones included." => false;
        Waiting: "queue.length" ["requests"] "Queue length", "Requests waiting for a place." => true;
        CoresAllocated: "cores.allocated" ["cores"] "Cores allocated", "Cores that a request holds, or that a virtual machine has been given." => false;
        CoresBusy: "cores.busy" ["cores"] "Cores busy", "Cores that work." => false;
        CoresStarting: "cores.starting" ["cores"] "Cores starting", "Cores that a start holds, or that boot a virtual machine." => false;
        LocalAllocated: "local_memory.allocated" ["B"] "Local memory allocated", "Bytes held beside the cores by sandboxes or virtual machines." => true;
        PoolAllocated: "pool_memory.allocated" ["B"] "Pool memory allocated", "Bytes held in memory pools by sandboxes." => true;
        MemoryUsed: "memory.used" ["B"] "Memory used", "Bytes, local and pooled, held for requests that run or start." => false;
        Templates: "memory.templates" ["B"] "Memory of templates", "Bytes held in memory pools by templates of initialised sandboxes." => true;
        Instances: "instances" ["machines"] "Machines", "Machines, sandboxes or virtual, that exist." => true;
    }
}

catalogue! {
    /// Why a request was rejected. The row says no more than that.
    Rejection: () {
        QueueFull: "queue full" ["requests"] "Queue full", "The queue was at its limit." => ();
        Throttled: "throttled" ["requests"] "Throttled", "A quota of the account or the function was used up." => ();
        WaitedTooLong: "waited too long" ["requests"] "Waited too long", "It waited longer than allowed." => ();
        RanTooLong: "ran too long" ["requests"] "Ran too long", "It ran longer than allowed." => ();
        GangTooLarge: "gang too large" ["requests"] "Gang too large", "Its gang has more members than the data centre could ever hold at once." => ();
    }
}

/// The laws of a resource, in words: what it served is at most what it could, and is what was asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Laws {
    /// Served is at most capacity over time, of the resource that comes nearest.
    pub capacity: &'static str,
    /// Served, all resources together, is what was asked for by those served.
    pub asked: &'static str,
}

/// Two laws about one resource.
macro_rules! laws {
    ($what:literal, $unit:literal) => {
        Laws {
            capacity: concat!($what, " at most capacity over time [", $unit, "]"),
            asked: concat!($what, " = asked for by requests [", $unit, "]"),
        }
    };
}

catalogue! {
    /// A kind of shared resource. The row says its laws.
    ResourceKind: Laws {
        Cores: "cores" ["core*ps"] "Cores", "Computing on the cores of one host or machine." => laws!("core time served", "core*ps");
        Pool: "pool" ["B"] "Memory pool", "Reading and writing one memory pool, page-ins included." => laws!("bytes of memory pools served", "B");
        CardIn: "interface_in" ["B"] "Network interface, in", "What one network interface receives." => laws!("bytes received by network interfaces", "B");
        CardOut: "interface_out" ["B"] "Network interface, out", "What one network interface sends." => laws!("bytes sent by network interfaces", "B");
        Storage: "storage" ["B"] "Storage nodes", "Reading and writing one storage node, or all where they are one." => laws!("bytes of storage nodes served", "B");
        Fabric: "fabric" ["B"] "Fabric", "Moving data between nodes, pools and storage nodes." => laws!("bytes moved by the fabric", "B");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<(&'static str, Vec<Row>)> {
        vec![
            ("component", Component::ALL.map(Component::row).into()),
            ("counter", Counter::ALL.map(Counter::row).into()),
            ("gauge", Gauge::ALL.map(Gauge::row).into()),
            ("rejection", Rejection::ALL.map(Rejection::row).into()),
            ("resource", ResourceKind::ALL.map(ResourceKind::row).into()),
        ]
    }

    #[test]
    fn names_are_unique_and_every_row_says_what_it_is() {
        for (kind, rows) in rows() {
            let mut names: Vec<&str> = rows.iter().map(|row| row.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), rows.len(), "two of the {kind} rows have one name");
            for row in rows {
                assert!(!row.unit.is_empty() && !row.label.is_empty() && row.doc.ends_with('.'), "{row:?}");
            }
        }
    }

    #[test]
    fn values_are_the_numbers_of_their_rows() {
        assert!(Component::ALL.iter().enumerate().all(|(i, value)| *value as usize == i));
        assert!(Counter::ALL.iter().enumerate().all(|(i, value)| *value as usize == i));
        assert_eq!(Gauge::Instances.row().name, "instances");
        assert_eq!(Rejection::WaitedTooLong.name(), "waited too long");
    }
}
