//! What users pay, what the provider spends, and where the energy goes: lines of metered quantities at rates.

mod account;
mod hardware;
mod line;
mod load;
mod price;
mod range;
mod usage;

pub use account::{Accounts, Rates};
pub use hardware::{Drawn, Part, bill_of_materials, purchase};
pub use line::{Account, Line};
pub use load::{Load, Owner, PartGroup, Standing, Uses};
pub use price::FunctionBill;
pub use range::{RatioRange, Subject, Sum, ratio_ranges};
pub use usage::{Held, NodeUse, OfPossible, Usage};
