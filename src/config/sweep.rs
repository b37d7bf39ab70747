//! Parameter sweeps: axes of values, and the config of each point.
//!
//! A sweep acts on the value tree, before it is checked and read into structs; so every key can be swept, and no
//! struct knows that it is. A point is the config with the sweep and its figures taken out and one value of each axis put
//! in: the same config as if that file had been written by hand, with the same hash.

use std::collections::BTreeMap;

use super::Loaded;
use super::explain::explain;
use super::path::{Path, Step};
use super::raw::{self, Experiment, Scale};
use super::spread::{self, between, numbers_at};
use super::tree::{Node, Value, plural};
use crate::problem::{Problem, Problems};

/// A config and the axes along which it varies. There is one axis at least, and a value at least on each.
#[derive(Clone, Debug)]
pub struct Sweep {
    base: Loaded<Experiment>,
    /// The axes; the first is the slowest.
    pub axes: Vec<Axis>,
    points: usize,
}

/// One axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it is, for plots.
    pub label: String,
    /// How plots draw it.
    pub scale: Scale,
    /// The keys that move together along it; the first one gives the axis its numbers. All have as many values.
    pub keys: Vec<Swept>,
}

/// A key with its values.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The key, as typed.
    pub key: String,
    /// The unit of `cells`; empty where they have none.
    pub unit: String,
    /// Whether the cells are numbers.
    pub numeric: bool,
    /// Each value for a table: a number in `unit`, or text.
    pub cells: Vec<String>,
    values: Vec<Node>,
}

impl Sweep {
    /// The sweep that a config describes.
    ///
    /// # Errors
    /// No axis, axes without values, keys that there are not or that cannot be swept, ranges without a middle, more
    /// points than `limits.points`: all at once.
    pub fn of(loaded: &Loaded<Experiment>) -> Result<Self, Problems> {
        let base = loaded.without("sweep")?.without("figure")?;
        if loaded.raw.sweep.is_empty() {
            let remedy = "add an axis as [[sweep]] with `key` and `values`, or as --vary KEY=V1,V2,...; `sdcsim run` runs it as it is";
            return Err(
                Problem::with_file(&loaded.file, "nothing to sweep: the experiment has one point", remedy).into()
            );
        }
        let mut reader = Reader { loaded, base: &base, problems: Problems::default(), seen: BTreeMap::new() };
        let axes: Vec<Axis> = loaded.raw.sweep.iter().enumerate().map(|(i, raw)| reader.axis(i, raw)).collect();
        let mut problems = reader.problems;
        let counts: Vec<usize> = axes.iter().map(Axis::len).collect();
        let points = counts.iter().try_fold(1_usize, |product, count| product.checked_mul(*count));
        let limit = loaded.raw.limits.points as usize;
        if points.is_none_or(|points| points > limit) {
            let factors = counts.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
            let product = points.map_or(String::new(), |points| format!(" = {points}"));
            let message = format!("{factors}{product} points, and limits.points = {limit}");
            problems.push(loaded.problem("sweep", message, "leave out values or an axis, or raise `limits.points`"));
        }
        problems.or_ok(Self { base, axes, points: points.unwrap_or(0) })
    }

    /// How many points there are: the product of the axes.
    pub fn points(&self) -> usize {
        self.points
    }

    /// The config that the points differ from, without the sweep.
    pub fn base(&self) -> &Loaded<Experiment> {
        &self.base
    }

    /// The keys along all axes, as typed.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().flat_map(|axis| &axis.keys).map(|swept| &*swept.key)
    }

    /// Which value of each axis the point has; the last axis moves fastest.
    pub fn indices(&self, point: usize) -> Vec<usize> {
        let mut rest = point;
        let mut indices: Vec<usize> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let index = rest % axis.len();
                rest /= axis.len();
                index
            })
            .collect();
        indices.reverse();
        indices
    }

    /// The config of one point, checked; it notes the point's values as where it came from.
    ///
    /// # Errors
    /// Values that their keys do not accept, at the place where the value was written.
    pub fn point(&self, point: usize) -> Result<Loaded<Experiment>, Problems> {
        let indices = self.indices(point);
        let keys = || self.axes.iter().zip(&indices).flat_map(|(axis, i)| axis.keys.iter().map(move |key| (key, *i)));
        let changes: Vec<(String, Node)> =
            keys().map(|(swept, i)| (swept.key.clone(), swept.values[i].clone())).collect();
        let loaded = self.base.with(&changes)?;
        Ok(keys().fold(loaded, |loaded, (swept, i)| loaded.noted(swept.setting(i))))
    }

    /// The point's values in words, as in `layout[0].nodes.count=4, seed=2`.
    pub fn settings(&self, point: usize) -> String {
        let indices = self.indices(point);
        let all = self.axes.iter().zip(indices).flat_map(|(axis, i)| axis.keys.iter().map(move |key| key.setting(i)));
        all.collect::<Vec<_>>().join(", ")
    }
}

impl Axis {
    /// How many values it has.
    pub fn len(&self) -> usize {
        self.keys[0].values.len()
    }
    /// Never: the check refuses such an axis.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Swept {
    fn setting(&self, index: usize) -> String {
        let (value, unit) = (&self.cells[index], &self.unit);
        let space = if unit.is_empty() { "" } else { " " };
        format!("{}={value}{space}{unit}", self.key)
    }
}

/// Keys at the top that all points share, or have none of.
const UNSWEPT: [&str; 4] = ["name", "sweep", "figure", "outputs"];

/// Reads axes, and collects what is wrong with them.
struct Reader<'a> {
    loaded: &'a Loaded<Experiment>,
    base: &'a Loaded<Experiment>,
    problems: Problems,
    /// Keys that an axis has, by their paths, as written.
    seen: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn problem(&mut self, at: &str, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(self.loaded.problem(at, message, remedy));
    }

    fn axis(&mut self, index: usize, raw: &raw::Sweep) -> Axis {
        let at = format!("sweep[{index}]");
        let values = self.values(&at, raw);
        let mut keys = vec![self.swept(&at, &raw.key, values.clone())];
        for (i, together) in raw.with.iter().enumerate() {
            let at = format!("{at}.with[{i}]");
            let own = self.listed(&at);
            if !own.is_empty() && own.len() != values.len() {
                let message = format!("{} value{}, but the axis has {}", own.len(), plural(own.len()), values.len());
                self.problem(&format!("{at}.values"), message, "write one value for each value of the axis");
            }
            let own = if own.len() == values.len() { own } else { values.clone() };
            keys.push(self.swept(&at, &together.key, own));
        }
        Axis { label: raw.label.clone().unwrap_or_else(|| raw.key.clone()), scale: raw.scale, keys }
    }

    /// The values in the array `values` of the table `at`, with their places.
    fn listed(&self, at: &str) -> Vec<Node> {
        match self.loaded.tree.get(&format!("{at}.values")).map(|node| &node.value) {
            Some(Value::Array(values)) => values.clone(),
            _ => Vec::new(),
        }
    }

    /// The values of an axis, listed or spread.
    fn values(&mut self, at: &str, raw: &raw::Sweep) -> Vec<Node> {
        let node = |key: &str| self.loaded.tree.get(&format!("{at}.{key}"));
        let (listed, ranged) = (node("values").is_some(), [node("from"), node("to"), node("points")]);
        let either = "write either `values`, or `from`, `to` and `points`";
        match ranged {
            [None, None, None] if !listed => self.problem(at, "an axis without values", either),
            [None, None, None] => {
                let values = self.listed(at);
                if values.is_empty() {
                    self.problem(&format!("{at}.values"), "an axis without values", "write one value at least");
                }
                return values;
            }
            _ if listed => self.problem(&format!("{at}.values"), "both a list of values and a range", either),
            [Some(from), Some(to), Some(_)] => {
                let path = Path::parse(&raw.key).unwrap_or_default();
                let numbers = numbers_at(self.loaded.model(), &path);
                match between(numbers, (from, to), raw.points.unwrap_or(2), raw.scale) {
                    Ok(values) => return self.all_different(at, values),
                    Err((message, remedy)) => self.problem(&format!("{at}.from"), message, remedy),
                }
            }
            _ => self.problem(at, "a range needs both ends and how many values it has", either),
        }
        Vec::new()
    }

    /// Whole numbers, and ends that are alike, can fall together.
    fn all_different(&mut self, at: &str, values: Vec<Node>) -> Vec<Node> {
        if values.windows(2).any(|pair| pair[0].value == pair[1].value) {
            let shown = values.iter().map(|node| node.value.display()).collect::<Vec<_>>();
            let message = format!("values fall together: {}", shown.join(", "));
            self.problem(&format!("{at}.points"), message, "write fewer points, or ends further apart");
        }
        values
    }

    /// A key and its values, where the key is one that can be swept.
    fn swept(&mut self, at: &str, key: &str, values: Vec<Node>) -> Swept {
        let at = format!("{at}.key");
        if let Err((message, remedy)) = self.legal(key) {
            self.problem(&at, message, remedy);
        } else {
            let path = Path::parse(key).unwrap_or_default();
            let place = self.base.tree.by_index(&path).to_string();
            if let Some(other) = self.seen.insert(place, key.to_owned()) {
                self.problem(&at, format!("`{other}` is swept already"), "leave one of them out");
            } else if let Some(value) = values.first() {
                // Whether the path leads anywhere: told where the key is written, not the value.
                let mut tree = self.base.tree.clone();
                let at_key = Node { origin: self.loaded.tree.locate(&at), ..value.clone() };
                if let Err(wrong) = tree.set(key, at_key) {
                    self.problems.extend(wrong);
                }
            }
        }
        let column = spread::column(numbers_at(self.loaded.model(), &Path::parse(key).unwrap_or_default()), &values);
        let (unit, cells) = match &column {
            Some((unit, numbers)) => (*unit, numbers.iter().map(f64::to_string).collect()),
            None => ("", values.iter().map(shown).collect()),
        };
        Swept { key: key.to_owned(), unit: unit.to_owned(), numeric: column.is_some(), cells, values }
    }

    /// What is wrong with a key, whatever its values.
    fn legal(&self, key: &str) -> Result<(), (String, String)> {
        let path = Path::parse(key).map_err(|wrong| (wrong.message, wrong.remedy))?;
        let first = path.steps().first();
        if let Some(Step::Key(first)) = first.filter(|step| UNSWEPT.iter().any(|key| **step == key_step(key))) {
            let remedy = "sweep any other key; `name` is the folder that all points share, and results do not depend on `outputs`";
            return Err((format!("`{first}` cannot be swept"), remedy.to_owned()));
        }
        explain(self.loaded.model(), key).map(|_| ()).map_err(|problems| {
            let first = problems.0.into_iter().next().unwrap_or_default();
            (format!("`{key}`: {}", first.message), first.remedy)
        })
    }
}

fn key_step(key: &str) -> Step {
    Step::Key(key.to_owned())
}

/// A value that is no number: text as it is, a table by its name.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::String(text) => text.clone(),
        Value::Table(_) | Value::Array(_) => {
            let name = node.text("part").or_else(|| node.text("name"));
            name.map_or_else(|| super::write::to_toml(node).to_string(), str::to_owned)
        }
        scalar => scalar.display(),
    }
}
