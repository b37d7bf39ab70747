//! Reading and printing quantities: `"64 GiB"`, `"2 us"`, `"0.0425 USD/h"`.

use thiserror::Error;

/// Most base units of power, energy per bit, clock rates and money: beyond all that there is, and so few that no sum or product of
/// a run leaves what a number can hold.
pub(super) const MOST: f64 = 1e12;

/// One legal unit of a quantity.
#[derive(Clone, Copy, Debug)]
pub struct UnitDef {
    /// As the user types it.
    pub symbol: &'static str,
    /// How many base units one of it is.
    pub factor: f64,
    /// Whether values are printed in it; aliases are only read.
    pub printed: bool,
}

impl UnitDef {
    /// A unit that is read and printed.
    pub const fn new(symbol: &'static str, factor: f64) -> Self {
        Self { symbol, factor, printed: true }
    }
    /// A unit that is read only.
    pub const fn alias(symbol: &'static str, factor: f64) -> Self {
        Self { symbol, factor, printed: false }
    }
}

/// A kind of value that a user types with a unit. Quantities are never negative.
pub trait Quantity: Copy {
    /// What it is, as in "is not a time".
    const WHAT: &'static str;
    /// The legal units, smallest first.
    const UNITS: &'static [UnitDef];
    /// The unit in which zero is printed.
    const PLAIN: &'static str;
    /// The largest legal value, in base units.
    const MAX: f64 = f64::MAX;
    /// From a finite value in base units, at most [`Quantity::MAX`].
    fn from_base(base: f64) -> Self;
    /// The value in base units.
    fn base(self) -> f64;
}

/// Why a text is not a quantity; the message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseQuantityError {
    /// A bare number.
    #[error("`{text}` has no unit: {} {what} needs one of {units}, as in \"{number} {example}\"", article(.what))]
    MissingUnit {
        /// What was typed.
        text: String,
        /// The number part.
        number: String,
        /// What was expected.
        what: &'static str,
        /// A list of the legal units.
        units: String,
        /// One legal unit.
        example: &'static str,
    },
    /// A unit of another kind, or a misspelt one.
    #[error("`{unit}` is not a unit of {what}: write one of {units}")]
    UnknownUnit {
        /// The unit as typed.
        unit: String,
        /// What was expected.
        what: &'static str,
        /// A list of the legal units.
        units: String,
    },
    /// No number in front, or one that is infinite or not a number.
    #[error("`{text}` does not start with a finite number: write {} {what} as in \"{example}\"", article(.what))]
    NotANumber {
        /// What was typed.
        text: String,
        /// What was expected.
        what: &'static str,
        /// A legal value.
        example: String,
    },
    /// Below zero.
    #[error("`{text}` is negative: {} {what} is zero or more", article(.what))]
    Negative {
        /// What was typed.
        text: String,
        /// What was expected.
        what: &'static str,
    },
    /// Beyond what the simulator can represent.
    #[error("`{text}` is too large: {} {what} is at most {limit}", article(.what))]
    TooLarge {
        /// What was typed.
        text: String,
        /// What was expected.
        what: &'static str,
        /// The largest legal value.
        limit: String,
    },
}

/// `a` or `an`, for [`Quantity::WHAT`].
pub fn article(what: &str) -> &'static str {
    if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// Reads one quantity; the space between number and unit may be left out, and digits may be grouped with `_`.
pub fn parse_quantity<Q: Quantity>(text: &str) -> Result<Q, ParseQuantityError> {
    let trimmed = text.trim();
    let split = number_length(trimmed);
    let (digits, unit) = (trimmed[..split].replace('_', ""), trimmed[split..].trim());
    let example = Q::UNITS[Q::UNITS.len() / 2].symbol;
    let number: f64 = match digits.parse() {
        Ok(n) if f64::is_finite(n) => n,
        _ => {
            return Err(ParseQuantityError::NotANumber {
                text: text.to_owned(),
                what: Q::WHAT,
                example: format!("1 {example}"),
            });
        }
    };
    if unit.is_empty() {
        return Err(ParseQuantityError::MissingUnit {
            text: text.to_owned(),
            number: digits,
            what: Q::WHAT,
            units: unit_list::<Q>(),
            example,
        });
    }
    let Some(def) = Q::UNITS.iter().find(|def| def.symbol == unit) else {
        return Err(ParseQuantityError::UnknownUnit { unit: unit.to_owned(), what: Q::WHAT, units: unit_list::<Q>() });
    };
    let base = number * def.factor;
    if base < 0.0 {
        return Err(ParseQuantityError::Negative { text: text.to_owned(), what: Q::WHAT });
    }
    if base > Q::MAX {
        return Err(ParseQuantityError::TooLarge {
            text: text.to_owned(),
            what: Q::WHAT,
            limit: format_quantity(Q::from_base(Q::MAX)),
        });
    }
    Ok(Q::from_base(base))
}

/// Prints with the largest printed unit that leaves a whole number, or else at least one before the point,
/// so that printing and parsing give the same value back.
pub fn format_quantity<Q: Quantity>(quantity: Q) -> String {
    let base = quantity.base();
    let printed = || Q::UNITS.iter().filter(|def| def.printed);
    if base == 0.0 {
        return format!("0 {}", Q::PLAIN);
    }
    let whole = printed().rev().find(|def| {
        let value = base / def.factor;
        (1.0..1e6).contains(&value) && value == libm::rint(value) && value * def.factor == base
    });
    let def = whole.or_else(|| printed().rev().find(|def| base / def.factor >= 1.0)).unwrap_or(&Q::UNITS[0]);
    format!("{} {}", base / def.factor, def.symbol)
}

/// How many bytes of `text` belong to the number. An `e` counts only when an exponent follows it.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let exponent = matches!(bytes[end], b'e' | b'E')
            && end > 0
            && matches!(bytes.get(end + 1), Some(b'0'..=b'9' | b'+' | b'-'));
        let sign = matches!(bytes[end], b'+' | b'-') && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        if !(bytes[end].is_ascii_digit() || matches!(bytes[end], b'.' | b'_') || sign || exponent) {
            break;
        }
        end += 1;
    }
    end
}

fn unit_list<Q: Quantity>() -> String {
    Q::UNITS.iter().map(|def| def.symbol).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{BitsPerSec, Bytes, Span, Usd, UsdPerGbSecond, UsdPerHour, Watts};

    fn check<Q: Quantity>(text: &str, printed: &str) {
        match parse_quantity::<Q>(text) {
            Ok(q) => {
                assert_eq!(format_quantity(q), printed, "{text}");
                let again: Q = parse_quantity(printed).unwrap();
                assert_eq!(again.base(), q.base(), "{printed} does not read back");
            }
            Err(e) => assert_eq!(e.to_string(), printed, "{text}"),
        }
    }

    #[test]
    fn quantities_read_and_print() {
        check::<Bytes>("64 GiB", "64 GiB");
        check::<Bytes>("1000MB", "953.67431640625 MiB");
        check::<Span>("2 us", "2 us");
        check::<Span>("1.5us", "1500 ns");
        check::<Span>("10 min", "10 min");
        check::<Span>("1e3 ms", "1 s");
        check::<BitsPerSec>("100 Gbit/s", "100 Gbit/s");
        check::<BitsPerSec>("26 GB/s", "208 Gbit/s");
        check::<UsdPerHour>("0.0425 USD/h", "0.0425 USD/h");
        check::<UsdPerGbSecond>("1.66667e-5 USD/GB-s", "0.0000166667 USD/GB-s");
    }

    #[test]
    fn wrong_quantities_say_what_to_write() {
        check::<Span>("5", "`5` has no unit: a time needs one of ps, ns, us, µs, ms, s, min, h, d, as in \"5 ms\"");
        check::<Span>("5 GiB", "`GiB` is not a unit of time: write one of ps, ns, us, µs, ms, s, min, h, d");
        check::<Span>("-5 s", "`-5 s` is negative: a time is zero or more");
        check::<Span>("NaN s", "`NaN s` does not start with a finite number: write a time as in \"1 ms\"");
        check::<Span>("1 000 d", "`000 d` is not a unit of time: write one of ps, ns, us, µs, ms, s, min, h, d");
        check::<Span>("900 d", "`900 d` is too large: a time is at most 213 d");
        check::<Span>("213 d", "213 d");
        check::<Usd>("1e300 USD", "`1e300 USD` is too large: an amount of money is at most 1000000000000 USD");
        check::<Watts>("1e9 MW", "`1e9 MW` is too large: a power is at most 1000000 MW");
        check::<Watts>("1e6 MW", "1000000 MW");
    }
}
