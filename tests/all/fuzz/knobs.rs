//! Numbers from which an experiment is made, one choice after the other.

/// Zero is the simplest choice, and so is a number that is missing: shorter lists and smaller numbers are simpler cases.
pub struct Knobs<'a>(std::slice::Iter<'a, u32>);

impl<'a> Knobs<'a> {
    pub fn new(numbers: &'a [u32]) -> Self {
        Self(numbers.iter())
    }
    pub fn below(&mut self, n: u32) -> u32 {
        self.0.next().copied().unwrap_or(0) % n
    }
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u32) as usize]
    }
    /// Once in four times.
    pub fn seldom(&mut self) -> bool {
        self.below(4) == 3
    }
    pub fn often(&mut self) -> bool {
        self.below(4) > 1
    }
}
