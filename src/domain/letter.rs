//! A letter as an agent signs it: everything that is printed, so that the same letter gives the same bytes.

use super::FieldId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One letter, ready to be printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Id of the text under `pipelines/letters/`.
    pub kind: String,
    /// Date in force of that text.
    pub version: Date,
    pub title: String,
    /// Name and address of the service, line by line.
    pub sender: Vec<String>,
    /// At most six lines of 38 characters (NF Z10-011).
    pub recipient: Vec<String>,
    pub place: String,
    pub day: Date,
    /// Short reference that a person may read out.
    pub reference: String,
    /// Text of the QR code: leads a page that comes back to its dossier.
    pub mark: String,
    pub parts: Vec<LetterPart>,
    /// The agent's name and quality.
    pub signatory: String,
    pub slip: Option<Slip>,
    /// Last day to send what is asked for.
    pub limit: Option<Date>,
}

/// One block of a letter, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LetterPart {
    Heading {
        text: String,
    },
    Paragraph {
        text: String,
    },
    /// What was understood, one value a line.
    Values {
        lines: Vec<LetterLine>,
    },
    /// Documents, one a line.
    Pieces {
        lines: Vec<LetterLine>,
    },
    /// Where to get help, in other languages.
    Help {
        lines: Vec<HelpLine>,
    },
}

/// A statement that the signing agent confirms by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterLine {
    /// What it rests on: `field:ID`, `checklist:PIECE`, `permit`.
    pub subject: String,
    pub label: String,
    /// The value, or the article and the reason.
    pub text: String,
}

/// One sentence in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelpLine {
    /// BCP 47, such as `ar`.
    pub lang: String,
    pub text: String,
    #[serde(default)]
    pub right_to_left: bool,
}

/// The page that the applicant sends back with corrections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    pub title: String,
    pub lead: String,
    /// Text of its QR codes, at the top right and the bottom left.
    pub marks: [String; 2],
    pub rows: Vec<SlipRow>,
}

/// One value with the boxes for a better one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlipRow {
    pub field: FieldId,
    pub label: String,
    /// As understood; empty when nothing is established.
    pub value: String,
}

impl Letter {
    /// Every statement that the signing agent answers for, in order.
    pub fn lines(&self) -> impl Iterator<Item = &LetterLine> {
        self.parts.iter().flat_map(|part| match part {
            LetterPart::Values { lines } | LetterPart::Pieces { lines } => lines.as_slice(),
            LetterPart::Heading { .. } | LetterPart::Paragraph { .. } | LetterPart::Help { .. } => &[],
        })
    }
}
