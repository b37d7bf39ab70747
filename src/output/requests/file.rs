//! The Parquet file of the requests of one run.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::data_type::{BoolType, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};

use super::rows::{COLUMNS, Rows};
use crate::record::Component;

/// A file that takes row groups.
pub(super) struct RequestFile(SerializedFileWriter<File>);

impl RequestFile {
    /// Begins the file, which says `facts` about itself.
    pub fn new(file: File, facts: &[(&'static str, String)]) -> io::Result<Self> {
        SerializedFileWriter::new(file, schema(), properties(facts)).map(Self).map_err(to_io)
    }

    /// Appends one row group.
    pub fn write(&mut self, rows: &Rows) -> io::Result<()> {
        write(&mut self.0, rows).map_err(to_io)
    }

    /// Ends the file, through to the disk.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.finish().map_err(to_io)?;
        self.0.inner().sync_all()
    }
}

/// One column per fact about a request; see [`COLUMNS`].
fn schema() -> TypePtr {
    let components =
        Component::ALL.map(|component| format!("optional int64 {} (INTEGER(64,false))", component_column(component)));
    let columns: Vec<String> = COLUMNS.iter().map(|&column| column.to_owned()).chain(components).collect();
    let text = format!("message request {{ {}; }}", columns.join("; "));
    Arc::new(parse_message_type(&text).expect("the schema is written in Parquet's language"))
}

fn properties(facts: &[(&'static str, String)]) -> WriterPropertiesPtr {
    const TIMES: [&str; 3] = ["arrived_ps", "answered_ps", "duration_ps"];
    let facts = facts.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone())).collect();
    let mut builder = WriterProperties::builder()
        .set_key_value_metadata(Some(facts))
        .set_compression(Compression::SNAPPY)
        // Per page, the least and greatest values and the places would be half as many numbers again to keep and write.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true);
    // Differences of picoseconds take a fifth of the time of a dictionary and, but for the components that are mostly
    // zero, two thirds of its bytes; those, Snappy packs.
    let components = Component::ALL.map(component_column);
    for column in TIMES.iter().map(|&time| time.to_owned()).chain(components) {
        let path = ColumnPath::from(column);
        builder = builder
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    Arc::new(builder.build())
}

/// The name of the column of a component.
fn component_column(component: Component) -> String {
    format!("{}_ps", component.name())
}

/// In the order of the columns in [`schema`].
fn write(file: &mut SerializedFileWriter<File>, rows: &Rows) -> Result<()> {
    let mut group = file.next_row_group()?;
    let answered = Some(&rows.is_answered[..]);
    let is_rejected: Vec<i16> = rows.is_answered.iter().map(|level| 1 - level).collect();
    put::<Int32Type>(&mut group, &rows.function, None)?;
    put::<Int64Type>(&mut group, &rows.arrived, None)?;
    put::<Int64Type>(&mut group, &rows.answered, answered)?;
    put::<Int64Type>(&mut group, &rows.duration, answered)?;
    put::<BoolType>(&mut group, &rows.cold, answered)?;
    put::<ByteArrayType>(&mut group, &rows.rejected, Some(&is_rejected))?;
    for component in &rows.components {
        put::<Int64Type>(&mut group, component, answered)?;
    }
    group.close().map(drop)
}

/// The next column: its values, and for each row whether it has one.
fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<()> {
    let mut column = group.next_column()?.expect("the schema has a column for each that is written");
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

/// What the file system said, where it was the file system.
fn to_io(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => source.downcast().map_or_else(io::Error::other, |error| *error),
        other => io::Error::other(other),
    }
}
