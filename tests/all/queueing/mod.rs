//! The engine and the shared station against queueing theory.

mod closed_forms;
mod coverage;
mod mm1;
mod probe;
