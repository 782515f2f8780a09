//! Whose dossier it is. A wrong person is worse than none: every doubt leaves the choice open.

use crate::domain::{Decision, Extraction, FieldId, FieldValue, Finding, Identity, PersonChoice, PersonOnFile, Reading};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const NUMBER: &str = "numero_etranger";
const NAME: &str = "nom_naissance";
const FIRST_NAMES: &str = "prenoms";
const BIRTH: &str = "date_naissance";

/// What is settled of the applicant's identity.
#[must_use]
pub fn identity(extraction: &Extraction) -> Identity {
    let value = |id: &str| reading(extraction, id).and_then(Reading::settled);
    Identity {
        numero_etranger: reading(extraction, NUMBER).filter(|r| is_proven(r)).and_then(text),
        nom_naissance: reading(extraction, NAME).filter(|r| r.settled().is_some()).and_then(text),
        prenoms: match value(FIRST_NAMES) {
            Some(FieldValue::List(names)) => names.clone(),
            Some(FieldValue::Text(name)) => vec![name.clone()],
            _ => Vec::new(),
        },
        date_naissance: value(BIRTH).cloned(),
    }
}

/// The file to attach to, and the finding where what is on file differs.
pub(super) fn choose(extraction: &Extraction, identity: &Identity, on_file: &[PersonOnFile]) -> (PersonChoice, Option<Finding>) {
    let known = identity.nom_naissance.is_some() && identity.date_naissance.is_some();
    let number = identity.numero_etranger.as_ref();
    let same_number = on_file.iter().find(|person| number.is_some() && person.identity.numero_etranger.as_ref() == number);
    // The number has no check digit: one wrong digit would make a second person of somebody who is on file.
    if same_number.is_none() && on_file.iter().any(|person| agrees(identity, &person.identity)) {
        return (PersonChoice::Open, Some(alike()));
    }
    match (number, same_number) {
        (Some(_), Some(person)) if agrees(identity, &person.identity) => {
            (PersonChoice::Existing(person.id), first_names_differ(identity, &person.identity))
        }
        (Some(_), Some(person)) => (PersonChoice::Open, Some(differs(identity, &person.identity))),
        (Some(_), None) if known => (PersonChoice::New, None),
        // A number that was merely read may be somebody's on file: nobody is added beside them.
        (None, _) if known && !has_number(extraction) => (PersonChoice::New, None),
        _ => (PersonChoice::Open, None),
    }
}

fn reading<'a>(extraction: &'a Extraction, id: &str) -> Option<&'a Reading> {
    extraction.fields.get(&FieldId::from(id))
}

fn text(reading: &Reading) -> Option<String> {
    match &reading.value {
        Some(FieldValue::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// Confirmed by an agent, or accepted on a proof; two equal readings prove no number.
fn is_proven(reading: &Reading) -> bool {
    match reading.decision {
        Decision::Confirmed => true,
        Decision::Accepted => reading.evidence.iter().any(|e| e.proof.is_some() && e.value == reading.value),
        Decision::Review | Decision::Absent => false,
    }
}

fn has_number(extraction: &Extraction) -> bool {
    reading(extraction, NUMBER).is_some_and(|r| r.value.is_some())
}

fn agrees(read: &Identity, filed: &Identity) -> bool {
    let names = match (&read.nom_naissance, &filed.nom_naissance) {
        (Some(a), Some(b)) => folded(a) == folded(b),
        _ => false,
    };
    names && read.date_naissance.is_some() && read.date_naissance == filed.date_naissance
}

fn differs(read: &Identity, filed: &Identity) -> Finding {
    let mut subjects = vec![format!("field:{NUMBER}")];
    if read.nom_naissance.as_deref().map(folded) != filed.nom_naissance.as_deref().map(folded) {
        subjects.push(format!("field:{NAME}"));
    }
    if read.date_naissance != filed.date_naissance {
        subjects.push(format!("field:{BIRTH}"));
    }
    let message = "Ce numéro étranger est déjà celui d'une personne dont l'identité diffère : le dossier n'a pas été rattaché.";
    Finding { code: "identite_en_base_differente".into(), subjects, message: message.into() }
}

fn alike() -> Finding {
    let subjects = [NUMBER, NAME, BIRTH].map(|id| format!("field:{id}")).to_vec();
    let message = "Une personne du même nom, née le même jour, est déjà en base sous un autre numéro ou sans numéro : le dossier n'a pas été \
                   rattaché. Vérifiez le numéro et comparez les deux dossiers.";
    Finding { code: "personne_semblable_en_base".into(), subjects, message: message.into() }
}

fn first_names_differ(read: &Identity, filed: &Identity) -> Option<Finding> {
    let fold = |names: &[String]| names.iter().map(|n| folded(n)).collect::<Vec<_>>();
    if read.prenoms.is_empty() || filed.prenoms.is_empty() || fold(&read.prenoms) == fold(&filed.prenoms) {
        return None;
    }
    let message = "Les prénoms diffèrent de ceux de la personne en base, qui n'ont pas été modifiés.";
    Some(Finding { code: "prenoms_en_base_differents".into(), subjects: vec![format!("field:{FIRST_NAMES}")], message: message.into() })
}

/// A name without accents, hyphens, apostrophes and case: the same person is written in many ways.
fn folded(name: &str) -> String {
    let plain: String = name.nfd().filter(|c| !is_combining_mark(*c)).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Channel, Engine, Evidence, PersonId, Proof, Rect, RequestDates, Source};
    use std::collections::BTreeMap;

    fn read(value: FieldValue, decision: Decision, proof: Option<Proof>) -> Reading {
        let evidence = Evidence {
            source: Source::Mrz,
            engine: Engine::Tesseract,
            page: 1,
            rect: Rect::default(),
            value: Some(value.clone()),
            raw: String::new(),
            proof,
        };
        Reading {
            value: Some(value),
            decision,
            confidence: 0.9,
            source: Source::Mrz,
            page: None,
            rect: None,
            because: String::new(),
            evidence: vec![evidence],
        }
    }

    fn extraction(number: Reading) -> Extraction {
        let text = |t: &str| FieldValue::Text(t.into());
        let nothing = read(text("etudiant"), Decision::Accepted, None);
        let fields = [
            (NUMBER, number),
            (NAME, read(text("N'DIAYE-SOW"), Decision::Confirmed, None)),
            (BIRTH, read(FieldValue::Date("1999-02-03".parse().unwrap()), Decision::Accepted, Some(Proof::CheckDigit))),
        ];
        Extraction {
            pages: vec![1],
            channel: Channel::Postal,
            permit: nothing.clone(),
            request: nothing,
            dates: RequestDates::default(),
            pieces: Vec::new(),
            fields: BTreeMap::from(fields.map(|(id, reading)| (FieldId::from(id), reading))),
            findings: Vec::new(),
            signals: std::collections::BTreeMap::new(),
        }
    }

    fn number(decision: Decision, proof: Option<Proof>) -> Reading {
        read(FieldValue::Text("7503012345".into()), decision, proof)
    }

    fn on_file(name: &str, birth: &str) -> PersonOnFile {
        PersonOnFile {
            id: PersonId(uuid::Uuid::nil()),
            identity: Identity {
                numero_etranger: Some("7503012345".into()),
                nom_naissance: Some(name.into()),
                prenoms: vec!["AWA".into()],
                date_naissance: Some(FieldValue::Date(birth.parse().unwrap())),
            },
        }
    }

    fn chosen(number: Reading, person: Option<&PersonOnFile>) -> (PersonChoice, Option<Finding>) {
        let extraction = extraction(number);
        choose(&extraction, &identity(&extraction), person.map(std::slice::from_ref).unwrap_or_default())
    }

    #[test]
    fn a_file_is_joined_only_when_number_name_and_birth_date_agree() {
        let same = on_file("Ndiaye Sow", "1999-02-03");
        let written_otherwise = on_file("N DIAYE SOW", "1999-02-03");
        let confirmed = || number(Decision::Confirmed, None);
        assert_eq!(chosen(confirmed(), Some(&written_otherwise)).0, PersonChoice::Existing(same.id));
        for other in [on_file("DIALLO", "1999-02-03"), on_file("N DIAYE SOW", "1999-03-02")] {
            let (choice, finding) = chosen(confirmed(), Some(&other));
            assert_eq!(choice, PersonChoice::Open);
            assert_eq!(finding.unwrap().code, "identite_en_base_differente");
        }
    }

    #[test]
    fn a_number_that_was_only_read_joins_nobody_and_adds_nobody() {
        let same = on_file("N DIAYE SOW", "1999-02-03");
        for reading in [number(Decision::Review, None), number(Decision::Accepted, None)] {
            assert_eq!(chosen(reading.clone(), Some(&same)).0, PersonChoice::Open);
            assert_eq!(chosen(reading, None).0, PersonChoice::Open);
        }
        assert_eq!(chosen(number(Decision::Accepted, Some(Proof::Signature)), Some(&same)).0, PersonChoice::Existing(same.id));
        assert_eq!(chosen(number(Decision::Confirmed, None), None).0, PersonChoice::New);
    }

    #[test]
    fn nobody_is_doubled_in_silence_by_another_number_or_none() {
        for filed in [Some("7503012340"), None] {
            let mut person = on_file("Ndiaye-Sow", "1999-02-03");
            person.identity.nom_naissance = Some("N DIAYE SOW".into());
            person.identity.numero_etranger = filed.map(str::to_owned);
            let (choice, finding) = chosen(number(Decision::Confirmed, None), Some(&person));
            assert_eq!((choice, finding.unwrap().code.as_str()), (PersonChoice::Open, "personne_semblable_en_base"));
        }
        let twin = on_file("N DIAYE", "1999-02-03");
        let other = PersonOnFile { identity: Identity { numero_etranger: None, ..twin.identity }, ..twin };
        assert_eq!(chosen(number(Decision::Confirmed, None), Some(&other)).0, PersonChoice::New, "a birthday is shared by many");
    }
}
