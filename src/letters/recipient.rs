//! To whom the letter goes: six lines of 38 characters at most, as the window of an envelope shows them (NF Z10-011).

use super::prepare::NotReady;
use crate::domain::{Address, FieldValue};

const LONGEST: usize = 38;
const MOST: usize = 6;

/// Names and address as settled; `host` when somebody else's name stands on the letter box.
pub(super) struct Addressee<'a> {
    pub prenoms: Option<&'a FieldValue>,
    pub nom: Option<&'a FieldValue>,
    pub address: Option<&'a FieldValue>,
    pub host: Option<String>,
}

/// The lines of the window.
pub(super) fn lines(to: &Addressee<'_>) -> Result<Vec<String>, NotReady> {
    let name = words(to.prenoms).into_iter().chain(words(to.nom)).collect::<Vec<_>>().join(" ");
    let Some(FieldValue::Address(address)) = to.address else { return Err(NotReady::Address) };
    if to.nom.is_none() {
        return Err(NotReady::Name);
    }
    let mut lines = wrapped(&name.to_uppercase());
    lines.extend(to.host.iter().flat_map(|host| wrapped(&format!("CHEZ {}", host.to_uppercase()))));
    lines.extend(of(address).iter().flat_map(|line| wrapped(line)));
    if lines.len() > MOST { Err(NotReady::LongAddress) } else { Ok(lines) }
}

fn of(address: &Address) -> Vec<String> {
    let street = [address.numero.as_deref().unwrap_or_default(), &address.voie].join(" ").trim().to_uppercase();
    let town = format!("{} {}", address.code_postal, address.commune).trim().to_uppercase();
    let abroad = address.pays.as_deref().filter(|c| *c != "FR").map(str::to_uppercase);
    let all = [address.complement.clone().unwrap_or_default().to_uppercase(), street, town, abroad.unwrap_or_default()];
    all.into_iter().filter(|line| !line.is_empty()).collect()
}

fn words(value: Option<&FieldValue>) -> Vec<String> {
    match value {
        Some(FieldValue::Text(text)) => vec![text.clone()],
        // The first given name finds its reader; all of them may not fit.
        Some(FieldValue::List(items)) => items.first().cloned().into_iter().collect(),
        _ => Vec::new(),
    }
}

/// One line, or more where it is too long; a word is never cut.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LONGEST => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(complement: Option<&str>, voie: &str) -> FieldValue {
        FieldValue::Address(Address {
            numero: Some("12 BIS".into()),
            voie: voie.into(),
            complement: complement.map(Into::into),
            code_postal: "35000".into(),
            commune: "Rennes".into(),
            pays: Some("FR".into()),
        })
    }

    fn to<'a>(prenoms: &'a FieldValue, nom: &'a FieldValue, address: &'a FieldValue) -> Addressee<'a> {
        Addressee { prenoms: Some(prenoms), nom: Some(nom), address: Some(address), host: None }
    }

    #[test]
    fn name_street_and_town_stand_in_the_order_of_the_post() {
        let (prenoms, nom) = (FieldValue::List(vec!["Aïssatou".into(), "Marie".into()]), FieldValue::Text("DIALLO-NDIAYE".into()));
        let home = address(Some("APPT 4 BÂT C"), "rue de l’Alma");
        let hosted = Addressee { host: Some("Benoît Le Goff".into()), ..to(&prenoms, &nom, &home) };
        let expected = ["AÏSSATOU DIALLO-NDIAYE", "CHEZ BENOÎT LE GOFF", "APPT 4 BÂT C", "12 BIS RUE DE L’ALMA", "35000 RENNES"];
        assert_eq!(lines(&hosted).unwrap(), expected);
    }

    #[test]
    fn long_lines_are_broken_between_words_and_a_window_that_is_too_small_is_said_so() {
        let (prenoms, nom) = (FieldValue::List(vec!["JEAN".into()]), FieldValue::Text("DIALLO".into()));
        let long = address(None, "AVENUE DU GÉNÉRAL DE DIVISION ALFRED MARIE JOSEPH HEURTAUX");
        let broken = lines(&to(&prenoms, &nom, &long)).unwrap();
        assert!(broken.len() == 4 && broken.iter().all(|l| l.chars().count() <= LONGEST), "{broken:?}");
        let endless = address(None, &"BOULEVARD INTERMINABLE ".repeat(12));
        assert_eq!(lines(&to(&prenoms, &nom, &endless)), Err(NotReady::LongAddress));
        let nowhere = Addressee { address: None, ..to(&prenoms, &nom, &long) };
        assert_eq!(lines(&nowhere), Err(NotReady::Address));
    }
}
