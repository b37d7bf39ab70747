//! Numbers along an axis of a sweep: values between two ends, and what stands in a column of numbers.

use super::path::{Path, Step};
use super::quantity::Kind;
use super::raw::Scale;
use super::shape::{Item, Model, Shape};
use super::tree::{Node, Value};
use crate::units::UnitDef;

/// Significant digits of a value between two ends: as many as a reader of the config can take in.
const DIGITS: usize = 6;

/// What a key takes, as far as numbers go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers {
    /// Whole numbers.
    Whole,
    /// Any numbers.
    Real,
    /// Quantities of a kind.
    Quantity(&'static Kind),
    /// Something else.
    None,
}

/// Why values cannot be spread between two ends: what is wrong, and what to write instead.
pub(super) type Unspread = (String, String);

/// What the key at `path` takes, as far as the model knows.
pub(super) fn numbers_at(model: &Model, path: &Path) -> Numbers {
    let mut item = &model.root;
    for step in path.steps() {
        let Step::Key(name) = step else { continue };
        let below = model.child(item, name).map(|key| &key.item).or_else(|| model.own_key(item));
        match below {
            Some(below) => item = below,
            None => return Numbers::None,
        }
    }
    numbers_of(model, model.element(item))
}

fn numbers_of(model: &Model, item: &Item) -> Numbers {
    match model.shape(item) {
        Shape::Integer(_) => Numbers::Whole,
        Shape::Number(_) => Numbers::Real,
        Shape::Quantity { kind, .. } => Numbers::Quantity(kind),
        Shape::Either(items) => {
            let found = items.iter().map(|item| numbers_of(model, item));
            found.into_iter().find(|numbers| !matches!(numbers, Numbers::None)).unwrap_or(Numbers::None)
        }
        _ => Numbers::None,
    }
}

/// `points` values from `from` to `to`, both of which stay as they are typed.
pub(super) fn between(
    numbers: Numbers,
    (from, to): (&Node, &Node),
    points: u32,
    scale: Scale,
) -> Result<Vec<Node>, Unspread> {
    let (low, high) = (base(numbers, from)?, base(numbers, to)?);
    if scale == Scale::Log && (low <= 0.0 || high <= 0.0) {
        let (from, to) = (from.value.display(), to.value.display());
        let remedy = "start above zero, or write scale = \"linear\"".to_owned();
        return Err((format!("from {from} to {to} there are no equal ratios"), remedy));
    }
    let steps = f64::from(points - 1);
    let value = |i: u32| match (i, scale) {
        (0, _) => low,
        (i, _) if i + 1 == points => high,
        (i, Scale::Linear) => low + (high - low) * f64::from(i) / steps,
        (i, Scale::Log) => low * libm::pow(high / low, f64::from(i) / steps),
    };
    let middle = |i: u32| Node::new(from.origin, written(numbers, from, value(i)));
    let inner = (1..points - 1).map(middle);
    Ok(std::iter::once(from.clone()).chain(inner).chain([to.clone()]).collect())
}

/// The value of a number, or of a quantity in base units.
pub(super) fn base(numbers: Numbers, node: &Node) -> Result<f64, Unspread> {
    let value = &node.value;
    match (numbers, value) {
        (Numbers::Quantity(kind), Value::String(text)) => {
            kind.parse(text).map_err(|wrong| (wrong.message, wrong.remedy))
        }
        (Numbers::Whole | Numbers::Real, Value::Integer(number)) => Ok(*number as f64),
        (Numbers::Whole | Numbers::Real, Value::Float(number)) if number.is_finite() => Ok(*number),
        (Numbers::None, _) => Err((
            "the key takes no numbers, so there is nothing between two ends".to_owned(),
            "list the `values`".to_owned(),
        )),
        (Numbers::Quantity(kind), _) => {
            let remedy =
                format!("write {} {} in quotes with its unit, as in {:?}", kind.article(), kind.what, kind.example());
            Err((format!("`{}` is {}", value.display(), value.kind()), remedy))
        }
        _ => Err((format!("`{}` is {}", value.display(), value.kind()), "write a number".to_owned())),
    }
}

/// A number as one would type it at the key; quantities in the unit of `like`.
fn written(numbers: Numbers, like: &Node, base: f64) -> Value {
    match (numbers, &like.value) {
        (Numbers::Whole, _) => Value::Integer(libm::round(base) as i64),
        (Numbers::Quantity(kind), Value::String(text)) => {
            let unit = unit_of(kind, text);
            Value::String(format!("{} {}", rounded(base / unit.factor, DIGITS), unit.symbol))
        }
        _ => Value::Float(rounded(base, DIGITS)),
    }
}

/// All values as numbers in one unit, with that unit (empty for plain numbers); `None` where one is no number.
pub(super) fn column(numbers: Numbers, values: &[Node]) -> Option<(&'static str, Vec<f64>)> {
    let plain = |node: &Node| match node.value {
        Value::Integer(number) => Some(number as f64),
        Value::Float(number) if number.is_finite() => Some(number),
        _ => None,
    };
    let text = |node: &Node| match &node.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    };
    let Numbers::Quantity(kind) = numbers else {
        return values.iter().map(plain).collect::<Option<Vec<f64>>>().map(|all| ("", all));
    };
    let texts: Vec<String> = values.iter().map(text).collect::<Option<_>>()?;
    let typed: Vec<(f64, &UnitDef)> = texts.iter().map(|text| typed(kind, text)).collect::<Option<_>>()?;
    let unit = typed.first()?.1;
    // Twelve digits: what a change of unit adds at the sixteenth is not the user's.
    let same = |(number, own): (f64, &UnitDef)| {
        if own.symbol == unit.symbol { number } else { rounded(number * own.factor / unit.factor, 12) }
    };
    Some((unit.symbol, typed.into_iter().map(same).collect()))
}

/// The number of a legal quantity as it is typed, and its unit; the value itself may be rounded to whole bytes.
fn typed(kind: &Kind, text: &str) -> Option<(f64, &'static UnitDef)> {
    kind.parse(text).ok()?;
    let unit = unit_of(kind, text);
    let number = text.trim_end().strip_suffix(unit.symbol)?.replace('_', "");
    Some((number.trim().parse().ok()?, unit))
}

/// The unit at the end of a legal quantity: the longest that fits, since `B` ends `GiB` too.
fn unit_of(kind: &Kind, text: &str) -> &'static UnitDef {
    let ends = |unit: &&UnitDef| text.trim_end().ends_with(unit.symbol);
    let units = kind.units.iter().filter(ends);
    units.max_by_key(|unit| unit.symbol.len()).unwrap_or(&kind.units[0])
}

/// The decimal number of so many significant digits that is nearest.
fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::Origin;
    use crate::units::{BitsPerSec, Bytes, Quantity as _, Span};

    fn node(value: Value) -> Node {
        Node::new(Origin::default(), value)
    }

    fn check(numbers: Numbers, from: Value, to: Value, points: u32, scale: Scale, expected: &[&str]) {
        let made = between(numbers, (&node(from), &node(to)), points, scale);
        let shown = match &made {
            Ok(values) => values.iter().map(|value| value.value.display()).collect(),
            Err((message, _)) => vec![message.clone()],
        };
        assert_eq!(shown, expected);
    }

    fn kind(what: &str) -> Numbers {
        Numbers::Quantity(Kind::from_format(&format!("quantity:{}", what.replace(' ', "-"))).unwrap())
    }

    #[test]
    fn ranges_are_spread_evenly() {
        let text = |text: &str| Value::String(text.to_owned());
        let (log, linear) = (Scale::Log, Scale::Linear);
        check(Numbers::Real, Value::Float(0.1), Value::Integer(1), 4, linear, &["0.1", "0.4", "0.7", "1"]);
        check(Numbers::Real, Value::Float(0.0), Value::Float(1.0), 4, linear, &["0.0", "0.333333", "0.666667", "1.0"]);
        check(Numbers::Whole, Value::Integer(1), Value::Integer(8), 4, log, &["1", "2", "4", "8"]);
        check(Numbers::Whole, Value::Integer(8), Value::Integer(1), 3, linear, &["8", "5", "1"]);
        let rates = ["\"10 Gbit/s\"", "\"100 Gbit/s\"", "\"1 Tbit/s\""];
        check(kind(BitsPerSec::WHAT), text("10 Gbit/s"), text("1 Tbit/s"), 3, log, &rates);
        check(kind(Bytes::WHAT), text("1GiB"), text("2 GiB"), 3, linear, &["\"1GiB\"", "\"1.5 GiB\"", "\"2 GiB\""]);
        let zero = ["from \"0 s\" to \"1 s\" there are no equal ratios"];
        check(kind(Span::WHAT), text("0 s"), text("1 s"), 3, log, &zero);
        check(kind(Span::WHAT), text("1 GiB"), text("1 s"), 3, linear, &["`GiB` is not a unit of time"]);
        let words = ["the key takes no numbers, so there is nothing between two ends"];
        check(Numbers::None, text("a"), text("b"), 3, linear, &words);
        check(Numbers::Real, text("1"), text("2"), 3, linear, &["`\"1\"` is text"]);
    }

    #[test]
    fn a_column_has_one_unit() {
        let text = |text: &str| node(Value::String(text.to_owned()));
        let spans = [text("500 us"), text("1 ms"), text("2s")];
        assert_eq!(column(kind(Span::WHAT), &spans), Some(("us", vec![500.0, 1000.0, 2e6])));
        assert_eq!(column(kind(Bytes::WHAT), &[text("3.2 GiB"), text("512MiB")]), Some(("GiB", vec![3.2, 0.5])));
        assert_eq!(column(kind(Bytes::WHAT), &[text("10 GB"), text("1 B")]), Some(("GB", vec![10.0, 1e-9])));
        assert_eq!(
            column(Numbers::Real, &[node(Value::Integer(2)), node(Value::Float(0.5))]),
            Some(("", vec![2.0, 0.5]))
        );
        assert_eq!(column(Numbers::None, &[text("mru"), text("lru")]), None);
        assert_eq!(column(kind(Span::WHAT), &[text("1 ms"), node(Value::Integer(3))]), None);
    }
}
