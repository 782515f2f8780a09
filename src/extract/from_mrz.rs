//! Candidates from machine-readable zones. Numbers and dates under a passing check digit carry a proof;
//! names, sex and nationality never do, and names are without accents there.

use super::kinds::country;
use crate::domain::mrz::{ANY_YEAR, Check, Mrz, MrzDate, MrzKind, MrzText, parse};
use crate::domain::{Candidate, Engine, Evidence, FieldId, FieldValue, MrzRead, PageRead, Proof, Source};

/// Of the zones whose least sure cell is below this, one line in eight is right as a whole.
const DOUBTFUL: f32 = 0.3;

/// The zones of a page that have a known shape, best reading of each place first.
pub(super) fn zones(page: &PageRead, reference_year: i16) -> Vec<(Mrz, &MrzRead)> {
    let mut found: Vec<(Mrz, &MrzRead)> =
        page.mrz.iter().filter_map(|read| parse(&read.lines, reference_year).map(|zone| (zone, read))).collect();
    found.sort_by_key(|(zone, _)| std::cmp::Reverse(zone.checks().0));
    let mut kept: Vec<(Mrz, &MrzRead)> = Vec::new();
    for (zone, read) in found {
        let seen = kept.iter().any(|(_, k)| k.rect.vertical_overlap(&read.rect) > 0 && k.rect.horizontal_overlap(&read.rect) > 0);
        // A shape without one right key is a drawing that looks like text.
        if !seen && zone.checks().0 > 0 {
            kept.push((zone, read));
        }
    }
    kept
}

/// True for the card of a foreigner (`IR`, or another code of France that is no identity card).
pub(super) fn is_residence_card(zone: &Mrz) -> bool {
    zone.kind == MrzKind::Td1 && zone.issuer == "FRA" && zone.code.starts_with('I') && zone.code != "ID"
}

/// Everything that a zone says, as candidates of the person on the document.
pub(super) fn candidates(page: &PageRead, zone: &Mrz, read: &MrzRead) -> Vec<Candidate> {
    let maker = Maker { page, read, zone };
    let mut out = Vec::new();
    let (number, expiry) = match zone.kind {
        MrzKind::Td3 => (Some("numero_passeport"), "passeport_expire_le"),
        MrzKind::MrvA | MrzKind::MrvB => (Some("numero_visa"), "visa_fin"),
        _ if is_residence_card(zone) => (Some("numero_titre"), "titre_fin"),
        _ => (None, "expire_le"),
    };
    if let Some(field) = number {
        out.extend(maker.number(field, &zone.number));
    }
    if let Some(date) = &zone.expiry {
        out.extend(maker.date(expiry, date));
        if expiry != "expire_le" {
            out.extend(maker.date("expire_le", date));
        }
    }
    out.extend(maker.date("date_naissance", &zone.birth));
    if !zone.surname.is_empty() {
        out.push(maker.plain("nom_naissance", FieldValue::Text(zone.surname.clone())));
    }
    if !zone.given_names.is_empty() && !zone.names_truncated {
        out.push(maker.plain("prenoms", FieldValue::List(zone.given_names.clone())));
    }
    if let Some(sex) = zone.sex.filter(|s| *s != 'X') {
        out.push(maker.plain("sexe", FieldValue::Text(sex.to_string())));
    }
    if let Some(code) = country::from_zone(&zone.nationality) {
        out.push(maker.plain("nationalites", FieldValue::List(vec![code])));
    }
    if is_residence_card(zone) && zone.optional.value.len() == 10 && zone.optional.value.bytes().all(|b| b.is_ascii_digit()) {
        out.push(maker.plain("numero_etranger", FieldValue::Text(zone.optional.value.clone())));
    }
    out
}

struct Maker<'a> {
    page: &'a PageRead,
    read: &'a MrzRead,
    zone: &'a Mrz,
}

impl Maker<'_> {
    fn number(&self, field: &str, text: &MrzText) -> Option<Candidate> {
        (!text.value.is_empty()).then(|| self.make(field, FieldValue::Text(text.value.clone()), text.check))
    }

    fn date(&self, field: &str, date: &MrzDate) -> Option<Candidate> {
        let value = match date.civil() {
            Some(day) => FieldValue::Date(day),
            None => FieldValue::PartialDate(date.value?),
        };
        Some(self.make(field, value, date.check))
    }

    fn plain(&self, field: &str, value: FieldValue) -> Candidate {
        self.make(field, value, Check::None)
    }

    /// True when another engine read other digits that pass as well: then passing proves neither.
    fn is_disputed(&self) -> bool {
        let (passing, present) = self.zone.checks();
        parse(&self.read.second, ANY_YEAR).is_some_and(|other| {
            let (passes, looked_at) = other.checks();
            passing == present && passes == looked_at && looked_at == present && other.number.value != self.zone.number.value
        })
    }

    fn make(&self, field: &str, value: FieldValue, check: Check) -> Candidate {
        let (passing, present) = self.zone.checks();
        let whole = passing as f64 / present.max(1) as f64;
        // One digit in ten passes by chance: with a cell that could be anything, a passing digit is no proof.
        let doubtful = self.read.engine == Engine::Ocrb && self.read.confidence < DOUBTFUL || self.is_disputed();
        let confidence = match check {
            Check::Passes if doubtful => 0.6,
            Check::Passes => 0.97,
            Check::Fails => 0.3,
            Check::None => 0.5 + 0.4 * whole,
        };
        Candidate {
            field: FieldId::from(field),
            value: Some(value.clone()),
            empty: false,
            confidence,
            evidence: Evidence {
                source: Source::Mrz,
                engine: self.read.engine,
                page: self.page.number,
                rect: self.page.transform.to_scan(self.read.rect),
                value: Some(value),
                raw: self.read.lines.join("\n"),
                proof: (check.passes() && !doubtful).then_some(Proof::CheckDigit),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::page;
    use super::*;
    use crate::domain::Rect;

    #[test]
    fn a_residence_card_gives_its_number_and_the_number_of_the_person() {
        let mut page = page(&[]);
        let lines = ["IRFRAFM168825504450258423<<<<<", "0111067M2612225TUN<<<<<<<<<<<7", "BEN<YOUSSEF<<WASSIM<<<<<<<<<<<"];
        page.mrz.push(MrzRead {
            lines: lines.map(str::to_owned).to_vec(),
            rect: Rect::new(100, 100, 800, 120),
            engine: Engine::Ppocr,
            confidence: 0.9,
            second: Vec::new(),
        });
        let found = zones(&page, 2026);
        let all = candidates(&page, &found[0].0, found[0].1);
        let of = |field: &str| {
            all.iter().find(|c| c.field.as_str() == field).map(|c| (serde_json::to_string(&c.value).unwrap(), c.evidence.proof))
        };
        assert_eq!(of("numero_titre"), Some(("\"FM1688255\"".to_owned(), Some(Proof::CheckDigit))));
        assert_eq!(of("titre_fin"), Some(("\"2026-12-22\"".to_owned(), Some(Proof::CheckDigit))));
        assert_eq!(of("numero_etranger"), Some(("\"4450258423\"".to_owned(), None)), "no digit covers it alone");
        assert_eq!(of("nationalites"), Some(("[\"TN\"]".to_owned(), None)), "no digit proves a nationality");
    }
}
