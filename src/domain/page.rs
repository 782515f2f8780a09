//! What the cell reads off one page: words, zones, check boxes, MRZ and codes, with their places.
//!
//! Rectangles of this file are in pixels of the **upright, deskewed** picture; [`PageRead::transform`]
//! leads back to the page as scanned. Everything that leaves `extract` is in scanned pixels.

use super::{FieldId, Rect, Refusal, Transform};
use serde::{Deserialize, Serialize};

/// Which program or rule produced a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Tesseract, full page or zone.
    Tesseract,
    /// PP-OCRv6 on `rten`.
    Ppocr,
    /// zxing-cpp.
    Zxing,
    /// The reader of machine-readable zones, cell by cell.
    Ocrb,
    /// Ink measured by geometry: check boxes, signatures, empty places.
    Geometry,
}

/// One page after the read stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageRead {
    /// 1-based, in the order of the file.
    pub number: u32,
    /// Resolution used, dots per inch (declared by the file, else derived from A4).
    pub dpi: u32,
    /// From the page as scanned to the upright picture.
    pub transform: Transform,
    pub state: PageState,
    /// Words of the full page in reading order.
    pub words: Vec<Word>,
    /// Places for an answer, found by geometry and label.
    pub zones: Vec<Zone>,
    /// Tick boxes with the words beside them.
    pub checkboxes: Vec<CheckBox>,
    /// Machine-readable zones, as read (after correction by position class only).
    pub mrz: Vec<MrzRead>,
    /// QR and DataMatrix.
    pub codes: Vec<CodeRead>,
    /// Dark areas that look like a hand-drawn signature, photograph or stamp.
    pub marks: Vec<Mark>,
    /// Printed values that a second engine looked at.
    #[serde(default)]
    pub looks: Vec<Look>,
}

/// The words of one printed value as a second engine reads them. They stand for those of [`PageRead::words`] whose
/// centre lies in `rect`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub rect: Rect,
    pub words: Vec<Word>,
}

/// Whether a page could be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageState {
    Read,
    /// No ink but noise.
    Blank,
    /// The page killed its cell, passed its deadline, or cannot be decoded.
    Unreadable(Refusal),
}

/// One printed or written word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    pub text: String,
    pub rect: Rect,
    /// The engine's own figure, 0 to 1. Not a probability.
    pub confidence: f32,
    /// Words of one text line share this number, unique on the page.
    pub line: u32,
    pub engine: Engine,
}

/// The geometry of a place for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneShape {
    /// One cell per character.
    Comb { cells: u32 },
    /// A ruled, dotted or unmarked line to write on.
    Line,
    /// A frame or table cell.
    Frame,
}

/// How a zone came to be known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneOrigin {
    /// Label words and geometry on an unknown form.
    Discovered,
    /// A known form, by registration.
    Form { id: String },
}

/// A place for an answer on a form, attached to a field. Known forms and discovery give the same type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Zone {
    pub field: FieldId,
    pub shape: ZoneShape,
    pub origin: ZoneOrigin,
    pub rect: Rect,
    /// The label words as read on the page, and their place.
    pub label: String,
    pub label_rect: Rect,
    /// How well the label matched a variant of the catalogue, 0 to 1.
    pub label_match: f32,
    /// Share of dark pixels after rules and combs are removed. 0 is a sure void.
    pub ink: f32,
    /// True when the place was found and holds no ink but noise.
    pub empty: bool,
    /// What each engine read inside; empty when `empty`.
    pub readings: Vec<ZoneReading>,
}

/// What one engine read in a zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZoneReading {
    pub engine: Engine,
    pub text: String,
    /// Smallest character confidence, 0 to 1.
    pub confidence: f32,
}

/// A tick box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckBox {
    pub rect: Rect,
    /// Words printed right of the box, up to the next box.
    pub words: String,
    /// Label words of the row or group (left of the first box, or above), as read; empty if none.
    pub group: String,
    /// Share of dark pixels inside the frame.
    pub ink: f32,
    pub state: TickState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TickState {
    Marked,
    Clear,
    /// Between the two: a person looks.
    Doubtful,
}

/// A machine-readable zone as read; parse it with [`super::mrz`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MrzRead {
    /// Two lines of 44 or 36 characters, or three of 30.
    pub lines: Vec<String>,
    pub rect: Rect,
    pub engine: Engine,
    /// Smallest character confidence, 0 to 1.
    pub confidence: f32,
    /// The same lines as another engine read them; empty where none gave the same number of lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second: Vec<String>,
}

/// A two-dimensional code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CodeRead {
    /// `qr_code`, `data_matrix` or what zxing-cpp calls it, snake case.
    pub symbology: String,
    /// Content as text where it is UTF-8 or Latin-1.
    pub text: String,
    /// Raw bytes in base64.
    pub bytes: String,
    pub rect: Rect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    Signature,
    Photo,
    Stamp,
}

/// Ink that is no text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub kind: MarkKind,
    pub rect: Rect,
    /// Share of dark pixels.
    pub ink: f32,
}
