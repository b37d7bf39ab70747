//! Requests that wait: in queues, and gangs for all their places at once.

pub(crate) mod gangs;
mod queues;
