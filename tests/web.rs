//! The pages of the agents as a browser, a careless agent and an attacker meet them.

mod anomaly;
mod attacks;
mod browser;
pub mod client;
mod desk;
mod letters;
mod review;
mod routes;
