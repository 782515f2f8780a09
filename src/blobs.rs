//! Sealed files: originals and derived pictures, encrypted, addressed by a keyed hash.
