//! Values as an agent reads and types them: French form on the screen, normal form in the line.
//!
//! An entry is taken or refused with a sentence; nothing is guessed from it.

mod entry;
mod show;

pub(super) use entry::{Entry, normalise};
pub(super) use show::{address_parts, show};
