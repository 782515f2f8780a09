//! What every page shows around its content: title, place, agent, form token.

use super::Desk;
use super::session::Session;

/// The frame of a page.
pub(super) struct Shell {
    pub title: String,
    /// `depots`, `verifier` or nothing.
    pub here: &'static str,
    pub agent: Option<String>,
    pub token: String,
    /// Envelopes that wait for a person.
    pub waiting: Option<u64>,
}

impl Shell {
    pub(super) fn new(desk: &Desk, session: Option<&Session>, title: impl Into<String>, here: &'static str) -> Self {
        Self {
            title: title.into(),
            here,
            agent: session.and_then(|s| s.agent.as_ref()).map(|a| a.as_str().to_owned()),
            token: session.map(|s| desk.seal.token(s)).unwrap_or_default(),
            waiting: None,
        }
    }

    pub(super) fn waiting(mut self, number: u64) -> Self {
        self.waiting = Some(number);
        self
    }
}
