//! Which hosts have got room while requests wait for them (early binding).

use std::collections::VecDeque;

use crate::ids::HostId;

/// Hosts whose queue may have moved on, in the order in which that became so.
#[derive(Debug)]
pub struct Room {
    /// Whether requests wait at hosts at all.
    early: bool,
    /// Requests that wait, anywhere.
    waiting: u64,
    ready: VecDeque<HostId>,
    /// Hosts whose head has found no memory in the pools, which others may free.
    short_of_pool: Vec<HostId>,
}

impl Room {
    /// Nobody waits yet.
    pub fn new(early: bool) -> Self {
        Self { early, waiting: 0, ready: VecDeque::new(), short_of_pool: Vec::new() }
    }

    /// Requests that wait.
    #[inline(always)]
    pub fn waiting(&self) -> u64 {
        self.waiting
    }
    /// So many more requests wait.
    pub fn wait(&mut self, requests: u64) {
        self.waiting += requests;
    }
    /// So many less.
    pub fn leave(&mut self, requests: u64) {
        self.waiting -= requests;
        if self.waiting == 0 {
            self.ready.clear();
            self.short_of_pool.clear();
        }
    }

    /// Something has become free on a host: who waits there may start, and who waits for memory in pools, anywhere.
    #[inline(always)]
    pub fn freed(&mut self, host: HostId) {
        if self.waiting > 0 && self.early {
            self.ready.push_back(host);
            self.ready.extend(self.short_of_pool.drain(..));
        }
    }
    /// Who waits on a host may start.
    pub fn check(&mut self, host: HostId) {
        self.ready.push_back(host);
    }
    /// A host has not found enough memory in the pools.
    pub fn was_short_of_pool(&mut self, host: HostId) {
        if self.early && self.short_of_pool.last() != Some(&host) {
            self.short_of_pool.push(host);
        }
    }

    /// The host that is to be checked first.
    pub fn first(&self) -> Option<HostId> {
        self.ready.front().copied()
    }
    /// It has no more to start.
    pub fn done_with_first(&mut self) {
        self.ready.pop_front();
    }
}
