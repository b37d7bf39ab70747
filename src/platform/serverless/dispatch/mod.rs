//! Which host gets a request: the rules of dispatch and placement.
//!
//! Every rule is a pure state machine in a file of its own, which says what it does, with which parameters, where it
//! comes from and what it is known for. Rules see the hosts through [`View`], by static dispatch; they draw from the
//! one named stream that they are given, and know functions by their ids. What they need of a function's name is a
//! hash ([`hash::of_name`]), taken once, before the run. A choice is `None` only where no host is up.
//!
//! | file | rules |
//! |---|---|
//! | `random` | uniform, power of d choices |
//! | `pull` | join idle queue, pull per function |
//! | `home` | home invoker and a walk in co-prime steps |
//! | `ring`, `rlu` | consistent hashing with bounded loads, with random load updates |
//! | `locality` | packages, colours |
//! | `near` | data, racks |
//! | `packing`, `gang` | many resources at once, many members at once |
//! | `steal`, `delayed` | an idle host helps another, waiting for a busy sandbox |

pub(crate) mod choose;
pub mod delayed;
pub mod gang;
pub mod hash;
pub mod home;
pub mod locality;
pub mod near;
pub mod packing;
pub mod pull;
pub mod random;
pub mod ring;
pub mod rlu;
pub mod steal;

#[cfg(test)]
mod servers;

use crate::ids::{FunctionId, HostId};

/// What a rule sees of the hosts. The defaults scan them; a platform that keeps them in order overrides them.
pub trait View {
    /// Hosts, up or not.
    fn hosts(&self) -> u32;
    /// Requests that run, start or wait on a host.
    fn load(&self, host: HostId) -> u32;
    /// Whether an idle sandbox of `function` is there.
    fn is_warm(&self, host: HostId, function: FunctionId) -> bool;
    /// Whether the request at hand could start there now: a core and room.
    fn can_take(&self, host: HostId) -> bool;
    /// Whether a host is there at all.
    fn is_up(&self, _host: HostId) -> bool {
        true
    }
    /// Hosts that are up.
    fn hosts_up(&self) -> u32 {
        ids(self.hosts()).filter(|&host| self.is_up(host)).count() as u32
    }
    /// Requests on all hosts.
    fn total_load(&self) -> u64 {
        ids(self.hosts()).map(|host| u64::from(self.load(host))).sum()
    }
    /// The host with the least load among those that are up and for which `allowed` holds, the lowest number at ties:
    /// with nothing barred, join the shortest queue.
    fn least_loaded_of(&self, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        least(self, ids(self.hosts()).filter(|&host| allowed(host)))
    }
    /// The same among all hosts that are up.
    fn least_loaded(&self) -> Option<HostId> {
        self.least_loaded_of(|_| true)
    }
}

fn ids(hosts: u32) -> impl Iterator<Item = HostId> {
    (0..hosts).map(HostId::new)
}

/// The least loaded of some hosts that is up, the first of them at ties.
fn least<V: View + ?Sized>(view: &V, some: impl Iterator<Item = HostId>) -> Option<HostId> {
    some.filter(|&host| view.is_up(host)).min_by_key(|&host| view.load(host))
}
