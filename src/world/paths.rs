//! Times on a request's way that do not depend on load, and what is moved on it.

use crate::fabric::Fabric;
use crate::record::Component;
use crate::units::{BitsPerSec, Bytes, Span};

use super::stage::{Stage, Work};

/// Messages up to this size are told by their time alone; what is larger is a transfer, which shares cards and storage
/// nodes with others. Reads and writes always do.
pub const MESSAGE: Bytes = Bytes(64 << 10);

/// One way of a request: times, and transfers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paths {
    /// Request message, front end to node; without its bytes where they are a transfer.
    pub network_in: Span,
    /// The platform's decision.
    pub dispatch: Span,
    /// Response message, node to front end; without its bytes where they are a transfer.
    pub network_out: Span,
    /// Circuit set-up for remote memory, once per run.
    pub circuit: Span,
    /// Before each transfer with a storage node: set-up and way.
    pub reach: Span,
    /// Until a storage node has its first byte.
    pub storage_latency: Span,
    /// Bytes of the messages, which do not contend.
    pub messages: Bytes,
    /// Transfers: request, response, read and write.
    pub transfers: [Bytes; 4],
    /// Rate of the node's card, which gives the network's part of a transfer with a storage node.
    pub card: BitsPerSec,
    /// Rate of a storage node.
    pub storage_rate: BitsPerSec,
    /// Whether all cards together carry more than all storage nodes: then waiting is for these.
    pub storage_is_scarce: bool,
}

impl Paths {
    /// Paths over `fabric` for requests that move the given amounts (request, response, read, write); storage answers
    /// after `latency` and streams at `storage_rate`.
    pub fn new(
        fabric: &Fabric,
        bytes: [Bytes; 4],
        dispatch: Span,
        latency: Span,
        storage_rate: BitsPerSec,
        remote: bool,
    ) -> Self {
        let [request, response, read, write] = bytes;
        let as_transfer = |bytes: Bytes| if bytes > MESSAGE { bytes } else { Bytes::ZERO };
        let reach = fabric.setup + fabric.one_way();
        let message = |bytes: Bytes| if bytes > MESSAGE { reach } else { fabric.message(bytes) };
        let as_message = |bytes: Bytes| if bytes > MESSAGE { Bytes::ZERO } else { bytes };
        Self {
            network_in: message(request),
            dispatch,
            network_out: message(response),
            circuit: if remote { fabric.setup } else { Span::ZERO },
            reach,
            storage_latency: latency,
            messages: as_message(request) + as_message(response),
            transfers: [as_transfer(request), as_transfer(response), read, write],
            card: fabric.rate,
            storage_rate,
            storage_is_scarce: storage_rate <= fabric.rate,
        }
    }
    /// From the front end to the platform's decision.
    pub fn offset(&self) -> Span {
        self.network_in + self.dispatch
    }
    /// Whether anything is moved that shares cards and storage nodes with others.
    #[inline]
    pub fn moves(&self) -> bool {
        self.transfers != [Bytes::ZERO; 4]
    }
    /// How long a transfer takes, with a `storage` node or not, where nobody else uses what it goes through.
    pub(super) fn alone(&self, bytes: Bytes, storage: bool) -> Span {
        match (bytes, storage) {
            (Bytes::ZERO, _) => Span::ZERO,
            (_, false) => self.card.transfer_time(bytes),
            (_, true) => self.storage_latency + self.reach + self.card.min(self.storage_rate).transfer_time(bytes),
        }
    }
    /// A transfer as stages, with the storage node's latency and the way before it where it is with `storage`.
    pub(super) fn push_transfer<N: Copy>(&self, need: N, storage: bool, bytes: Bytes, mut push: impl FnMut(Stage<N>)) {
        // Alone, the card's time is the network's, and what a slower storage node takes on top is the storage's.
        let card = self.card.transfer_time(bytes);
        let slower = self.storage_rate.transfer_time(bytes).saturating_sub(card);
        let (over, known) = match (storage, self.storage_is_scarce) {
            (true, true) => (Component::Storage, (Component::Network, card)),
            (true, false) => (Component::Network, (Component::Storage, slower)),
            (false, _) => (Component::Network, (Component::Network, Span::ZERO)),
        };
        if storage {
            push(Stage::delay(self.storage_latency, Component::Storage));
            push(Stage::delay(self.reach, Component::Network));
        }
        push(Stage::new(Work::On(need), over).with_parts([known, (over, Span::ZERO)]));
    }
}
