//! The plain types of the product. They import nothing of the crate, do nothing to the world, and
//! serialise to the JSON that artefacts and the contract are made of.
//!
//! | word | meaning |
//! |---|---|
//! | delivery (dépôt) | one dropped file, or one folder of page files |
//! | envelope (pli) | one application found in a delivery |
//! | sheet | one page with the kinds and values that it shows by itself |
//! | piece (pièce) | one document of an envelope, one or more pages |
//! | reading | one field with its value, decision and evidence |
//! | constat | what the pieces and fields mean for the permit |

mod access;
mod anomaly;
mod blob;
mod bundle;
mod calibration;
mod constat;
mod corrected;
mod correction;
mod delivery;
mod dossier;
mod envelope;
mod field;
mod geometry;
mod hexadecimal;
mod hours;
mod ids;
mod index;
mod job;
mod letter;
mod letter_mark;
pub mod mrz;
mod page;
mod perspective;
mod reading;
mod refusal;
mod service;
mod sheet;
mod substitution;
mod time;
mod trust;

pub use access::*;
pub use anomaly::*;
pub use blob::*;
pub use bundle::*;
pub use calibration::*;
pub use constat::*;
pub use correction::*;
pub use delivery::*;
pub use dossier::*;
pub use envelope::*;
pub use field::*;
pub use geometry::*;
pub use hexadecimal::*;
pub use hours::*;
pub use ids::*;
pub use index::*;
pub use job::*;
pub use letter::*;
pub use letter_mark::*;
pub use page::*;
pub use perspective::*;
pub use reading::*;
pub use refusal::*;
pub use service::*;
pub use sheet::*;
pub use substitution::*;
pub use time::*;
pub use trust::*;
