//! From the identifiers of a code to candidates of our fields.

use super::super::kinds::{address, number};
use super::message::{Message, day};
use crate::catalogue::{Catalogue, FieldDef, FieldKind, SealedType, SealedValue};
use crate::domain::{
    Address, Candidate, CodeRead, Engine, Evidence, FieldId, FieldValue, PageRead, PartialDate, Proof, SealVerdict, Source,
};

/// Everything that the code says of fields that the catalogue has. Values cut for want of room say nothing.
pub(super) fn candidates(
    page: &PageRead,
    code: &CodeRead,
    message: &Message,
    sealed: &SealedType,
    verdict: SealVerdict,
    catalogue: &Catalogue,
) -> Vec<Candidate> {
    let proven = matches!(verdict, SealVerdict::Valide | SealVerdict::Essai);
    let make = |field: &FieldId, value: FieldValue, raw: String| Candidate {
        field: field.clone(),
        value: Some(value.clone()),
        empty: false,
        // An unverifiable code is print without slips: nobody vouches for it, and no engine misread it.
        confidence: if proven { 0.99 } else { 0.9 },
        evidence: Evidence {
            source: Source::TwoDDoc,
            engine: Engine::Zxing,
            page: page.number,
            rect: page.transform.to_scan(code.rect),
            value: Some(value),
            raw,
            proof: proven.then_some(Proof::Signature),
        },
    };
    let held = sealed.values.iter().filter_map(|def| {
        let field = catalogue.field(def.field.as_str())?;
        let parts = parts(message, def)?;
        let raw = parts.join(" ");
        Some(make(&def.field, value(field, &parts)?, raw))
    });
    let issued = sealed.issued.as_ref().zip(message.issued).map(|(field, day)| make(field, FieldValue::Date(day), day.to_string()));
    held.chain(issued).collect()
}

/// The texts of the identifiers, in order; `None` when there is none, or one was cut.
fn parts(message: &Message, def: &SealedValue) -> Option<Vec<String>> {
    let found: Vec<_> = def.from.iter().filter_map(|id| message.values.get(id)).collect();
    if found.iter().any(|v| v.cut) {
        return None;
    }
    let text = |text: &str| match def.part {
        Some(part) => text.split('/').nth(part).unwrap_or_default().trim().to_owned(),
        None => text.to_owned(),
    };
    let texts: Vec<String> = found.iter().map(|v| text(&v.text)).filter(|t| !t.is_empty()).collect();
    (!texts.is_empty()).then_some(texts)
}

fn value(field: &FieldDef, parts: &[String]) -> Option<FieldValue> {
    let text = parts.join(" ").to_uppercase();
    match field.kind {
        FieldKind::Name | FieldKind::Text => Some(FieldValue::Text(text.replace('/', " "))),
        FieldKind::Names => Some(FieldValue::List(text.split(['/', ' ']).filter(|n| !n.is_empty()).map(str::to_owned).collect())),
        FieldKind::Date => date(&text),
        FieldKind::Number => number::parse(&text, field.pattern.as_deref()).map(FieldValue::Text),
        FieldKind::Choice => field.choices.iter().find(|c| c.id == text).map(|c| FieldValue::Text(c.id.clone())),
        FieldKind::Country => country(&text).map(FieldValue::Text),
        FieldKind::Countries => country(&text).map(|code| FieldValue::List(vec![code])),
        FieldKind::Address => whole_address(parts).map(FieldValue::Address),
        FieldKind::Telephone | FieldKind::Courriel | FieldKind::Amount | FieldKind::Flag => None,
    }
}

/// `XX` is a stateless person, who is no country.
fn country(text: &str) -> Option<String> {
    (text.len() == 2 && text != "XX" && text.bytes().all(|b| b.is_ascii_uppercase())).then(|| text.to_owned())
}

/// `JJMMAAAA`, `00` where day or month are not known; four hexadecimal digits count days.
fn date(text: &str) -> Option<FieldValue> {
    if text.len() == 4 {
        return day(text).map(FieldValue::Date);
    }
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (jour, mois, annee): (i8, i8, i16) = (text[..2].parse().ok()?, text[2..4].parse().ok()?, text[4..].parse().ok()?);
    match (jour, mois) {
        (0, 0) => Some(FieldValue::PartialDate(PartialDate { annee, mois: None, jour: None })),
        (0, 1..=12) => Some(FieldValue::PartialDate(PartialDate { annee, mois: Some(mois), jour: None })),
        _ => jiff::civil::Date::new(annee, mois, jour).ok().map(FieldValue::Date),
    }
}

/// Lines of an address (norm AFNOR NF Z10-011) that end with postal code and town; lines before the street are its complement.
fn whole_address(parts: &[String]) -> Option<Address> {
    let [lines @ .., code, town] = parts else { return None };
    let at = lines.iter().rposition(|l| address::is_street(&l.to_uppercase())).unwrap_or(lines.len().checked_sub(1)?);
    let mut found = address::parse(&format!("{} {code} {town}", lines[at]))?;
    let others: Vec<&str> = lines.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, l)| l.as_str()).collect();
    if found.complement.is_none() && !others.is_empty() {
        found.complement = Some(others.join(" ").to_uppercase());
    }
    Some(found)
}
