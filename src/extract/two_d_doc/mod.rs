//! 2D-Doc: the signed codes of bills, notices and attestations (specification v3.2.6, perimeter 01). A right signature
//! proves what the code says; which document it is and which fields it holds is data (`pipelines/deux_d_doc.toml`).

mod message;
mod values;
mod verify;

use crate::catalogue::Catalogue;
use crate::domain::{Candidate, CodeRead, PageRead, Seal, SealVerdict, Trust};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The 2D-Doc codes of a page: what each is worth, and what the believable ones say.
pub(super) fn read(page: &PageRead, catalogue: &Catalogue, trust: &Trust) -> (Vec<Seal>, Vec<Candidate>) {
    let (mut seals, mut candidates) = (Vec::new(), Vec::new());
    for code in &page.codes {
        let Ok(bytes) = STANDARD.decode(&code.bytes) else { continue };
        let Some((seal, said)) = one(page, code, &bytes, catalogue, trust) else { continue };
        seals.push(seal);
        candidates.extend(said);
    }
    (seals, candidates)
}

fn one(page: &PageRead, code: &CodeRead, bytes: &[u8], catalogue: &Catalogue, trust: &Trust) -> Option<(Seal, Vec<Candidate>)> {
    let known = &catalogue.two_d_doc;
    let message = match message::parse(bytes, known)? {
        Ok(message) => message,
        Err(why) => {
            let (verdict, reason) = verify::broken(why);
            return Some((Seal { document: "2D-Doc".to_owned(), signer: String::new(), verdict, reason }, Vec::new()));
        }
    };
    let sealed = known.types.iter().find(|t| t.id == message.document);
    let (verdict, reason) = verify::judge(&message, sealed, trust);
    let seal = Seal {
        document: sealed.map_or_else(|| message.document.clone(), |s| s.label.clone()),
        signer: format!("{}/{}", message.authority, message.certificate),
        verdict,
        reason,
    };
    // A code that fails its check says nothing but that: its values are for a person to see on the page.
    let believed = sealed.filter(|_| verdict != SealVerdict::Invalide);
    let said = believed.map(|s| values::candidates(page, code, &message, s, verdict, catalogue)).unwrap_or_default();
    Some((seal, said))
}

#[cfg(test)]
mod tests;
