//! Rows of requests as columns in memory, as many as one row group of the file holds.

use parquet::data_type::ByteArray;

use crate::ids::FunctionId;
use crate::record::{Completed, Component, Rejection};
use crate::units::Time;

/// Rows of one row group of the file, and of one buffer in memory: 7.4 MiB at 119 bytes per row.
pub const ROWS_PER_GROUP: usize = 1 << 16;

/// The columns before those of the components, as Parquet's schema language writes them. Times are unsigned, since
/// runs may be longer than the 106 days of a signed number of picoseconds. What a rejected request has not is null.
pub(super) const COLUMNS: [&str; 6] = [
    "required int32 function (INTEGER(32,false))",
    "required int64 arrived_ps (INTEGER(64,false))",
    "optional int64 answered_ps (INTEGER(64,false))",
    "optional int64 duration_ps (INTEGER(64,false))",
    "optional boolean cold",
    "optional binary rejected (STRING)",
];

/// The requests of one row group. Columns that may be null hold only the values that are not.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub function: Vec<i32>,
    pub arrived: Vec<i64>,
    pub answered: Vec<i64>,
    pub duration: Vec<i64>,
    pub cold: Vec<bool>,
    /// By component.
    pub components: [Vec<i64>; Component::ALL.len()],
    /// Why requests were rejected.
    pub rejected: Vec<ByteArray>,
    /// For each row 1 where it was answered, 0 where it was rejected: Parquet's definition levels.
    pub is_answered: Vec<i16>,
}

impl Rows {
    pub fn len(&self) -> usize {
        self.function.len()
    }

    pub fn completed(&mut self, request: &Completed) {
        self.function.push(request.function.raw().cast_signed());
        self.arrived.push(request.arrived.as_ps().cast_signed());
        self.answered.push(request.answered.as_ps().cast_signed());
        self.duration.push(request.duration.as_ps().cast_signed());
        self.cold.push(request.cold);
        for component in Component::ALL {
            self.components[component as usize].push(request.breakdown.get(component).as_ps().cast_signed());
        }
        self.is_answered.push(1);
    }

    pub fn rejected(&mut self, at: Time, function: FunctionId, reason: Rejection) {
        self.function.push(function.raw().cast_signed());
        self.arrived.push(at.as_ps().cast_signed());
        self.rejected.push(reason.name().into());
        self.is_answered.push(0);
    }

    /// No rows, with room for as many as there were.
    pub fn clear(&mut self) {
        let Self { function, arrived, answered, duration, cold, components, rejected, is_answered } = self;
        for column in [arrived, answered, duration].into_iter().chain(components) {
            column.clear();
        }
        function.clear();
        cold.clear();
        rejected.clear();
        is_answered.clear();
    }
}
