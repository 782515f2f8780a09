//! The one integration-test binary.

mod architecture;
mod cell;
mod config;
mod constat;
mod demo;
mod doctor;
mod fan_in;
mod intake;
mod pipelines;
mod reading;
mod restart;
mod store_schema;
mod store_story;
mod store_worker;
mod support;
mod watcher;
mod web;
