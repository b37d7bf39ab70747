//! How warm what the platform finds for a request is: the start paths that the platform knows.
//!
//! Below [`Warmth::Nothing`] there are more start paths in the world, which knows what lies where: a template of the function in
//! a memory pool, a snapshot on the node or on the storage nodes, an image on either (docs/models/starting.md).

use crate::record::Counter;

/// What a request is served from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warmth {
    /// No sandbox: one is created.
    #[default]
    Nothing,
    /// An idle sandbox without a language runtime: the runtime, the function's image and its own code are still to come.
    Bare,
    /// An idle sandbox with the language runtime: the function's image and its own code are still to come.
    Language,
    /// The function's own sandbox, demoted to a memory pool: its memory is mapped and paged in.
    Pool,
    /// A warm sandbox of the function: nothing is to come.
    Warm,
}

impl Warmth {
    /// All of them, coldest first.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Bare, Self::Language, Self::Pool, Self::Warm];

    /// What counts the requests that are served from it.
    pub const fn counter(self) -> Counter {
        match self {
            Self::Nothing => Counter::FromNothing,
            Self::Bare => Counter::FromBare,
            Self::Language => Counter::FromLanguage,
            Self::Pool => Counter::FromPool,
            Self::Warm => Counter::FromWarm,
        }
    }

    /// Its name in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bare => "bare",
            Self::Language => "language",
            Self::Pool => "pool",
            Self::Warm => "warm",
        }
    }
}
