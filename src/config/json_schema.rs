//! From shapes to the JSON Schema that editors use: it accepts what `check` accepts of a single file.
//!
//! A table with `extends` may leave out any key, and so may the tables in it, as the extended file can have them. So there
//! are two forms of each: complete, where nothing around it extends, and open (`.open`). Elements of a list are
//! complete in both, as a list takes the whole place of an extended one.

use serde_json::{Map, Value as Json, json};

use super::describe;
use super::quantity::Kind;
use super::shape::{Item, Model, Range, Rest, Shape, TableShape, Variant, Word};

/// Whether keys may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Complete,
    Open,
}

impl Form {
    /// The name of a type in this form.
    fn name(self, name: &str) -> String {
        match self {
            Self::Complete => name.to_owned(),
            Self::Open => format!("{name}.open"),
        }
    }
}

/// The schema of a whole file; of one that is made to be extended (`is_part`), keys may be missing. It has the definitions of
/// what it uses.
pub(super) fn schema(model: &Model, title: &str, is_part: bool) -> Json {
    let form = if is_part { Form::Open } else { Form::Complete };
    let mut maker = Maker { wanted: Vec::new() };
    let mut root = maker.item(&model.root, form);
    let mut defs = Map::new();
    // The list grows while it is gone through.
    let mut next = 0;
    while let Some((name, form)) = maker.wanted.get(next).cloned() {
        let made = maker.item(&model.types[&name], form);
        defs.insert(form.name(&name), made);
        next += 1;
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        root.insert("title".to_owned(), title.into());
        root.insert("$defs".to_owned(), Json::Object(defs));
    }
    root
}

struct Maker {
    /// The definitions that are referred to, in order of first use.
    wanted: Vec<(String, Form)>,
}

impl Maker {
    fn item(&mut self, item: &Item, form: Form) -> Json {
        let mut schema = match self.shape(&item.shape, form) {
            Json::Object(schema) => schema,
            _ => Map::new(),
        };
        if !item.doc.is_empty() {
            schema.insert("description".to_owned(), item.doc.clone().into());
        }
        if let Some(default) = &item.default {
            schema.insert("default".to_owned(), default.clone());
        }
        if let Some(example) = &item.example {
            schema.insert("examples".to_owned(), json!([example]));
        }
        Json::Object(schema)
    }

    fn shape(&mut self, shape: &Shape, form: Form) -> Json {
        match shape {
            Shape::Named(name) => {
                let wanted = (name.clone(), form);
                let reference = format!("#/$defs/{}", form.name(name));
                if !self.wanted.contains(&wanted) {
                    self.wanted.push(wanted);
                }
                json!({ "$ref": reference })
            }
            Shape::Table(table) => self.forms(&[(table, None)], form),
            Shape::Tagged { tag, variants } => {
                let tables: Vec<_> = variants.iter().map(|variant| (&variant.table, Some((&**tag, variant)))).collect();
                self.forms(&tables, form)
            }
            Shape::Array { item, min, max } => {
                let mut schema = json!({ "type": "array", "items": self.item(item, Form::Complete), "minItems": min });
                if let (Some(max), Some(schema)) = (max, schema.as_object_mut()) {
                    schema.insert("maxItems".to_owned(), (*max).into());
                }
                schema
            }
            Shape::Either(items) => any_of(items.iter().map(|item| self.item(item, form)).collect()),
            Shape::Words(words) => any_of(words.iter().map(word).collect()),
            Shape::Text { min_length } => json!({ "type": "string", "minLength": min_length }),
            Shape::Quantity { kind, .. } => quantity(kind),
            Shape::Integer(range) => number("integer", range),
            Shape::Number(range) => number("number", range),
            Shape::Boolean => json!({ "type": "boolean" }),
            Shape::Any => json!({}),
        }
    }

    /// A table of one or several forms: complete, or open with an `extends`.
    fn forms(&mut self, tables: &[(&TableShape, Option<(&str, &Variant)>)], form: Form) -> Json {
        let mut schemas: Vec<Json> = Vec::new();
        if form == Form::Complete {
            schemas.extend(tables.iter().map(|(table, tag)| self.table(table, *tag, Form::Complete)));
        }
        for (table, tag) in tables {
            let mut open = self.table(table, *tag, Form::Open);
            if let Some(open) = open.as_object_mut().filter(|_| form == Form::Complete) {
                open.insert("required".to_owned(), json!(["extends"]));
            }
            schemas.push(open);
        }
        any_of(schemas)
    }

    fn table(&mut self, table: &TableShape, tag: Option<(&str, &Variant)>, form: Form) -> Json {
        let mut properties = Map::new();
        for (name, key) in &table.keys {
            properties.insert(name.clone(), self.item(&key.item, form));
        }
        let mut required: Vec<&str> = Vec::new();
        if form == Form::Open {
            let doc = "A config file whose keys this table takes over.";
            properties.insert("extends".to_owned(), json!({ "type": "string", "description": doc }));
        } else {
            required.extend(table.keys.iter().filter(|(_, key)| key.required).map(|(name, _)| &**name));
            required
                .extend(tag.map(|(tag, _)| tag).filter(|tag| !table.keys.get(*tag).is_some_and(|key| key.required)));
        }
        let rest = match &table.rest {
            Rest::Unknown => Json::Bool(false),
            Rest::Ignored => Json::Bool(true),
            Rest::Each(item) => self.item(item, form),
        };
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        if let Some((_, variant)) = tag {
            schema.insert("description".to_owned(), variant.doc.clone().into());
        }
        schema.insert("properties".to_owned(), Json::Object(properties));
        schema.insert("additionalProperties".to_owned(), rest);
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        Json::Object(schema)
    }
}

fn any_of(mut schemas: Vec<Json>) -> Json {
    if schemas.len() == 1 { schemas.remove(0) } else { json!({ "anyOf": schemas }) }
}

fn word(word: &Word) -> Json {
    if word.doc.is_empty() {
        return json!({ "const": word.name });
    }
    json!({ "const": word.name, "description": describe::one_line(&word.doc) })
}

/// Text of a number and a unit; what else is wrong with it is told by the parser alone.
fn quantity(kind: &Kind) -> Json {
    let units: Vec<&str> = kind.units.iter().map(|unit| unit.symbol).collect();
    json!({
        "type": "string",
        "format": kind.format(),
        "pattern": format!("^\\s*[-+0-9._][0-9._]*([eE][-+0-9._]+)?\\s*({})\\s*$", units.join("|")),
        "examples": [kind.example()],
    })
}

fn number(kind: &str, range: &Range) -> Json {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), kind.into());
    let ends = [(&range.low, "minimum", "exclusiveMinimum"), (&range.high, "maximum", "exclusiveMaximum")];
    for (bound, inclusive, exclusive) in ends {
        if let Some(bound) = bound {
            let keyword = if bound.inclusive { inclusive } else { exclusive };
            schema.insert(keyword.to_owned(), json!(bound.value));
        }
    }
    Json::Object(schema)
}
