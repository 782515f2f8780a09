//! Bytes as text: hashes are stored, compared and shown in lower-case hexadecimal.

use std::fmt::Write as _;

/// Two characters for each byte.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn small_bytes_keep_their_zero() {
        assert_eq!(super::hexadecimal(&[0, 10, 255]), "000aff");
    }
}
