//! The one integration-test binary.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test fails the test that calls it")]
#![expect(
    clippy::format_push_string,
    clippy::format_collect,
    clippy::unused_self,
    clippy::duration_suboptimal_units,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "the shorter spelling reads better in a test, where speed is nothing"
)]

mod absent;
mod anomalies;
mod api;
mod architecture;
mod cell;
mod config;
mod constat;
mod day;
mod demo;
mod doctor;
mod explain;
mod fan_in;
mod filed;
mod hostile;
mod intake;
mod persons;
mod photos;
mod pipelines;
mod reading;
mod restart;
mod retention;
mod store_schema;
mod store_story;
mod store_worker;
mod support;
mod watcher;
mod web;
