//! Workloads that several points of a sweep share: read or generated once.

use std::sync::{Arc, Mutex, OnceLock};

use crate::config::Loaded;
use crate::config::raw::Experiment;
use crate::problem::Problems;
use crate::workload::Workload;

use super::inputs::{load_workload, workload_key};

/// A workload that is being read, or has been.
type Slot = Arc<OnceLock<Result<Arc<Workload>, Problems>>>;

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
    pub fn get(&self, loaded: &Loaded<Experiment>) -> Result<Arc<Workload>, Problems> {
        let slot = self.slot(workload_key(loaded));
        slot.get_or_init(|| load_workload(loaded).map(Arc::new)).clone()
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
