//! A normalised value in French form.

use crate::catalogue::FieldDef;
use crate::domain::{Address, FieldValue, PartialDate};

/// The value as printed on a screen and as typed into a field: what [`super::normalise`] takes back.
pub(crate) fn show(value: &FieldValue, field: Option<&FieldDef>) -> String {
    match value {
        FieldValue::Bool(true) => "oui".to_owned(),
        FieldValue::Bool(false) => "non".to_owned(),
        FieldValue::Date(date) => format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year()),
        FieldValue::Text(text) => choice_words(text, field),
        FieldValue::List(items) => items.join(", "),
        FieldValue::PartialDate(date) => partial(*date),
        FieldValue::Address(address) => one_line(address),
    }
}

/// The six parts of an address in the order of the form: number, street, complement, postcode, town, country.
pub(crate) fn address_parts(value: Option<&FieldValue>) -> [String; 6] {
    let Some(FieldValue::Address(a)) = value else { return Default::default() };
    let own = |part: &Option<String>| part.clone().unwrap_or_default();
    [own(&a.numero), a.voie.clone(), own(&a.complement), a.code_postal.clone(), a.commune.clone(), own(&a.pays)]
}

fn choice_words(id: &str, field: Option<&FieldDef>) -> String {
    let words = field.and_then(|f| f.choices.iter().find(|c| c.id == id)).and_then(|c| c.words.first());
    words.cloned().unwrap_or_else(|| id.to_owned())
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
