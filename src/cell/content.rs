//! The bytes of a delivery, brought to each cell piece by piece: no process but a cell ever holds a large file.

use std::io::{Error, ErrorKind, Result, Write};
use std::sync::Arc;

/// Something that can be read as often as cells need it.
pub trait Source: Send + Sync {
    /// Bytes of the whole.
    fn length(&self) -> u64;

    /// Writes the whole.
    ///
    /// # Errors
    /// Those of the medium, and those of `to`.
    fn copy_to(&self, to: &mut dyn Write) -> Result<()>;
}

impl Source for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn copy_to(&self, to: &mut dyn Write) -> Result<()> {
        to.write_all(self)
    }
}

/// What a cell is given to read.
#[derive(Clone)]
pub struct Content(Arc<dyn Source>);

impl Content {
    pub fn of(source: impl Source + 'static) -> Self {
        Self(Arc::new(source))
    }

    #[must_use]
    pub fn length(&self) -> u64 {
        self.0.length()
    }

    /// Writes exactly [`Self::length`] bytes.
    ///
    /// # Errors
    /// Those of the medium and of `to`; `InvalidData` when the source is no longer as long as it said.
    pub fn copy_to(&self, to: &mut dyn Write) -> Result<()> {
        let mut counted = Counted { to, left: self.length() };
        self.0.copy_to(&mut counted)?;
        if counted.left == 0 { Ok(()) } else { Err(changed()) }
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::of(bytes)
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.length())
    }
}

struct Counted<'a> {
    to: &'a mut dyn Write,
    left: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, part: &[u8]) -> Result<usize> {
        if part.len() as u64 > self.left {
            return Err(changed());
        }
        let written = self.to.write(part)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> Result<()> {
        self.to.flush()
    }
}

fn changed() -> Error {
    Error::new(ErrorKind::InvalidData, "the file changed while it was read")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shrunk;

    impl Source for Shrunk {
        fn length(&self) -> u64 {
            10
        }

        fn copy_to(&self, to: &mut dyn Write) -> Result<()> {
            to.write_all(b"123456789")
        }
    }

    #[test]
    fn a_source_that_is_not_as_long_as_it_said_is_an_error() {
        let mut out = Vec::new();
        assert!(Content::from(b"123".to_vec()).copy_to(&mut out).is_ok());
        assert_eq!(out, b"123");
        assert!(Content::of(Shrunk).copy_to(&mut out).is_err());
    }
}
