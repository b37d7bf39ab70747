//! Times on a request's way that do not depend on load.

use crate::fabric::Fabric;
use crate::record::Component;
use crate::units::{BitsPerSec, Bytes, Span};

use super::stage::{ScriptId, Scripts, Stage};

/// Times on a request's way that do not depend on load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paths {
    /// Request message, front end to node.
    pub network_in: Span,
    /// The platform's decision.
    pub dispatch: Span,
    /// Response message, node to front end.
    pub network_out: Span,
    /// On the fabric, for reading input and writing output.
    pub data_network: Span,
    /// At the storage nodes, for the same.
    pub data_storage: Span,
    /// Circuit set-up for remote memory, once per run.
    pub circuit: Span,
    /// Bytes that a request moves over the fabric, remote memory and images apart.
    pub bytes: Bytes,
}

impl Paths {
    /// Paths over `fabric` for requests that move the given amounts; storage answers after `latency` and streams
    /// at `storage_rate`.
    pub fn new(
        fabric: &Fabric,
        [request, response, read, write]: [Bytes; 4],
        dispatch: Span,
        latency: Span,
        storage_rate: BitsPerSec,
        remote: bool,
    ) -> Self {
        let at_storage = |bytes: Bytes| {
            // The stream passes the device and the fabric at the rate of the slower; the fabric's share is counted there.
            let device = storage_rate.transfer_time(bytes).saturating_sub(fabric.rate.transfer_time(bytes));
            if bytes == Bytes::ZERO { Span::ZERO } else { latency + device }
        };
        Self {
            network_in: fabric.message(request),
            dispatch,
            network_out: fabric.message(response),
            data_network: fabric.message(read) + fabric.message(write),
            data_storage: at_storage(read) + at_storage(write),
            circuit: if remote { fabric.setup } else { Span::ZERO },
            bytes: request + response + read + write,
        }
    }
    /// The sums that each request needs.
    pub(super) fn sums(&self) -> PathSums {
        PathSums {
            offset: self.network_in + self.dispatch,
            in_run: self.data_network + self.data_storage + self.circuit,
            network: self.network_in + self.network_out + self.data_network,
            paths: *self,
        }
    }
}

/// [`Paths`], added up once.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathSums {
    /// From the front end to the platform's decision.
    pub(super) offset: Span,
    /// In a run, besides computing and memory.
    pub(super) in_run: Span,
    /// All that is spent on the fabric.
    pub(super) network: Span,
    pub(super) paths: Paths,
}

impl PathSums {
    /// What follows a run that others could change, as stages.
    pub(super) fn push_in_run<N: Copy>(&self, script: ScriptId, scripts: &mut Scripts<N>) {
        let Paths { circuit, data_network, data_storage, .. } = self.paths;
        for (span, component) in
            [(circuit, Component::RemoteMemory), (data_network, Component::Network), (data_storage, Component::Storage)]
        {
            if span > Span::ZERO {
                scripts.push(script, Stage::delay(span, component));
            }
        }
    }
}
