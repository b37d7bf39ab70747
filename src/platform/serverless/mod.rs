//! A serverless platform: one request per sandbox, sandboxes that come and go.
//!
//! Rules (each a config key): a sandbox free since `f` serves an arrival at `t` if `f ≤ t ≤ f + T` (fixed
//! keep-alive `T`, counted from completion or from arrival; whether the end of the interval belongs to it is a
//! key). Which idle sandbox is taken is a key too. A cold start reserves memory, and a core where cores are
//! exclusive, from the decision on. Requests that find no place wait first come first served, on their host
//! (early binding) or for the groups of hosts that they may run on (late binding). One that arrives is tried before them,
//! or joins them (`queue_order`).
//!
//! Expired sandboxes need no timers: expiry times are kept in order, and every call first terminates those that
//! are due, at their own time. Only while requests wait does the platform ask to be woken.

pub mod dispatch;
mod host;
pub mod keep;
mod knowledge;
pub mod limits;
mod platform;
mod request;
mod rules;
mod sandbox;
pub mod scale;
mod wait;

pub use host::cores::{Cores, WHOLE};
pub use host::shape::{ALL_GROUPS, Groups, HostGroup, MOST_GROUPS, Need, Needs, PoolGroup, Shape};
pub use host::splits::Splits;
pub use knowledge::{Knowledge, Known};
pub use platform::Serverless;
pub use request::Start;
pub use rules::Rules;
pub use sandbox::table::Sandbox;
pub use sandbox::warmth::Warmth;
