//! What a stage read, as a hash: equal inputs under an equal recipe are never computed twice.

use crate::domain::hexadecimal;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// SHA-256 over the parts as JSON, in hexadecimal.
pub(super) fn hash_of<T: Serialize>(parts: &T) -> Result<String, serde_json::Error> {
    let digest = Sha256::digest(serde_json::to_vec(parts)?);
    Ok(hexadecimal(&digest))
}
