//! The invocations of one minute as numbers.

use crate::ids::FunctionId;

/// Time within the minute above, function below: the order of invocations is the order of these numbers.
pub(super) fn key(offset_ps: u64, function: FunctionId) -> u128 {
    u128::from(offset_ps) << 32 | u128::from(function.raw())
}
