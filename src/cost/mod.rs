//! What users pay, what the provider spends, and where the energy goes.

mod bill;
mod hardware;

pub use bill::{FunctionBill, idle_bill, vm_bill};
pub use hardware::{Part, PartGroup, bill_of_materials, energy, purchase};

use crate::units::{Span, Usd, Years};

/// Straight-line amortisation: the share of `purchase` that `used` is of `life`.
pub fn amortised(purchase: Usd, used: Span, life: Years) -> Usd {
    purchase * (used.as_secs_f64() / 3_600.0 / life.as_hours())
}
