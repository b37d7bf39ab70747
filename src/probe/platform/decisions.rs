//! Decision logs as CSV: `time_ms, decision, function, sandbox, host`.

use std::collections::BTreeMap;

use crate::ids::FunctionId;
use crate::record::Decided;
use crate::units::Time;
use crate::workload::Functions;

/// The header of a decision log.
pub const COLUMNS: [&str; 5] = ["time_ms", "decision", "function", "sandbox", "host"];

/// A time in milliseconds with nine decimals, which is exact.
pub fn time_ms(at: Time) -> String {
    const MILLISECOND: u64 = 1_000_000_000;
    format!("{}.{:09}", at.as_ps() / MILLISECOND, at.as_ps() % MILLISECOND)
}

/// The decisions as rows of cells. Sandboxes and hosts are numbered from zero, in order of creation; a cell is empty where
/// there is none. A function is told by its name, by owner/app/name where others have the same name.
pub fn rows(decisions: &[Decided], functions: &Functions) -> Vec<[String; 5]> {
    let mut named: BTreeMap<&str, u32> = BTreeMap::new();
    for function in functions {
        *named.entry(function.name.as_str()).or_default() += 1;
    }
    let name = |id: FunctionId| {
        let function = &functions[id];
        if named[function.name.as_str()] == 1 {
            return function.name.clone();
        }
        format!("{}/{}/{}", function.owner, function.app, function.name)
    };
    let number = |n: Option<u64>| n.map_or(String::new(), |n| n.to_string());
    let row = |decided: &Decided| {
        let Decided { at, act, function, sandbox, host } = *decided;
        [time_ms(at), act.name().to_owned(), name(function), number(sandbox), number(host.map(u64::from))]
    };
    decisions.iter().map(row).collect()
}

/// The rows as a CSV file with its header.
pub fn to_csv(rows: &[[String; 5]]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(COLUMNS).and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row)));
    written.expect("memory takes everything");
    String::from_utf8(writer.into_inner().expect("memory takes everything")).expect("names and numbers are text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        assert_eq!(time_ms(Time::ZERO), "0.000000000");
        assert_eq!(time_ms(Time::from_ps(12_345_000_000_001)), "12345.000000001");
    }
}
