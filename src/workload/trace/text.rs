//! The text of a file of a trace: as it is, or unpacked from gzip or Zstandard, ahead of whoever reads it.
//!
//! Unpacking has a thread of its own, so that it overlaps with taking the text apart. A short channel of chunks keeps it
//! from running far ahead; it ends with the file, or when the reader is dropped. An error comes out where it stands
//! in the text, as if there were no thread.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Bytes unpacked at a time: a chunk stays within a core's own cache.
const CHUNK: usize = 1 << 18;
/// Chunks that are ready at most.
const AHEAD: usize = 4;

/// The text of `path`, unpacked when its first bytes are those of gzip or Zstandard.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if std::fs::metadata(path)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file"));
    }
    let mut raw = BufReader::with_capacity(1 << 16, File::open(path)?);
    match raw.fill_buf()? {
        [0x1f, 0x8b, ..] => Ok(Box::new(Unpacked::start(flate2::bufread::MultiGzDecoder::new(raw))?)),
        // A frame, or one to be skipped, which parallel compressors begin with (RFC 8878, 3.1).
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            Ok(Box::new(Unpacked::start(Zstandard::new(raw))?))
        }
        _ => Ok(Box::new(raw)),
    }
}

/// What a thread unpacks.
struct Unpacked {
    /// Chunks in order; an empty one is the end.
    ready: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    chunk: Vec<u8>,
    position: usize,
    ended: bool,
}

impl Unpacked {
    fn start(mut source: impl Read + Send + 'static) -> io::Result<Self> {
        let (send, ready) = sync_channel(AHEAD);
        let (empty, emptied) = channel();
        thread::Builder::new().name("unpack".to_owned()).spawn(move || unpack(&mut source, &send, &emptied))?;
        Ok(Self { ready, empty, chunk: Vec::new(), position: 0, ended: false })
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
        Ok(())
    }
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
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
