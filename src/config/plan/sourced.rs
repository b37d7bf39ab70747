//! Numbers with what is known of them: prices, powers, and what the site has.

use serde_json::Value as Json;

use crate::config::choice::{Confidence, PriceBasis};
use crate::config::raw::{Price, Source, Sources};
use crate::units::{Quantity, Usd, parse_quantity};

/// A number with what is known of it.
#[derive(Clone, Debug)]
pub struct Sourced<T> {
    /// The number.
    pub value: T,
    /// Between which it may lie, lowest first; none where nobody says.
    pub range: Option<(T, T)>,
    /// How sure it is.
    pub confidence: Confidence,
    /// Whose it is, and what: `Intel Xeon Platinum 8380, busy_power`. Those of one name are high or low together.
    pub name: String,
}

/// Whose numbers are read, and on which basis prices are.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Name of the part.
    pub part: &'a str,
    /// Where its numbers come from.
    pub sources: &'a Sources,
    /// Which prices count.
    pub prices: PriceBasis,
}

impl Known<'_> {
    /// A quantity at the key `field`.
    pub fn quantity<T: Quantity>(&self, field: &str, value: T) -> Sourced<T> {
        self.sourced(field, self.sources.get(field), value, |end| match end {
            Json::String(text) => parse_quantity(text).ok(),
            end => end.as_f64().map(T::from_base),
        })
    }

    /// A quantity that is that of another key where it is left out.
    pub fn quantity_or<T: Quantity>(&self, field: &str, value: Option<T>, otherwise: &Sourced<T>) -> Sourced<T> {
        value.map_or_else(|| otherwise.clone(), |value| self.quantity(field, value))
    }

    /// A number at the key `field`.
    pub fn number(&self, field: &str, value: f64) -> Sourced<f64> {
        self.sourced(field, self.sources.get(field), value, Json::as_f64)
    }

    /// A price at the key `field`. One without the basis is zero: the check has told of it.
    pub fn price(&self, field: &str, price: &Price) -> Sourced<Usd> {
        let basis = format!("{field}.{}", self.prices.name());
        let source = self.sources.get(&basis).or_else(|| self.sources.get(field));
        let value = price_on(price, self.prices).unwrap_or_default();
        self.sourced(field, source, value, |end| parse_quantity(end.as_str()?).ok())
    }

    fn sourced<T: Copy>(
        &self,
        field: &str,
        source: Option<&Source>,
        value: T,
        read: impl Fn(&Json) -> Option<T>,
    ) -> Sourced<T> {
        let part = source.and_then(|source| source.like.as_deref()).unwrap_or(self.part);
        let ends = source.and_then(|source| source.range.as_deref());
        let range = ends.and_then(|ends| Some((read(ends.first()?)?, read(ends.get(1)?)?)));
        let confidence = source.map_or(Confidence::Unsourced, |source| source.confidence);
        Sourced { value, range, confidence, name: format!("{part}, {field}") }
    }
}

/// The price on a basis, where it is known.
pub(super) fn price_on(price: &Price, basis: PriceBasis) -> Option<Usd> {
    match (price, basis) {
        (Price::Same(price), _) => Some(price.0),
        (Price::By(by), PriceBasis::List) => by.list.map(|price| price.0),
        (Price::By(by), PriceBasis::Volume) => by.volume.map(|price| price.0),
    }
}
