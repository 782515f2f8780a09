//! Passerelle: a scanned paper application becomes a dossier beside the online ones.
//!
//! ```text
//! drop folder ─► intake ─► read ─► assemble ─► extract ─► validate ─► dossier
//!                            ▲         ▲          ▲           ▲    └─► review ─► Correction ─┐
//!                            └─────────┴──────────┴───────────┴──────────────────────────────┘
//! ```
//!
//! * [`intake`] turns a settled file into a `Delivery`; [`watcher`] finds the files.
//! * `read` happens in the [`cell`], the only process that touches hostile bytes: it decodes
//!   ([`pages`]) and recognises ([`recognise`]) one page at a time.
//! * [`assemble`] cuts a delivery into envelopes; [`extract`] says which document each page is and
//!   weighs the evidence for each field; [`validate`] establishes the constat.
//! * [`calibrate`] fits on labelled envelopes how often readings are right; `extract` applies the file.
//! * [`cases`] tries the lists of `pipelines/` with facts written beside them.
//! * [`explain`] says of one application what was used, by which rules, and who decided: to the agent and to the applicant.
//! * [`letters`] says to the applicant what was understood and what is missing.
//! * [`lists`] shows the lists of documents as pages, with their sources and changes.
//! * [`dossier`] is the one door into the shared dossier tables.
//! * [`api`] is how the online system reads the dossiers of every channel and takes its own steps.
//! * [`line`] is all of that on one screen, pure; [`worker`] drives it over the [`store`].
//!
//! Stages are synchronous functions from values to a value. [`domain`] imports nothing of the
//! crate, [`catalogue`] imports `domain`, stages import these two and never each other; SQL stands
//! in [`store`] only. `tests/architecture.rs` holds these rules.

pub mod api;
pub mod assemble;
pub mod blobs;
pub mod calibrate;
pub mod cases;
pub mod catalogue;
pub mod cell;
pub mod cli;
pub mod clock;
pub mod config;
pub mod contract;
pub mod day;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod dossier;
pub mod evaluate;
pub mod explain;
pub mod extract;
pub mod failpoint;
pub mod french;
pub mod intake;
pub mod letters;
pub mod line;
pub mod lists;
pub mod medium;
pub mod metrics;
pub mod pages;
pub mod recognise;
pub mod retention;
pub mod store;
pub mod telemetry;
pub mod trust;
pub mod validate;
pub mod watcher;
pub mod web;
pub mod worker;
