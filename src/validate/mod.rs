//! The trust card: what sdcsim is validated against, and how far off it is, printed by `sdcsim validate`.
//!
//! Each subject has a file of its own with a list of rows; a new row is one [`Validation`] in such a list. Rows
//! run on all cores and are told in the order of the registry. Everything is seeded: the same version measures
//! the same deviations everywhere, and `docs/validation.md` shows them.

mod bills;
mod boots;
mod card;
pub mod closed_forms;
mod conservation;
pub mod dispatch;
mod energy;
mod generator;
mod hardware;
mod keep_alive;
mod queueing;
mod row;
mod sharing;
mod statistics;
mod traces;

use rayon::prelude::*;

use crate::problem::{Problem, Problems};

pub use card::Card;
pub use row::{Comparison, Measured, Tolerance, Validation, Verdict};

/// All rows, by subject. A new subject is a file with a `ROWS` list and one line here.
const SUBJECTS: &[&[Validation]] = &[
    statistics::ROWS,
    queueing::ROWS,
    keep_alive::ROWS,
    dispatch::ROWS,
    hardware::ROWS,
    sharing::ROWS,
    boots::ROWS,
    conservation::ROWS,
    bills::ROWS,
    energy::ROWS,
    generator::ROWS,
    traces::ROWS,
];

/// Runs the trust card: compares the simulator with closed forms, laws and published figures.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ValidateArgs {
    /// Runs only rows with these names, or whose names begin with them ("queueing")
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub only: Vec<String>,
    /// Prints JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Runs the rows that `args` asks for. The program exits with 1 when [`Card::is_met`] is false.
pub fn run(args: &ValidateArgs) -> Result<Card, Problems> {
    let registry: Vec<&Validation> = SUBJECTS.iter().copied().flatten().collect();
    let mut problems = Problems::default();
    for name in args.only.iter().filter(|name| !registry.iter().any(|row| row.name.starts_with(name.as_str()))) {
        let names: Vec<&str> = registry.iter().map(|row| row.name).collect();
        problems.push(Problem {
            subject: "--only".to_owned(),
            message: format!("no validation has a name that begins with `{name}`"),
            remedy: format!("write one of {}", names.join(", ")),
            ..Problem::default()
        });
    }
    problems.or_ok(())?;
    let asked = |row: &&Validation| args.only.is_empty() || args.only.iter().any(|name| row.name.starts_with(name));
    let rows: Vec<&Validation> = registry.into_iter().filter(asked).collect();
    // `collect` keeps the order of the registry, whatever the threads do.
    Ok(Card(rows.into_par_iter().map(|row| (*row, (row.run)())).collect()))
}
