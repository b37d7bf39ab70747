//! Requests that wait: in queues, and gangs for all their places at once.

pub mod gangs;
pub mod queues;
