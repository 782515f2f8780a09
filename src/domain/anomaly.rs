//! A file that could not be processed, and what agents do with it until nothing of it is open.

use super::{AgentId, DeliveryId, Instant, Refusal};
use serde::{Deserialize, Serialize};

/// How an anomaly was closed without being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closure {
    /// Another delivery stands for it.
    Replaced,
    /// Nothing more is to be done, for a reason that was written down.
    SetAside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyAct {
    /// Read again from the kept original.
    Retry,
    Replace,
    /// One application of it, whose values an agent states.
    ByHand,
    SetAside,
    /// A replacement or a setting aside is taken back.
    Reopen,
}

/// One act of one named agent on an anomaly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnomalyStep {
    pub act: AnomalyAct,
    /// Why it was an anomaly at that moment.
    pub refusal: Option<Refusal>,
    /// Code of the reason chosen.
    pub reason: Option<String>,
    /// In the agent's words.
    pub note: Option<String>,
    pub replaced_by: Option<DeliveryId>,
    pub agent: AgentId,
    pub at: Instant,
}
