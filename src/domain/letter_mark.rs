//! The code on our own pages: leads a page that comes back by post to the dossier that it is about.
//!
//! ```text
//! PSR1:35:0199AB…(32 hexadecimal digits of the envelope):AR:1:4F2C…(20 digits of HMAC-SHA-256)
//! ```
//!
//! Upper case throughout, which a QR code packs best. The signature keeps a guessed or altered code from leading anywhere; it is no
//! secret and gives no right: whoever follows it is an agent who sees both papers.

use super::{EnvelopeId, PrefectureId, hexadecimal};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

const VERSION: &str = "PSR1";
/// Bytes of the signature that are printed.
const SIGNED: usize = 10;

/// What the marks of an installation are signed with.
#[derive(Clone)]
pub struct MarkKey(pub [u8; 32]);

impl std::fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MarkKey(…)")
    }
}

/// What a code of ours says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterMark {
    pub prefecture: PrefectureId,
    pub envelope: EnvelopeId,
    /// `code` of the letter.
    pub letter: String,
    /// 1-based page of the letter.
    pub page: u32,
}

impl LetterMark {
    /// The text of the QR code.
    #[must_use]
    pub fn sign(&self, key: &MarkKey) -> String {
        let said = self.said();
        format!("{said}:{}", signature(&said, key))
    }

    /// Reads a code; none when it is not ours or its signature does not hold.
    #[must_use]
    pub fn read(text: &str, key: &MarkKey) -> Option<Self> {
        let (said, signed) = text.rsplit_once(':')?;
        let mark = Self::claimed(text)?;
        // The comparison takes the same time wherever the two differ.
        let good = signature(said, key);
        let same = good.len() == signed.len() && good.bytes().zip(signed.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0;
        same.then_some(mark)
    }

    /// What a code says of itself, without its signature: enough to know a page of ours, never to act on it.
    #[must_use]
    pub fn claimed(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (version, prefecture, envelope, letter, page) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let known = version == VERSION && parts.next().is_some() && parts.next().is_none();
        let envelope = EnvelopeId(Uuid::try_parse(envelope).ok()?);
        let page = page.parse().ok()?;
        known.then(|| Self { prefecture: PrefectureId(prefecture.to_owned()), envelope, letter: letter.to_owned(), page })
    }

    /// The dossier's reference as its letters print it: short enough to be read out on the telephone.
    #[must_use]
    pub fn reference(prefecture: &PrefectureId, envelope: EnvelopeId) -> String {
        let id = envelope.0.simple().to_string().to_uppercase();
        let tail = id.get(id.len() - 8..).unwrap_or_default();
        format!("{}-{}-{}", prefecture.as_str(), &tail[..4], &tail[4..])
    }

    fn said(&self) -> String {
        format!("{VERSION}:{}:{}:{}:{}", self.prefecture.as_str(), self.envelope.0.simple(), self.letter, self.page).to_uppercase()
    }
}

fn signature(said: &str, key: &MarkKey) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key.0) else { return String::new() };
    mac.update(said.as_bytes());
    hexadecimal(&mac.finalize().into_bytes()[..SIGNED]).to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> LetterMark {
        let envelope = EnvelopeId("0199ab00-0000-7000-8000-00000000002a".parse().unwrap());
        LetterMark { prefecture: PrefectureId("35".into()), envelope, letter: "AR".into(), page: 2 }
    }

    #[test]
    fn a_code_leads_back_to_its_dossier() {
        let key = MarkKey([7; 32]);
        let text = mark().sign(&key);
        assert!(text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase() || c == ':'), "{text}");
        assert_eq!(LetterMark::read(&text, &key), Some(mark()));
    }

    #[test]
    fn an_altered_code_and_one_of_another_installation_lead_nowhere() {
        let text = mark().sign(&MarkKey([7; 32]));
        assert_eq!(LetterMark::read(&text, &MarkKey([8; 32])), None);
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(LetterMark::read(&other, &MarkKey([7; 32])), None, "{other}");
        }
        for text in ["", "PSR1", "PSR1:35:x:AR:1:00", "https://example.org/PSR1"] {
            assert_eq!(LetterMark::read(text, &MarkKey([7; 32])), None, "{text}");
        }
    }
}
