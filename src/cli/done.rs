//! What commands give, and how they print it.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use crate::hidden::clear_leftovers;
use crate::problem::{Problem, Problems};

/// What a command gives: an exit code, or everything that was wrong.
pub type Done = Result<ExitCode, Problems>;

/// Writes to standard error, with a line break at the end or without. That it cannot be written is no reason to lose a run.
macro_rules! tell {
    (raw $($text:tt)*) => {{
        use std::io::Write;
        let _ = write!(std::io::stderr().lock(), $($text)*);
    }};
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr().lock(), $($text)*);
    }};
}
pub(super) use tell;

/// Says that results are there although something else went wrong, such as printing them.
pub(super) fn although_written(mut problems: Problems, place: &Path) -> Problems {
    for problem in &mut problems.0 {
        problem.remedy = format!("the results are written all the same: {}", place.display());
    }
    problems
}

/// Removes what killed runs left in these folders, and says so.
pub(super) fn tell_cleared(folders: &[&Path], quiet: bool) {
    for folder in folders {
        let cleared = clear_leftovers(folder);
        if cleared > 0 && !quiet {
            tell!("removed from {}: leftovers of runs that were killed ({cleared})", folder.display());
        }
    }
}

/// Prints to standard output, with a line break at the end. A reader that has gone away is not a problem of ours.
pub(super) fn print(text: &str) -> Done {
    let mut out = std::io::stdout().lock();
    let line_break = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(line_break.as_bytes())).and_then(|()| out.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Problem::with_file("", format!("cannot print: {error}"), "").into())
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}
