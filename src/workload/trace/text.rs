//! The text of a file of a trace: as it is, or unpacked from gzip or Zstandard, ahead of whoever reads it.
//!
//! Unpacking has a thread of its own, so that it overlaps with taking the text apart. A short channel of chunks keeps it
//! from running far ahead; it ends with the file, or when the reader is dropped. An error comes out where it stands
//! in the text, as if there were no thread. A file that holds little and unpacks to much is bounded in both: a row must
//! end in time, and all of it must come to an end.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::units::Bytes;
use crate::workload::foreign::{Foreign, LOOKED_AT, foreign};

/// Bytes unpacked at a time: a chunk stays within a core's own cache.
const CHUNK: usize = 1 << 18;
/// Chunks that are ready at most.
const AHEAD: usize = 4;

/// Bytes of a file in which one row must end; the widest row of a public trace has some hundred kilobytes.
const ROW_BYTES: usize = 1 << 24;

/// Why a file is not read.
pub(super) enum Refused {
    Io(io::Error),
    Foreign(Foreign),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A bound that a file is beyond; it comes as an I/O error where it stands in the text.
#[derive(Debug)]
pub(super) enum Beyond {
    /// No row ends.
    Row,
    /// It unpacks to more than this.
    Unpacked(Bytes),
}

impl std::error::Error for Beyond {}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row => write!(f, "it goes on for {} without the end of a row", Bytes(ROW_BYTES as u64)),
            Self::Unpacked(limit) => write!(f, "it unpacks to more than {limit}"),
        }
    }
}

impl Beyond {
    /// What to do about it.
    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::Row => "give a CSV file with a line for each row, and check that quotes are closed",
            Self::Unpacked(_) => {
                "check the file, or raise the limit: `limits.unpacked`, or `--unpacked` of `sdcsim trace`"
            }
        }
    }
}

/// The text of one file, bounded in the length of a row.
pub(super) struct Text {
    source: Box<dyn Read>,
    /// Bytes that may still be read before a row must have ended.
    left: usize,
}

impl Text {
    /// A row has ended.
    pub(super) fn next_row(&mut self) {
        self.left = ROW_BYTES;
    }
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !buffer.is_empty() {
            return Err(io::Error::other(Beyond::Row));
        }
        let most = buffer.len().min(self.left);
        let n = self.source.read(&mut buffer[..most])?;
        self.left -= n;
        Ok(n)
    }
}

/// The text of `path`, unpacked when its first bytes are those of gzip or Zstandard, to at most `unpacked`.
pub(super) fn open(path: &Path, unpacked: Bytes) -> Result<Text, Refused> {
    let kind = std::fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file").into());
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is no regular file").into());
    }
    let mut raw = BufReader::with_capacity(1 << 16, File::open(path)?);
    let source = match raw.fill_buf()? {
        [0x1f, 0x8b, ..] => Unpacked::start(flate2::bufread::MultiGzDecoder::new(raw), unpacked)?,
        // A frame, or one to be skipped, which parallel compressors begin with (RFC 8878, 3.1).
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            Unpacked::start(Zstandard::new(raw), unpacked)?
        }
        start => {
            if let Some(foreign) = foreign(start) {
                return Err(Refused::Foreign(foreign));
            }
            return Ok(Text { source: Box::new(raw), left: ROW_BYTES });
        }
    };
    // What was packed may be an archive itself. An error here is told where the text is read.
    let mut source = source;
    source.refill().unwrap_or_else(|error| source.failed = Some(error));
    if let Some(foreign) = foreign(&source.chunk[..source.chunk.len().min(LOOKED_AT)]) {
        return Err(Refused::Foreign(foreign));
    }
    Ok(Text { source: Box::new(source), left: ROW_BYTES })
}

/// What a thread unpacks.
struct Unpacked {
    /// Chunks in order; an empty one is the end.
    ready: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    chunk: Vec<u8>,
    position: usize,
    ended: bool,
    /// An error that is still to be told.
    failed: Option<io::Error>,
    /// Bytes that may still come.
    left: u64,
    limit: Bytes,
}

impl Unpacked {
    fn start(mut source: impl Read + Send + 'static, limit: Bytes) -> io::Result<Self> {
        let (send, ready) = sync_channel(AHEAD);
        let (empty, emptied) = channel();
        thread::Builder::new().name("unpack".to_owned()).spawn(move || unpack(&mut source, &send, &emptied))?;
        let (chunk, left) = (Vec::new(), limit.0);
        Ok(Self { ready, empty, chunk, position: 0, ended: false, failed: None, left, limit })
    }

    /// The next chunk; empty at the end.
    fn refill(&mut self) -> io::Result<()> {
        self.position = 0;
        self.chunk.clear();
        if self.ended {
            return Ok(());
        }
        // Without a chunk that says so, the thread has not come to the end.
        let next = self.ready.recv().unwrap_or_else(|_| Err(io::Error::other("unpacking it failed")));
        self.ended = next.as_ref().map_or(true, Vec::is_empty);
        // When the thread has ended it needs no more buffers.
        let _ = self.empty.send(std::mem::replace(&mut self.chunk, next?));
        if let Some(left) = self.left.checked_sub(self.chunk.len() as u64) {
            self.left = left;
        } else {
            self.ended = true;
            self.chunk.clear();
            return Err(io::Error::other(Beyond::Unpacked(self.limit)));
        }
        Ok(())
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.position == self.chunk.len() {
            self.refill()?;
        }
        let n = (&self.chunk[self.position..]).read(buffer)?;
        self.position += n;
        Ok(n)
    }
}

/// Sends one chunk after the other, until the end, an error, or until nobody wants any more.
fn unpack(source: &mut impl Read, send: &SyncSender<io::Result<Vec<u8>>>, emptied: &Receiver<Vec<u8>>) {
    loop {
        let mut chunk = emptied.try_recv().unwrap_or_default();
        chunk.clear();
        let read = source.take(CHUNK as u64).read_to_end(&mut chunk);
        let last = chunk.is_empty();
        // What was unpacked before an error comes first, and nothing after it.
        let gone = if last && read.is_err() { false } else { send.send(Ok(chunk)).is_err() };
        if let Err(error) = read {
            // Whoever is gone needs no reason.
            let _ = send.send(Err(error));
            return;
        }
        if gone || last {
            return;
        }
    }
}

/// Zstandard frames, one after the other, their checksums compared.
struct Zstandard<R> {
    source: R,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl<R: BufRead> Zstandard<R> {
    fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), in_frame: false }
    }

    /// Begins the next frame with text in it; false at the end of the file.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(reason(&error)),
            }
        }
        Ok(false)
    }

    fn check(&self) -> io::Result<()> {
        let (told, found) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        if told.is_none() || told == found {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "its Zstandard data do not fit their checksum"))
    }
}

impl<R: BufRead> Read for Zstandard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.in_frame || self.next_frame()? {
            if !self.decoder.is_finished() && self.decoder.can_collect() == 0 {
                let some = BlockDecodingStrategy::UptoBytes(CHUNK);
                self.decoder.decode_blocks(&mut self.source, some).map_err(|e| reason(&e))?;
            }
            let n = self.decoder.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            if self.decoder.is_finished() {
                self.check()?;
                self.in_frame = false;
            }
        }
        Ok(0)
    }
}

/// The error as the readers tell it: a file that is cut short is told apart from one that is damaged.
fn reason(error: &FrameDecoderError) -> io::Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(found) = cause {
        if let Some(io) = found.downcast_ref::<io::Error>() {
            return if io.kind() == io::ErrorKind::UnexpectedEof {
                io::ErrorKind::UnexpectedEof.into()
            } else {
                io::Error::new(io.kind(), io.to_string())
            };
        }
        cause = found.source();
    }
    io::Error::new(io::ErrorKind::InvalidData, format!("its Zstandard data are damaged ({error})"))
}
