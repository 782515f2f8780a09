//! Values as an agent reads and types them: French form on the screen, normal form in the line.
//!
//! An entry is taken or refused with a sentence; nothing is guessed from it.

mod entry;

pub(super) use crate::french::values::{address_parts, choices, show};
pub(super) use entry::{Entry, normalise, unchanged};

use crate::french::{countries, fold, squeeze};
