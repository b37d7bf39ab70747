//! Memory models, local and remote: how long a function runs, pools under load, paging in.

pub mod paging;
pub mod pool;
pub mod run;
