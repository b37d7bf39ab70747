//! **sdcsim**: what happens to latency, cost, utilisation and energy if we take servers apart?
//!
//! A discrete-event simulator of whole data centres. Data flows one way:
//!
//! ```text
//! TOML ─► config::raw ─► config::plan ─► world::build ─► engine::run ─► record ─► output ─► report
//! as typed               resolved         a World          pure         what happened  files  for people
//! ```
//!
//! Modules, lowest layer first (imports point down only; a test holds them to it):
//! `units`, `ids`, `rng`, `hidden` vocabulary · `engine`, `stats`, `record` machinery · `config` as typed and resolved ·
//! `memory`, `fabric`, `workload` the parts · `platform`, `cost` what runs on them · `world` one data centre, put
//! together · `experiment`, `output` many runs and their files · `verdict` what they show · `probe`, `validate`,
//! `bench` one model alone, the trust card, and how fast it is · `report`, `cli` for people.

pub mod bench;
pub mod cli;
pub mod config;
pub mod conformance;
pub mod cost;
pub mod engine;
pub mod experiment;
pub mod fabric;
pub mod hidden;
pub mod ids;
pub mod memory;
pub mod output;
pub mod platform;
pub mod probe;
pub mod problem;
pub mod record;
pub mod report;
pub mod rng;
pub mod station;
pub mod stats;
pub mod units;
pub mod validate;
pub mod verdict;
pub mod workload;
pub mod world;
