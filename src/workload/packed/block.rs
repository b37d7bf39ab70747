//! One block of a packed trace: up to 65,536 rows, in runs of 256 of three columns of packed whole numbers.
//!
//! Times are kept as differences, in the greatest unit that divides all of a block; values in such a unit of their
//! own; each column of each run at the width of its largest number. Unpacking so takes no branch per number, where
//! bytes of variable length would take one per byte. Byte by byte: docs/trace-format.md.

use super::limits::Limits;

/// Most rows of a block.
pub(in crate::workload) const BLOCK_ROWS: usize = 65_536;
/// Rows of a run; the last one of a block may be shorter.
const RUN_ROWS: usize = 256;
/// Bytes before the first run: checksum, rows, first time, last time, unit of times, unit of values.
const HEAD: usize = 40;
/// Most bytes of a block: in each run three widths and three columns of 64, 32 and 64 bits.
pub(in crate::workload) const BLOCK_BYTES: usize = HEAD + (BLOCK_ROWS / RUN_ROWS) * (3 + RUN_ROWS * 20);
/// Zeros behind a block in memory, so that a number can be read with one load wherever it stands.
const PADDING: usize = 16;

/// One row: an invocation (times in picoseconds, the value its duration), or a count (minutes, and how many).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::workload) struct Row {
    pub(in crate::workload) time: u64,
    pub(in crate::workload) function: u32,
    pub(in crate::workload) value: u64,
}

impl Row {
    /// What rows are in order of.
    pub(in crate::workload) fn key(&self) -> (u64, u32) {
        (self.time, self.function)
    }
}

/// Appends `rows`, at least one and in order, as one block. No time and no value is above [`LONGEST`](super::limits::LONGEST).
pub(in crate::workload) fn encode(rows: &[Row], out: &mut Vec<u8>) {
    let start = out.len();
    let (first, last) = (rows[0].time, rows[rows.len() - 1].time);
    let gaps: Vec<u64> = std::iter::once(0).chain(rows.windows(2).map(|pair| pair[1].time - pair[0].time)).collect();
    let time_unit = gaps.iter().fold(0, |unit, gap| gcd(unit, *gap)).max(1);
    let value_unit = rows.iter().fold(0, |unit, row| gcd(unit, row.value)).max(1);
    out.extend([0; 4]);
    out.extend((rows.len() as u32).to_le_bytes());
    for number in [first, last, time_unit, value_unit] {
        out.extend(number.to_le_bytes());
    }
    for (rows, gaps) in rows.chunks(RUN_ROWS).zip(gaps.chunks(RUN_ROWS)) {
        pack(gaps.iter().map(|gap| gap / time_unit), out);
        pack(rows.iter().map(|row| u64::from(row.function)), out);
        pack(rows.iter().map(|row| row.value / value_unit), out);
    }
    let checksum = crc32fast::hash(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    // Almost always the unit found so far divides the next number.
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A width and the numbers at that width, the lowest bits first; filled up with zeros to a whole byte.
fn pack(numbers: impl Iterator<Item = u64> + Clone, out: &mut Vec<u8>) {
    let width = u64::BITS - numbers.clone().fold(0, |all, number| all | number).leading_zeros();
    out.push(width as u8);
    let (mut word, mut bits) = (0_u128, 0);
    for number in numbers {
        word |= u128::from(number) << bits;
        bits += width;
        if bits >= 64 {
            out.extend((word as u64).to_le_bytes());
            word >>= 64;
            bits -= 64;
        }
    }
    out.extend(&(word as u64).to_le_bytes()[..bits.div_ceil(8) as usize]);
}

/// The block `bytes`, checked in every respect, as `rows`; what those held is gone. `bytes` are padded. The error says what is wrong.
pub(in crate::workload) fn decode(bytes: &mut Vec<u8>, limits: &Limits, rows: &mut Vec<Row>) -> Result<(), String> {
    if bytes.len() < HEAD {
        return Err(format!("its {} bytes are fewer than the {HEAD} that a block begins with", bytes.len()));
    }
    let (told, found) = (u32_at(bytes, 0), crc32fast::hash(&bytes[4..]));
    if told != found {
        return Err(format!("its checksum is {found:08x}, and should be {told:08x}"));
    }
    let n = u32_at(bytes, 4) as usize;
    if !(1..=BLOCK_ROWS).contains(&n) {
        return Err(format!("it has {n} rows; a block has 1 to {BLOCK_ROWS}"));
    }
    let length = bytes.len();
    bytes.resize(length + PADDING, 0);
    rows.resize(n, Row::default());
    let mut runs = Runs { bytes, at: HEAD, end: length, limits, last: None };
    runs.columns(rows)?;
    if runs.at != length {
        return Err(format!("it has {} bytes behind its rows", length - runs.at));
    }
    Ok(())
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

struct Runs<'b> {
    /// The block and its padding.
    bytes: &'b [u8],
    /// The next byte.
    at: usize,
    /// Where the padding begins.
    end: usize,
    limits: &'b Limits,
    /// The last row before the run at hand.
    last: Option<Row>,
}

impl Runs<'_> {
    fn columns(&mut self, rows: &mut [Row]) -> Result<(), String> {
        let [first, last, time_unit, value_unit] = [8, 16, 24, 32].map(|at| u64_at(self.bytes, at));
        let mut time = first;
        for rows in rows.chunks_mut(RUN_ROWS) {
            self.column(rows, time_unit, |row, gap| {
                time = time.saturating_add(gap);
                row.time = time;
            })?;
            let most = self.column(rows, 1, |row, number| row.function = number as u32)?;
            if most >= u64::from(self.limits.functions) {
                return Err(format!("function {most} is beyond the {} functions of the trace", self.limits.functions));
            }
            let most = self.column(rows, value_unit, |row, number| row.value = number)?;
            if most > self.limits.most {
                return Err(format!("{} {most} is above {}", self.limits.value, self.limits.most));
            }
            self.in_order(rows)?;
        }
        if time != last {
            return Err(format!("its last row is at {time}, and should be at {last}"));
        }
        if time >= self.limits.end {
            return Err(format!("its last row is at {time}, and the trace ends at {}", self.limits.end));
        }
        Ok(())
    }

    /// Unpacks one column of a run and returns its largest number.
    fn column(&mut self, rows: &mut [Row], unit: u64, mut put: impl FnMut(&mut Row, u64)) -> Result<u64, String> {
        let width = usize::from(self.bytes[self.at]);
        let start = self.at + 1;
        let end = start + (width * rows.len()).div_ceil(8);
        if self.at >= self.end || width > 64 || end > self.end {
            return Err("its rows go on behind its end".to_owned());
        }
        let mask = if width == 0 { 0 } else { u64::MAX >> (64 - width) };
        let wrong = || format!("numbers of {width} bits in units of {unit} do not fit 64 bits");
        if unit == 0 {
            return Err(wrong());
        }
        // Almost always all that the width holds fits; else each number is looked at.
        let all_fit = mask.checked_mul(unit).is_some();
        self.at = end;
        let packed = &self.bytes[start..end + PADDING];
        let mut most = 0;
        for (i, row) in rows.iter_mut().enumerate() {
            let (byte, bit) = (i * width / 8, i * width % 8);
            // Up to 56 bits and 7 before them lie within eight bytes, up to 64 within sixteen.
            let number = if width <= 56 {
                u64_at(packed, byte) >> bit & mask
            } else {
                let wide: [u8; 16] = packed[byte..byte + 16].try_into().expect("sixteen bytes");
                (u128::from_le_bytes(wide) >> bit) as u64 & mask
            };
            let number = if all_fit { number * unit } else { number.checked_mul(unit).ok_or_else(wrong)? };
            most = most.max(number);
            put(row, number);
        }
        Ok(most)
    }

    /// Whether rows are in order, and values at least what they must be.
    fn in_order(&mut self, rows: &[Row]) -> Result<(), String> {
        let before = std::iter::once(self.last.as_ref()).chain(rows.iter().map(Some));
        let in_order = |before: Option<&Row>, row: &Row| {
            before.is_none_or(|before| before.key() < row.key() || !self.limits.strict && before.key() == row.key())
        };
        let fine = before
            .zip(rows)
            .fold(true, |fine, (before, row)| fine && in_order(before, row) && row.value >= self.limits.least);
        self.last = rows.last().copied();
        let order = if self.limits.strict { "strictly in" } else { "in" };
        if fine {
            Ok(())
        } else {
            Err(format!("its rows are not {order} order of time and function, or one's {} is zero", self.limits.value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { functions: u32::MAX, end: u64::MAX, least: 0, most: u64::MAX, strict: false, value: "duration" };

    fn check(rows: &[Row]) -> usize {
        let mut bytes = Vec::new();
        encode(rows, &mut bytes);
        assert!(bytes.len() <= BLOCK_BYTES);
        let (length, mut again) = (bytes.len(), vec![Row::default(); 3]);
        decode(&mut bytes, &LIMITS, &mut again).unwrap();
        assert!(again == rows);
        length
    }

    #[test]
    fn every_width_comes_back() {
        for bits in 0..=62 {
            let top = (1_u64 << bits) - 1;
            let row = |i: u64| Row {
                time: top / 700 * i,
                function: (i % 7) as u32 * (top as u32 / 8),
                value: top - i % 2 * top,
            };
            let mut rows: Vec<Row> = (0..600).map(row).collect();
            rows.sort_by_key(|row| (row.time, row.function));
            check(&rows[..1]);
            check(&rows);
        }
    }

    #[test]
    fn a_unit_that_divides_all_is_taken_out() {
        let rows = |unit: u64| -> Vec<Row> {
            (0..1000_u64).map(|i| Row { time: i * i * unit, function: 3, value: (i % 100) * unit }).collect()
        };
        // Whole seconds and whole picoseconds take the same room.
        assert_eq!(check(&rows(1)), check(&rows(1_000_000_000_000)));
    }
}
