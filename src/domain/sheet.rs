//! What one page says by itself, before it is known to which envelope it belongs.

use super::{Candidate, LetterMark, PieceKind};
use serde::{Deserialize, Serialize};

/// The role of a page in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetRole {
    /// A page of a document.
    Document,
    /// Between two envelopes (QR text `PASSERELLE|SEP|…`).
    Separator,
    /// The mailroom's own cover sheet.
    Cover,
    /// The postal envelope: postmark, arrival stamp, tracking number.
    EnvelopeFront,
    Blank,
    Unreadable,
}

/// One page with the kinds it may be and the values it shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// 1-based page of the file.
    pub page: u32,
    pub role: SheetRole,
    /// Candidate document kinds with their weight, best first; empty when nothing speaks.
    pub kinds: Vec<KindGuess>,
    /// True when the page is surely none of the catalogue's documents (advert, covering letter).
    pub surely_none: bool,
    /// Values found on this page.
    pub candidates: Vec<Candidate>,
    /// Permit ids that the page names, best first.
    pub permits: Vec<String>,
    /// The 2D-Doc codes of the page.
    #[serde(default)]
    pub seals: Vec<Seal>,
    /// What the page says of itself when it is one of our letters that came back; its signature is checked by who acts on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<LetterMark>,
}

/// One 2D-Doc code and what its signature is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    /// Type of document, as the catalogue names it; the two characters where it does not know them.
    pub document: String,
    /// `FR03/XT4A`: authority and certificate that the code names.
    pub signer: String,
    pub verdict: SealVerdict,
    /// For the agent, in French.
    pub reason: String,
}

/// What a signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealVerdict {
    Valide,
    /// Right, but signed with the test key that everybody has.
    Essai,
    Invalide,
    NonVerifiable,
}

/// A document kind that a page may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindGuess {
    pub kind: PieceKind,
    /// 0 to 1.
    pub confidence: f64,
    /// The signs that spoke, as written in the catalogue.
    pub signs: Vec<String>,
}
