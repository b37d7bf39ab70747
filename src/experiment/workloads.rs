//! Workloads that several points of a sweep share: read or generated once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use crate::config::Loaded;
use crate::config::raw::Experiment;
use crate::problem::Problems;

use super::inputs::{Input, trace_digest, trace_key, workload_key};

/// A workload that is being read, or has been.
type Slot = Arc<OnceLock<Result<Input, Problems>>>;

/// The workloads used last, so that memory does not grow with the number of points.
#[derive(Debug)]
pub struct Workloads {
    most: usize,
    /// By name; the one used last stands last.
    slots: Mutex<Vec<(String, Slot)>>,
}

impl Workloads {
    /// Keeps at most so many of them; those in use elsewhere live on.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), slots: Mutex::new(Vec::new()) }
    }

    /// The workload of an experiment. Who asks for one that another thread is reading waits for it.
    pub fn get(&self, loaded: &Loaded<Experiment>) -> Result<Input, Problems> {
        let slot = self.slot(workload_key(loaded));
        slot.get_or_init(|| Input::load(loaded)).clone()
    }

    fn slot(&self, key: String) -> Slot {
        let mut slots = self.slots.lock().expect("no thread panics while it holds the list");
        let found = slots.iter().position(|(other, _)| *other == key);
        let entry = found.map_or_else(|| (key, Slot::default()), |at| slots.remove(at));
        let slot = Arc::clone(&entry.1);
        slots.push(entry);
        if slots.len() > self.most {
            slots.remove(0);
        }
        slot
    }
}

/// Digests of the traces of several points of a sweep, each made once.
#[derive(Debug, Default)]
pub(super) struct Digests(Mutex<BTreeMap<String, Arc<OnceLock<Option<String>>>>>);

impl Digests {
    /// The digest of an experiment's trace; none where its workload is generated.
    pub fn get(&self, loaded: &Loaded<Experiment>) -> Option<String> {
        let key = trace_key(loaded);
        // What cannot be read has no results that could be met, and why is told when they are to be made.
        let unread = format!("unread: {key}");
        let slot = Arc::clone(self.0.lock().expect("no thread panics while it holds the list").entry(key).or_default());
        slot.get_or_init(|| trace_digest(loaded).unwrap_or(Some(unread))).clone()
    }
}
