//! Quantities in config files: `idle_power = "60 W"`.
//!
//! [`Q`] carries a quantity of [`crate::units`] through serde and into the JSON Schema, where it is a string
//! whose `format` names the kind (`quantity:power`). [`Kind`] is the way back: from the format in a schema to
//! the legal units and the parser, so that the checker needs no list of keys.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::units::{
    BitsPerSec, Bytes, Gigahertz, JoulesPerBit, PerSecond, Quantity, Span, UnitDef, Usd, UsdPerGbSecond,
    UsdPerGhzSecond, UsdPerHour, UsdPerKwh, UsdPerRequest, Watts, Years, article, format_quantity, parse_quantity,
};

/// A quantity as a config value: text with a number and a unit, such as `"64 GiB"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Q<T>(pub T);

/// In front of the kind in the `format` of a schema.
const PREFIX: &str = "quantity:";

impl<'de, T: Quantity> Deserialize<'de> for Q<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        parse_quantity(&text).map(Self).map_err(de::Error::custom)
    }
}

impl<T: Quantity> Serialize for Q<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_quantity(self.0))
    }
}

impl<T: Quantity> JsonSchema for Q<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kind = Kind::of::<T>();
        json_schema!({
            "type": "string",
            "format": kind.format(),
            "description": format!("Text with {} {}: a number and one of {}.", kind.article(), kind.what, kind.unit_list()),
            "examples": [kind.example()],
        })
    }
}

impl<T: Quantity> fmt::Display for Q<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format_quantity(self.0))
    }
}

/// A kind of quantity without its type: what the checker and `explain` know about a `format`.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What it is, as in "is not a time".
    pub what: &'static str,
    /// The legal units.
    pub units: &'static [UnitDef],
    base: fn(&str) -> Result<f64, WrongQuantity>,
}

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongQuantity {
    /// What is wrong, with the offending text in it.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// Every kind that a config file can hold. A test keeps the formats of the schemas to this list.
static KINDS: [Kind; 14] = [
    Kind::of::<Span>(),
    Kind::of::<Bytes>(),
    Kind::of::<BitsPerSec>(),
    Kind::of::<Watts>(),
    Kind::of::<JoulesPerBit>(),
    Kind::of::<PerSecond>(),
    Kind::of::<Gigahertz>(),
    Kind::of::<Years>(),
    Kind::of::<Usd>(),
    Kind::of::<UsdPerHour>(),
    Kind::of::<UsdPerGbSecond>(),
    Kind::of::<UsdPerGhzSecond>(),
    Kind::of::<UsdPerRequest>(),
    Kind::of::<UsdPerKwh>(),
];

impl Kind {
    const fn of<T: Quantity>() -> Self {
        Self { what: T::WHAT, units: T::UNITS, base: base_of::<T> }
    }
    /// The kind that a schema's `format` names; `None` for formats that are not quantities.
    pub fn from_format(format: &str) -> Option<&'static Self> {
        let name = format.strip_prefix(PREFIX)?;
        KINDS.iter().find(|kind| kind.what.replace(' ', "-") == name)
    }
    /// Its `format` in a schema, such as `quantity:data-rate`.
    pub fn format(&self) -> String {
        format!("{PREFIX}{}", self.what.replace(' ', "-"))
    }
    /// The value of `text` in base units, or what is wrong with it.
    pub fn parse(&self, text: &str) -> Result<f64, WrongQuantity> {
        (self.base)(text)
    }
    /// The legal units, as in `"B, KiB, MiB"`.
    pub fn unit_list(&self) -> String {
        self.units.iter().map(|unit| unit.symbol).collect::<Vec<_>>().join(", ")
    }
    /// `a` or `an`, for [`Kind::what`].
    pub fn article(&self) -> &'static str {
        article(self.what)
    }
    /// A unit to show in examples: the middle one of many, the smallest of few.
    pub fn example_unit(&self) -> &'static str {
        let printed: Vec<&UnitDef> = self.units.iter().filter(|unit| unit.printed).collect();
        printed[if printed.len() > 3 { (printed.len() - 1) / 2 } else { 0 }].symbol
    }
    /// A legal value, such as `"1 ms"`.
    pub fn example(&self) -> String {
        format!("1 {}", self.example_unit())
    }
}

/// The parser's messages end in the remedy, after the last colon.
fn base_of<T: Quantity>(text: &str) -> Result<f64, WrongQuantity> {
    parse_quantity::<T>(text).map(Quantity::base).map_err(|error| {
        let whole = error.to_string();
        let (message, remedy) = whole.rsplit_once(": ").unwrap_or((&whole, ""));
        WrongQuantity { message: message.to_owned(), remedy: remedy.to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_format_and_reads_its_own_example() {
        for kind in &KINDS {
            let found = Kind::from_format(&kind.format()).unwrap();
            assert_eq!(found.what, kind.what);
            assert!(found.parse(&kind.example()).unwrap() > 0.0);
        }
        assert!(Kind::from_format("uint32").is_none());
    }

    #[test]
    fn a_quantity_survives_serde() {
        #[derive(Debug, PartialEq, Deserialize, Serialize)]
        struct Part {
            idle: Q<Watts>,
        }
        let part: Part = toml::from_str("idle = '60 W'").unwrap();
        assert_eq!(part, Part { idle: Q(Watts(60.0)) });
        assert_eq!(toml::to_string(&part).unwrap(), "idle = \"60 W\"\n");
        let error = toml::from_str::<Part>("idle = '60'").unwrap_err().to_string();
        assert!(error.contains("has no unit"), "{error}");
    }

    #[test]
    fn the_schema_names_the_kind_and_the_units() {
        let schema = schemars::schema_for!(Q<Bytes>);
        assert_eq!(schema.get("format").unwrap(), "quantity:amount-of-data");
        let description = schema.get("description").unwrap().as_str().unwrap();
        assert_eq!(
            description,
            "Text with an amount of data: a number and one of B, KiB, MiB, GiB, TiB, kB, MB, GB, TB."
        );
    }
}
