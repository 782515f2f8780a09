//! Why a file or a page is not processed: a stable code, a French sentence, what to do next.

use serde::{Deserialize, Serialize};

/// A refusal that an agent can act on. The original is always kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable machine code, such as `pdf_chiffre`.
    pub code: String,
    /// What happened, for the agent, in French.
    pub message: String,
    /// What to do next, for the agent, in French.
    pub next: String,
}

impl Refusal {
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), next: next.into() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {}", self.code, self.message, self.next)
    }
}

impl std::error::Error for Refusal {}
