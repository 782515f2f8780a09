//! A normalised value in French form.

use super::countries;
use crate::catalogue::{Choice, FieldDef, FieldKind};
use crate::domain::{Address, FieldValue, PartialDate};

/// The value as printed on a screen and as typed into a field: what the review station takes back.
pub(crate) fn show(value: &FieldValue, field: Option<&FieldDef>) -> String {
    let kind = field.map(|f| f.kind);
    match value {
        FieldValue::Bool(true) => "oui".to_owned(),
        FieldValue::Bool(false) => "non".to_owned(),
        FieldValue::Date(date) => format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year()),
        FieldValue::Text(text) => match kind {
            Some(FieldKind::Choice) => of_choice(text, field),
            Some(FieldKind::Country) => countries::name(text),
            Some(FieldKind::Telephone) => telephone(text),
            Some(FieldKind::Amount) => text.replace('.', ","),
            _ => text.clone(),
        },
        FieldValue::List(items) if kind == Some(FieldKind::Countries) => {
            items.iter().map(|code| countries::name(code)).collect::<Vec<_>>().join(", ")
        }
        FieldValue::List(items) => items.join(", "),
        FieldValue::PartialDate(date) => partial(*date),
        FieldValue::Address(address) => one_line(address),
    }
}

/// The answers of a choice: id and words.
pub(crate) fn choices(field: &FieldDef) -> Vec<(String, String)> {
    field.choices.iter().map(|c| (c.id.clone(), choice_words(c).to_owned())).collect()
}

/// The six parts of an address in the order of the form: number, street, complement, postcode, town, country.
pub(crate) fn address_parts(value: Option<&FieldValue>) -> [String; 6] {
    let Some(FieldValue::Address(a)) = value else { return Default::default() };
    let own = |part: &Option<String>| part.clone().unwrap_or_default();
    [own(&a.numero), a.voie.clone(), own(&a.complement), a.code_postal.clone(), a.commune.clone(), own(&a.pays)]
}

fn of_choice(id: &str, field: Option<&FieldDef>) -> String {
    let choice = field.and_then(|f| f.choices.iter().find(|c| c.id == id));
    // Forms print the straight apostrophe, and the words of a choice are those of forms.
    choice.map_or(id, choice_words).replace('\'', "’")
}

/// The words of a choice: the first that is more than an initial.
fn choice_words(choice: &Choice) -> &str {
    let long = choice.words.iter().find(|w| w.chars().count() > 2);
    long.or(choice.words.first()).map_or(choice.id.as_str(), String::as_str)
}

/// A French number by pairs, as it is written on forms; others as they are dialled.
fn telephone(number: &str) -> String {
    let Some(national) = number.strip_prefix("+33").filter(|n| n.len() == 9 && n.is_ascii()) else { return number.to_owned() };
    let digits: Vec<char> = format!("0{national}").chars().collect();
    digits.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Unknown parts are zeros, as civil registers and the MRZ write them.
fn partial(date: PartialDate) -> String {
    format!("{:02}/{:02}/{:04}", date.jour.unwrap_or(0), date.mois.unwrap_or(0), date.annee)
}

fn one_line(a: &Address) -> String {
    let street = [a.numero.as_deref(), Some(a.voie.as_str())].into_iter().flatten().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" ");
    let town = format!("{} {}", a.code_postal, a.commune).trim().to_owned();
    let parts = [a.complement.clone().unwrap_or_default(), street, town, a.pays.clone().unwrap_or_default()];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}
