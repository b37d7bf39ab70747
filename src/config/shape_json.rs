//! From the JSON Schema of schemars to shapes.
//!
//! Understood is what its derive makes of serde structs: tables with known keys, maps, arrays, unit enums,
//! internally tagged enums, untagged enums, options, ranges, lengths, and our quantities. Besides, a field may
//! carry `#[schemars(extend("x-above" = "0 s"))]`, and likewise `x-min`, `x-max`, `x-below`, for quantities.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde_json::{Map, Value as Json};

use super::quantity::Kind;
use super::shape::{Bound, Item, Key, Model, Range, Rest, Shape, TableShape, Variant, Word};

/// Keywords that this file reads.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$defs",
    "$ref",
    "title",
    "description",
    "default",
    "examples",
    "type",
    "format",
    "enum",
    "const",
    "oneOf",
    "anyOf",
    "allOf",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "x-min",
    "x-max",
    "x-above",
    "x-below",
];

impl Model {
    /// The shape of `T` as config files write it.
    pub fn of<T: JsonSchema>() -> Self {
        Self::from_schema(schemars::schema_for!(T).as_value())
    }

    /// The shape that a JSON Schema made by schemars describes.
    pub fn from_schema(schema: &Json) -> Self {
        let defs = schema.get("$defs").and_then(Json::as_object).cloned().unwrap_or_default();
        let mut reader = Reader::new(&defs);
        let root = reader.item(schema);
        let types = defs.iter().map(|(name, json)| (name.clone(), reader.item(json))).collect();
        Self { root, types, not_understood: reader.not_understood }
    }
}

/// Reads one schema.
struct Reader<'s> {
    defs: &'s Map<String, Json>,
    /// Places and keywords that no shape was found for.
    not_understood: Vec<String>,
}

impl<'s> Reader<'s> {
    fn new(defs: &'s Map<String, Json>) -> Self {
        Self { defs, not_understood: Vec::new() }
    }

    /// What one schema object describes.
    fn item(&mut self, json: &Json) -> Item {
        let empty = Map::new();
        let map = json.as_object().unwrap_or(&empty);
        let unknown = map.keys().filter(|keyword| !KEYWORDS.contains(&keyword.as_str())).cloned();
        self.not_understood.extend(unknown);
        Item {
            doc: text(map, "description").trim().to_owned(),
            default: map.get("default").filter(|value| !value.is_null()).cloned(),
            example: map.get("examples").and_then(Json::as_array).and_then(|all| all.first()).cloned(),
            shape: self.shape(map),
        }
    }

    fn shape(&mut self, map: &Map<String, Json>) -> Shape {
        if let Some(name) = text(map, "$ref").strip_prefix("#/$defs/") {
            let name = name.to_owned();
            return if map.contains_key("properties") { self.with_tag(map, &name) } else { Shape::Named(name) };
        }
        for keyword in ["oneOf", "anyOf", "allOf"] {
            if let Some(list) = map.get(keyword).and_then(Json::as_array) {
                if map.contains_key("properties") || (keyword == "allOf" && list.len() > 1) {
                    self.not_understood.push(format!("{keyword} beside other constraints"));
                }
                return self.alternatives(list);
            }
        }
        if let Some(words) = map.get("enum").and_then(Json::as_array) {
            let words = words.iter().filter_map(Json::as_str);
            return Shape::Words(words.map(|name| Word { name: name.to_owned(), doc: String::new() }).collect());
        }
        if let Some(name) = map.get("const").and_then(Json::as_str) {
            return Shape::Words(vec![Word { name: name.to_owned(), doc: text(map, "description").to_owned() }]);
        }
        match map.get("type") {
            Some(Json::String(name)) => self.typed(name, map),
            Some(Json::Array(names)) => {
                let names: Vec<&str> = names.iter().filter_map(Json::as_str).filter(|name| *name != "null").collect();
                if let [name] = names[..] {
                    self.typed(name, map)
                } else {
                    self.not_understood.push(format!("several types: {names:?}"));
                    Shape::Any
                }
            }
            _ => Shape::Any,
        }
    }

    fn typed(&mut self, name: &str, map: &Map<String, Json>) -> Shape {
        match name {
            "object" => Shape::Table(self.table(map)),
            "array" => Shape::Array {
                item: Box::new(self.item(map.get("items").unwrap_or(&Json::Bool(true)))),
                min: map.get("minItems").and_then(Json::as_u64).unwrap_or(0),
                max: map.get("maxItems").and_then(Json::as_u64),
            },
            "string" => match Kind::from_format(text(map, "format")) {
                Some(kind) => Shape::Quantity { kind, range: self.quantity_range(kind, map) },
                None => Shape::Text { min_length: map.get("minLength").and_then(Json::as_u64).unwrap_or(0) },
            },
            "integer" => Shape::Integer(number_range(map)),
            "number" => Shape::Number(number_range(map)),
            "boolean" => Shape::Boolean,
            other => {
                self.not_understood.push(format!("type {other}"));
                Shape::Any
            }
        }
    }

    fn table(&mut self, map: &Map<String, Json>) -> TableShape {
        let empty = Map::new();
        let properties = map.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        let required = |key: &str| {
            let list = map.get("required").and_then(Json::as_array);
            list.is_some_and(|list| list.iter().any(|name| name == key))
        };
        let mut keys = IndexMap::new();
        for (key, json) in properties {
            keys.insert(key.clone(), Key { required: required(key), item: self.item(json) });
        }
        let rest = match map.get("additionalProperties") {
            Some(Json::Bool(false)) => Rest::Unknown,
            None | Some(Json::Bool(true)) => Rest::Ignored,
            Some(json) => Rest::Each(Box::new(self.item(json))),
        };
        TableShape { keys, rest }
    }

    /// A named table and, beside the reference, its tag.
    fn with_tag(&mut self, map: &Map<String, Json>, name: &str) -> Shape {
        let mut table = self.table(map);
        let defs = self.defs;
        if let Some(named) = defs.get(name).and_then(Json::as_object) {
            let named = self.table(named);
            table.keys.extend(named.keys);
            table.rest = named.rest;
        }
        Shape::Table(table)
    }

    fn alternatives(&mut self, list: &[Json]) -> Shape {
        let is_null = |json: &Json| json.get("type").is_some_and(|name| name == "null");
        let mut items: Vec<Item> = list.iter().filter(|json| !is_null(json)).map(|json| self.item(json)).collect();
        if items.iter().all(|item| matches!(item.shape, Shape::Words(_))) {
            return Shape::Words(items.into_iter().flat_map(words).collect());
        }
        if let Some(tag) = common_tag(&items) {
            let variants = items.into_iter().filter_map(|item| variant(item, &tag)).collect();
            return Shape::Tagged { tag, variants };
        }
        if items.len() == 1 { items.remove(0).shape } else { Shape::Either(items) }
    }

    fn quantity_range(&mut self, kind: &Kind, map: &Map<String, Json>) -> Range {
        let mut bound = |keyword: &str, inclusive| {
            let text = map.get(keyword)?.as_str()?;
            match kind.parse(text) {
                Ok(value) => Some(Bound { value, text: text.to_owned(), inclusive }),
                Err(wrong) => {
                    self.not_understood.push(format!("{keyword}: {}", wrong.message));
                    None
                }
            }
        };
        Range {
            low: bound("x-min", true).or_else(|| bound("x-above", false)),
            high: bound("x-max", true).or_else(|| bound("x-below", false)),
        }
    }
}

fn words(item: Item) -> Vec<Word> {
    match item.shape {
        Shape::Words(words) => words,
        _ => Vec::new(),
    }
}

/// The key that each alternative has with a single word of its own.
fn common_tag(items: &[Item]) -> Option<String> {
    let Shape::Table(first) = &items.first()?.shape else { return None };
    first.keys.keys().find(|key| items.iter().all(|item| tag_of(item, key).is_some())).cloned()
}

fn tag_of<'i>(item: &'i Item, key: &str) -> Option<&'i str> {
    let Shape::Table(table) = &item.shape else { return None };
    match &table.keys.get(key)?.item.shape {
        Shape::Words(words) if words.len() == 1 => Some(&words[0].name),
        _ => None,
    }
}

fn variant(item: Item, tag: &str) -> Option<Variant> {
    let name = tag_of(&item, tag)?.to_owned();
    match item.shape {
        Shape::Table(table) => Some(Variant { name, doc: item.doc, table }),
        _ => None,
    }
}

/// From the schema's minimum and maximum, and from the width of the integer.
fn number_range(map: &Map<String, Json>) -> Range {
    let bound = |keyword: &str, inclusive| {
        let value = map.get(keyword)?.as_f64()?;
        Some(Bound { value, text: value.to_string(), inclusive })
    };
    let widest = match text(map, "format") {
        "uint8" => Some(f64::from(u8::MAX)),
        "uint16" => Some(f64::from(u16::MAX)),
        "uint32" => Some(f64::from(u32::MAX)),
        "int8" => Some(f64::from(i8::MAX)),
        "int16" => Some(f64::from(i16::MAX)),
        "int32" => Some(f64::from(i32::MAX)),
        _ => None,
    };
    Range {
        low: bound("minimum", true).or_else(|| bound("exclusiveMinimum", false)),
        high: bound("maximum", true)
            .or_else(|| bound("exclusiveMaximum", false))
            .or_else(|| widest.map(|value| Bound { value, text: value.to_string(), inclusive: true })),
    }
}

fn text<'m>(map: &'m Map<String, Json>, key: &str) -> &'m str {
    map.get(key).and_then(Json::as_str).unwrap_or_default()
}
