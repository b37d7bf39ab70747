//! The thread that writes the requests of one run, and the buffers that go to it and come back.

use std::fs::File;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use super::super::atomic::{OutputError, tried};
use super::file::RequestFile;
use super::rows::{ROWS_PER_GROUP, Rows};
use crate::ids::FunctionId;
use crate::record::{Completed, Recorder, Rejection};
use crate::units::Time;

/// Listens to a run, and writes down each of its requests.
///
/// There are two buffers: one that is filled by the run, and one that the thread writes. A run that is faster than
/// the disk waits for it, so memory is bounded. After an error, which the [folder](super::super::RunFiles::fault) knows, rows go
/// nowhere.
#[derive(Debug)]
pub struct RequestWriter<'f> {
    /// Where the first error goes: the folder knows it.
    fault: &'f OnceLock<OutputError>,
    filling: Rows,
    /// While the thread lives.
    thread: Option<Link>,
}

#[derive(Debug)]
struct Link {
    full: SyncSender<Rows>,
    written: Receiver<Rows>,
    handle: JoinHandle<Result<(), OutputError>>,
}

impl<'f> RequestWriter<'f> {
    pub(in crate::output) fn new(
        fault: &'f OnceLock<OutputError>,
        file: File,
        path: &Path,
        facts: Vec<(&'static str, String)>,
    ) -> Result<Self, OutputError> {
        let (full, to_write) = sync_channel(0);
        let (back, written) = channel();
        // The second buffer waits here; it takes memory once it is filled.
        let _ = back.send(Rows::default());
        let at = path.to_owned();
        let work = move || write_all(file, &at, &facts, &to_write, &back);
        let handle = tried(Builder::new().name("requests".to_owned()).spawn(work), "start a thread to write", path)?;
        Ok(Self { fault, filling: Rows::default(), thread: Some(Link { full, written, handle }) })
    }

    /// Writes the rows that are left, and ends the file; an error goes to the [folder](super::super::RunFiles::fault).
    pub fn finish(mut self) {
        if self.filling.len() > 0 {
            self.hand_over();
        }
        self.end();
    }

    /// Gives the full buffer away and takes the other.
    #[cold]
    fn hand_over(&mut self) {
        if let Some(link) = &self.thread {
            let full = std::mem::take(&mut self.filling);
            match link.full.send(full).ok().and_then(|()| link.written.recv().ok()) {
                Some(empty) => self.filling = empty,
                // It has ended before its time.
                None => self.end(),
            }
        } else {
            self.filling.clear();
        }
    }

    /// Waits for the end of the thread, and notes why it failed, where it did.
    fn end(&mut self) {
        let Some(Link { full, handle, .. }) = self.thread.take() else { return };
        drop(full);
        match handle.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let _ = self.fault.set(error);
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    #[inline]
    fn hand_over_when_full(&mut self) {
        if self.filling.len() == ROWS_PER_GROUP {
            self.hand_over();
        }
    }
}

impl Recorder for RequestWriter<'_> {
    fn completed(&mut self, request: &Completed) {
        self.filling.completed(request);
        self.hand_over_when_full();
    }

    fn rejected(&mut self, at: Time, function: FunctionId, reason: Rejection) {
        self.filling.rejected(at, function, reason);
        self.hand_over_when_full();
    }
}

/// Writes buffers as they come and gives them back empty, until no more can come.
fn write_all(
    file: File,
    path: &Path,
    facts: &[(&'static str, String)],
    to_write: &Receiver<Rows>,
    back: &Sender<Rows>,
) -> Result<(), OutputError> {
    let mut file = tried(RequestFile::new(file, facts), "write", path)?;
    for mut rows in to_write {
        tried(file.write(&rows), "write", path)?;
        rows.clear();
        // Nobody takes the last ones.
        let _ = back.send(rows);
    }
    tried(file.finish(), "write", path)
}
