//! What users pay, what the provider spends, and where the energy goes: lines of metered quantities at rates.

mod account;
mod hardware;
mod price;
mod usage;

pub use account::{Account, Accounts, Line, Rates};
pub use hardware::{Part, PartGroup, bill_of_materials, purchase};
pub use price::FunctionBill;
pub use usage::{NodeUse, Usage};
