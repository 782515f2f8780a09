//! The one integration-test binary.

mod config;
mod intake;
mod reading;
