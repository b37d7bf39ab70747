//! What a config may look like, read once from the JSON Schema that schemars derives from the raw structs.
//!
//! The checker, `explain`, the reference and the merging of `extends` all walk this [`Model`]. Only [`super::shape_json`]
//! knows how schemars writes things down.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::quantity::Kind;

/// The shape of a whole config file.
#[derive(Clone, Debug)]
pub struct Model {
    /// The file.
    pub root: Item,
    /// Types with a name, by name.
    pub types: BTreeMap<String, Item>,
    /// What in the schema was not understood; a test keeps this empty.
    pub not_understood: Vec<String>,
}

/// What may stand at one place, and what it means.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its doc comment; may be empty.
    pub doc: String,
    /// What holds when it is left out, where the schema says so.
    pub default: Option<Json>,
    /// A legal value, where the schema gives one.
    pub example: Option<Json>,
    /// What may stand there.
    pub shape: Shape,
}

/// A kind of value.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A type with a name.
    Named(String),
    /// A table with known keys, or with keys of the user's own.
    Table(TableShape),
    /// A table with a key that tells which other keys there are.
    Tagged {
        /// The key.
        tag: String,
        /// What it may say.
        variants: Vec<Variant>,
    },
    /// An array of like values.
    Array {
        /// An element.
        item: Box<Item>,
        /// Fewest elements.
        min: u64,
        /// Most elements.
        max: Option<u64>,
    },
    /// One of several kinds of value.
    Either(Vec<Item>),
    /// One of a few words.
    Words(Vec<Word>),
    /// Text.
    Text {
        /// Fewest characters.
        min_length: u64,
    },
    /// Text with a number and a unit.
    Quantity {
        /// Which units.
        kind: &'static Kind,
        /// Legal values in base units.
        range: Range,
    },
    /// A whole number.
    Integer(Range),
    /// A finite number.
    Number(Range),
    /// `true` or `false`.
    Boolean,
    /// Anything.
    Any,
}

/// The keys of a table.
#[derive(Clone, Debug)]
pub struct TableShape {
    /// The known keys, in the order of the struct.
    pub keys: IndexMap<String, Key>,
    /// What other keys may hold.
    pub rest: Rest,
}

/// A known key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Whether it must be there.
    pub required: bool,
    /// What it holds.
    pub item: Item,
}

/// What the keys of a table beyond the known ones are.
#[derive(Clone, Debug)]
pub enum Rest {
    /// A mistake.
    Unknown,
    /// Ignored.
    Ignored,
    /// Names of the user's own, each with such a value.
    Each(Box<Item>),
}

/// One form of a tagged table.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What the tag says.
    pub name: String,
    /// Its doc comment.
    pub doc: String,
    /// All its keys, the tag among them.
    pub table: TableShape,
}

/// One legal word.
#[derive(Clone, Debug)]
pub struct Word {
    /// As typed.
    pub name: String,
    /// Its doc comment; may be empty.
    pub doc: String,
}

/// Legal values of a number or quantity.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// The least.
    pub low: Option<Bound>,
    /// The largest.
    pub high: Option<Bound>,
}

/// One end of a range.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The value, of a quantity in base units.
    pub value: f64,
    /// As printed.
    pub text: String,
    /// Whether the value itself is legal.
    pub inclusive: bool,
}

impl Model {
    /// The shape behind names.
    pub fn shape<'m>(&'m self, item: &'m Item) -> &'m Shape {
        match &item.shape {
            Shape::Named(name) => self.types.get(name).map_or(&Shape::Any, |named| self.shape(named)),
            shape => shape,
        }
    }

    /// The doc comment of the field, or else of its type.
    pub fn doc<'m>(&'m self, item: &'m Item) -> &'m str {
        match &item.shape {
            Shape::Named(name) if item.doc.is_empty() => self.types.get(name).map_or("", |named| self.doc(named)),
            _ => &item.doc,
        }
    }

    /// Every table that `item` may be: one for a plain table, one per form of a tagged one.
    pub fn tables<'m>(&'m self, item: &'m Item) -> Vec<&'m TableShape> {
        match self.shape(item) {
            Shape::Table(table) => vec![table],
            Shape::Tagged { variants, .. } => variants.iter().map(|v| &v.table).collect(),
            Shape::Either(items) => items.iter().flat_map(|i| self.tables(i)).collect(),
            _ => Vec::new(),
        }
    }

    /// What `key` of `item` holds, in the first form that has it. Arrays are looked through.
    pub fn child<'m>(&'m self, item: &'m Item, key: &str) -> Option<&'m Key> {
        let item = self.element(item);
        self.tables(item).into_iter().find_map(|table| table.keys.get(key))
    }

    /// The element of an array, of an array of arrays …, the table of which there may be one or many, or the item itself.
    pub fn element<'m>(&'m self, item: &'m Item) -> &'m Item {
        match self.shape(item) {
            Shape::Array { item, .. } => self.element(item),
            _ => self.one_of_many(item).unwrap_or(item),
        }
    }

    /// The table, where one may stand there, or an array of such tables.
    pub fn one_of_many<'m>(&'m self, item: &'m Item) -> Option<&'m Item> {
        let Shape::Either(items) = self.shape(item) else { return None };
        let [one, many] = &items[..] else { return None };
        let tables = matches!(self.shape(one), Shape::Table(_) | Shape::Tagged { .. });
        (tables && matches!(self.shape(many), Shape::Array { .. })).then_some(one)
    }

    /// What keys of the user's own hold in `item`, if it has such.
    pub fn own_key<'m>(&'m self, item: &'m Item) -> Option<&'m Item> {
        self.tables(self.element(item)).into_iter().find_map(|table| match &table.rest {
            Rest::Each(each) => Some(&**each),
            _ => None,
        })
    }
}

impl Range {
    /// Whether `value` lies in it; never for what is not a number.
    pub fn contains(&self, value: f64) -> bool {
        let above = |b: &Bound| if b.inclusive { value >= b.value } else { value > b.value };
        let below = |b: &Bound| if b.inclusive { value <= b.value } else { value < b.value };
        self.low.as_ref().is_none_or(above) && self.high.as_ref().is_none_or(below) && !value.is_nan()
    }

    /// In words, as in `from 1 to 64`; empty without ends.
    pub fn words(&self) -> String {
        match (&self.low, &self.high) {
            (None, None) => String::new(),
            (Some(low), Some(high)) if low.inclusive && high.inclusive => format!("from {} to {}", low.text, high.text),
            (Some(low), None) if low.inclusive => format!("of at least {}", low.text),
            (Some(low), None) => format!("above {}", low.text),
            (None, Some(high)) if high.inclusive => format!("of at most {}", high.text),
            (None, Some(high)) => format!("below {}", high.text),
            (Some(low), Some(high)) => {
                let from = if low.inclusive { "of at least" } else { "above" };
                let to = if high.inclusive { "of at most" } else { "below" };
                format!("{from} {} and {to} {}", low.text, high.text)
            }
        }
    }
}
