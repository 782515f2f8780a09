//! Whom the signatures of 2D-Doc codes are checked against: keys, already read from their certificates. No file and no clock here.

use super::hexadecimal;
use sha2::{Digest, Sha256};

/// Curves of the specification (2D-Doc v3.2.6, § 3.6), each with the hash of its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    P256,
    P384,
    P521,
}

/// Why a key may not decide although it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its authority stands in the list of trust, or no list was imported and the operator vouches for the certificate.
    Good,
    /// The list that names its authority was due for renewal on this day.
    ListExpired(jiff::civil::Date),
    /// Lists were imported, and none names its authority with a certificate that signed this one.
    NotListed,
    /// Its authority revoked it, which also undoes what it signed before (2D-Doc v3.2.6, § 5.1).
    Revoked,
}

/// The key of one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Four characters, `FR03`.
    pub authority: String,
    /// The certificate's common name; a code names it by the four characters of its identifier.
    pub name: String,
    pub curve: Curve,
    /// The uncompressed point: 0x04, x, y.
    pub point: Vec<u8>,
    pub valid_from: jiff::civil::Date,
    pub valid_until: jiff::civil::Date,
    pub standing: Standing,
    /// The public test authority: everybody has its private key.
    pub test: bool,
}

/// All keys that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    pub keys: Vec<SigningKey>,
}

/// Public key of the test certificate `FR00`/`0001` that the specification prints (v3.2.6, § 16.1), P-256.
const TEST_POINT: [u8; 65] = [
    0x04, 0xa9, 0x8f, 0x0d, 0x7c, 0xcd, 0x62, 0x80, 0x88, 0x93, 0xbe, 0xc4, 0xd4, 0x36, 0xe7, 0x9d, 0x18, 0x34, 0xa1, 0xd6, 0xe0, 0x01,
    0xd7, 0x0f, 0x1c, 0x4c, 0xdc, 0xcd, 0x9d, 0x9e, 0x2f, 0xe2, 0x29, 0xf7, 0x24, 0x05, 0x14, 0xe8, 0xdd, 0xc0, 0xca, 0x98, 0xd0, 0xc7,
    0x44, 0x0c, 0x9c, 0xc4, 0x92, 0x84, 0x9a, 0x0f, 0xbd, 0xa7, 0x3f, 0xc3, 0x92, 0xf4, 0xda, 0x0a, 0xe0, 0x7f, 0x84, 0xc2, 0x3c,
];

impl Trust {
    /// These keys and that of the test authority, for trials only.
    #[must_use]
    pub fn with_test_authority(mut self) -> Self {
        self.keys.push(SigningKey {
            authority: "FR00".to_owned(),
            name: "0001".to_owned(),
            curve: Curve::P256,
            point: TEST_POINT.to_vec(),
            valid_from: jiff::civil::Date::MIN,
            valid_until: jiff::civil::Date::MAX,
            standing: Standing::Good,
            test: true,
        });
        self
    }

    /// Keys that may have signed a code of this authority and certificate identifier.
    pub fn of(&self, authority: &str, certificate: &str) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(move |k| k.authority == authority && (k.name == certificate || names(&k.name, certificate)))
    }

    /// Names the keys and their standing, for the recipe.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for key in &self.keys {
            hash.update(format!("{key:?}\n"));
        }
        hexadecimal(&hash.finalize()[..8])
    }
}

/// Real names hold more than the identifier: `2DDOC-XT4A`.
fn names(name: &str, certificate: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == certificate)
}
