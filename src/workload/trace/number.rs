//! Decimal numbers from text, exactly.

/// Why a text is not a number that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// Nothing there.
    Empty,
    /// Something else, among it `NaN` and infinities.
    NotANumber,
    /// Beyond 10³⁰ in the unit asked for.
    TooLarge,
}

/// Powers of ten that fit 64 bits and leave room for a product below [`LIMIT`].
const POWERS: [u64; 13] = {
    let mut powers = [1; 13];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// Most digits that fit 64 bits whatever they are.
const SHORT: usize = 18;

const LIMIT: i128 = 1_000_000_000_000_000_000_000_000_000_000;

/// `text` × 10^`scale`, rounded to the nearest whole number, halves away from zero: `fixed(b"0.25", 12)` reads
/// seconds as picoseconds. Digits are never taken through binary floating point. Signs and exponents are read.
pub fn fixed(text: &[u8], scale: i32) -> Result<i128, NumberFault> {
    if let Some(value) = short(text, scale) {
        return Ok(value);
    }
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err(NumberFault::Empty);
    }
    let (negative, unsigned) = match text[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, shift, rest) = mantissa(unsigned)?;
    let exponent = exponent(rest)?;
    let magnitude = shifted(mantissa, i64::from(scale) + shift + exponent)?;
    Ok(if negative { -magnitude } else { magnitude })
}

/// Nothing but digits, at most [`SHORT`] of them, as a number.
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > SHORT {
        return None;
    }
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}

/// The common case of [`fixed`], several times as fast: a few digits, perhaps a point, and nothing to round off.
fn short(text: &[u8], scale: i32) -> Option<i128> {
    let point = text.iter().position(|byte| *byte == b'.');
    let (value, decimals) = match point {
        None => (digits(text)?, 0),
        Some(at) if text.len() <= SHORT + 1 => {
            let (whole, decimals) = (digits(&text[..at])?, &text[at + 1..]);
            (whole * 10_u64.pow(decimals.len() as u32) + digits(decimals)?, decimals.len())
        }
        Some(_) => return None,
    };
    let power = *POWERS.get(usize::try_from(scale).ok()?.checked_sub(decimals)?)?;
    Some(i128::from(value) * i128::from(power))
}

/// The digits in front, the power of ten they stand for, and what follows them.
fn mantissa(text: &[u8]) -> Result<(i128, i64, &[u8]), NumberFault> {
    let (mut value, mut shift, mut digits, mut point, mut end) = (0_i128, 0_i64, 0, false, 0);
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                // Digits beyond the 36 that fit cannot matter to any result below the limit.
                if value < 10_i128.pow(35) {
                    value = value * 10 + i128::from(byte - b'0');
                    shift -= i64::from(point);
                } else {
                    shift += i64::from(!point);
                }
            }
            b'.' if !point => point = true,
            _ => break,
        }
        end += 1;
    }
    if digits == 0 { Err(NumberFault::NotANumber) } else { Ok((value, shift, &text[end..])) }
}

/// `e-5` and the like, or nothing.
fn exponent(text: &[u8]) -> Result<i64, NumberFault> {
    match text {
        [] => Ok(0),
        [b'e' | b'E', digits @ ..] if !digits.is_empty() => {
            let digits = std::str::from_utf8(digits).map_err(|_| NumberFault::NotANumber)?;
            let exponent: i32 = digits.parse().map_err(|_| NumberFault::NotANumber)?;
            Ok(i64::from(exponent))
        }
        _ => Err(NumberFault::NotANumber),
    }
}

/// `value` × 10^`shift`, rounded.
fn shifted(value: i128, shift: i64) -> Result<i128, NumberFault> {
    if value == 0 || shift < -37 {
        return Ok(0);
    }
    let power = 10_i128.pow(shift.unsigned_abs().min(37) as u32);
    let scaled = if shift < 0 { Some((value + power / 2) / power) } else { value.checked_mul(power) };
    scaled.filter(|v| shift <= 37 && *v <= LIMIT).ok_or(NumberFault::TooLarge)
}

/// `value` / 10^`digits` as a decimal without needless zeros.
pub(super) fn decimal(value: u64, digits: usize) -> String {
    let text = format!("{value:0width$}", width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, scale, expected) in [
            ("0.1", 12, Ok(100_000_000_000)),
            ("1234.567890123456", 12, Ok(1_234_567_890_123_456)),
            ("0.0000000000005", 12, Ok(1)),
            ("0.00000000000049999999999999999999999999999999999999999999", 12, Ok(0)),
            ("7.8e-05", 12, Ok(78_000_000)),
            ("1E3", 0, Ok(1000)),
            ("-2.5", 0, Ok(-3)),
            ("+4", 0, Ok(4)),
            (" 12 ", 0, Ok(12)),
            (".5", 3, Ok(500)),
            ("5.", 3, Ok(5000)),
            ("0e999", 0, Ok(0)),
            ("1e-999", 0, Ok(0)),
            ("", 0, Err(NumberFault::Empty)),
            ("  ", 0, Err(NumberFault::Empty)),
            ("NaN", 0, Err(NumberFault::NotANumber)),
            ("-inf", 0, Err(NumberFault::NotANumber)),
            (".", 0, Err(NumberFault::NotANumber)),
            ("1.2.3", 0, Err(NumberFault::NotANumber)),
            ("1e", 0, Err(NumberFault::NotANumber)),
            ("0x10", 0, Err(NumberFault::NotANumber)),
            ("1,5", 0, Err(NumberFault::NotANumber)),
            ("1e99", 0, Err(NumberFault::TooLarge)),
            ("99999999999999999999999999999999999999999999999999", 0, Err(NumberFault::TooLarge)),
        ] {
            assert_eq!(fixed(text.as_bytes(), scale), expected, "{text}");
        }
    }
}
