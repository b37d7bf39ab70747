//! Workloads: arrivals, readers of public traces, the generator, statistics.

mod arrivals;
