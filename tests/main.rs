//! The one integration-test binary.

mod cell;
mod config;
mod intake;
mod reading;
mod store_story;
mod support;
mod watcher;
