//! How much of a start is already done: the rungs between nothing and a warm sandbox that the platform knows.

/// What a request finds; a start begins there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Warmth {
    /// No sandbox that could serve it.
    #[default]
    Nothing,
    /// A bare sandbox, without a language runtime.
    Bare,
    /// A sandbox with the runtime of its function's language.
    Language,
    /// A sandbox of its function that was moved to a memory pool.
    Pool,
    /// A sandbox of its function, ready.
    Warm,
}

impl Warmth {
    /// All rungs, lowest first.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Bare, Self::Language, Self::Pool, Self::Warm];

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
