//! Which host gets a request: the rules of dispatch and placement.
//!
//! Every rule is a pure state machine in a file of its own, which says what it does, with which parameters, where it
//! comes from and what it is known for. Rules see the hosts through [`View`](view::View), by static dispatch; they draw from the
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
//! | `first_fit` | the lowest number that will do |
//! | `packing`, `gang` | many resources at once, many members at once |
//! | `steal`, `delayed` | an idle host helps another, waiting for a busy sandbox |

pub(crate) mod choose;
pub mod delayed;
pub mod first_fit;
pub mod gang;
pub mod hash;
pub mod home;
pub mod locality;
pub mod near;
pub mod packing;
pub(crate) mod place;
pub mod pull;
pub mod random;
pub mod ring;
pub mod rlu;
pub mod steal;
pub mod view;

#[cfg(test)]
mod servers;
