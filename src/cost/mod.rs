//! What users pay, what the provider spends, and where the energy goes: lines of metered quantities at rates.

mod account;
mod hardware;
mod line;
mod price;
mod range;
mod usage;

pub use account::{Accounts, Rates};
pub use hardware::{Load, Part, PartGroup, bill_of_materials, purchase};
pub use line::{Account, Line};
pub use price::FunctionBill;
pub use range::{RatioRange, Subject, Sum, ratio_ranges};
pub use usage::{Moved, NodeUse, Usage};
