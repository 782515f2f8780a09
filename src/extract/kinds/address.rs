//! French postal addresses (NF Z10-011) from one text or from the lines of a block.

use super::digits;
use crate::domain::Address;
use crate::extract::patterns::compiled;

/// Words that begin a street; a line with one of them needs no number.
const STREETS: [&str; 24] = [
    "RUE",
    "AVENUE",
    "AV",
    "BOULEVARD",
    "BD",
    "PLACE",
    "PL",
    "ALLÉE",
    "ALLEE",
    "ALLÉES",
    "CHEMIN",
    "IMPASSE",
    "ROUTE",
    "QUAI",
    "COURS",
    "SQUARE",
    "PASSAGE",
    "VILLA",
    "CITÉ",
    "LIEU-DIT",
    "RÉSIDENCE",
    "SENTIER",
    "FAUBOURG",
    "ESPLANADE",
];

/// Street, postcode, town, from end to end of a line in capitals.
const SHAPE: &str = r"(?x)^(?P<street>.*?)[\s,.;–—-]*\b(?P<cp>[0-9OIlSB]{2}\s?[0-9OIlSB]{3})\b[\s,.]*(?P<town>\p{L}[\p{L}\s'’./-]*?(?:\s+\d{1,2}(?:E|ER|ÈME)?|\s+CEDEX(?:\s+\d+)?)?)\s*[.,;…]*$";

/// Number, street, postcode and town of one text.
pub(in crate::extract) fn parse(text: &str) -> Option<Address> {
    let line = text.split_whitespace().filter(|w| w.chars().any(char::is_alphanumeric)).collect::<Vec<_>>().join(" ").to_uppercase();
    let found = compiled(SHAPE)?.captures(&line)?;
    let code_postal = postcode(&found["cp"])?;
    let commune = town(&found["town"])?;
    let (numero, voie) = street(&found["street"])?;
    Some(Address { numero, voie, complement: None, code_postal, commune, pays: Some("FR".to_owned()) })
}

/// A French postcode: `01` to `95`, or `97` and `98` overseas.
pub(in crate::extract) fn postcode(text: &str) -> Option<String> {
    let code = digits(text);
    let department: u32 = code.get(..2)?.parse().ok()?;
    (code.len() == 5 && matches!(department, 1..=95 | 97 | 98)).then_some(code)
}

/// A town without what follows it on forms.
pub(in crate::extract) fn town(text: &str) -> Option<String> {
    let upper = text.to_uppercase().replace('’', "'");
    let words: Vec<&str> = upper.split_whitespace().take_while(|w| *w != "FRANCE").collect();
    let joined = words.join(" ");
    let name = joined.trim_matches(|c: char| !c.is_alphanumeric());
    (name.chars().filter(|c| c.is_alphabetic()).count() >= 2 && words.len() <= 8).then(|| name.to_owned())
}

/// Number (with its letter) and name of the street.
pub(in crate::extract) fn street(text: &str) -> Option<(Option<String>, String)> {
    let upper = text.to_uppercase().replace('’', "'");
    let words: Vec<&str> = upper.split(|c: char| c.is_whitespace() || c == ',').filter(|w| w.chars().any(char::is_alphanumeric)).collect();
    // What stands before the number (a name, « demeurant ») is no part of the street.
    let at = words.iter().position(|w| w.starts_with(|c: char| c.is_ascii_digit()) && w.len() <= 6)?;
    let (numero, mut rest) = (words[at].trim_matches(|c: char| !c.is_alphanumeric()), &words[at + 1..]);
    let mut numero = numero.to_owned();
    if let [suffix, tail @ ..] = rest
        && matches!(*suffix, "BIS" | "TER" | "QUATER" | "B" | "T" | "Q")
        && !tail.is_empty()
    {
        numero = format!("{numero} {suffix}");
        rest = tail;
    }
    let voie = rest.join(" ");
    let voie = voie.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    (voie.chars().filter(|c| c.is_alphabetic()).count() >= 3).then_some((Some(numero), voie))
}

/// True when a line looks like number and street.
pub(in crate::extract) fn is_street(line: &str) -> bool {
    let upper = line.to_uppercase();
    let mut words = upper.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty());
    let numbered = words.next().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
    numbered && street(line).is_some() && words.any(|w| STREETS.contains(&w)) || STREETS.iter().any(|s| upper.starts_with(&format!("{s} ")))
}

/// The form in which addresses are compared.
pub(in crate::extract) fn key(address: &Address) -> String {
    crate::extract::text::squeeze(&format!(
        "{} {} {} {}",
        address.numero.as_deref().unwrap_or(""),
        address.voie,
        address.code_postal,
        address.commune
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line() {
        let a = parse("98 avenue Jean Jaurès, 69126 Brindas").unwrap();
        assert_eq!(
            (a.numero.as_deref(), a.voie.as_str(), a.code_postal.as_str(), a.commune.as_str()),
            (Some("98"), "AVENUE JEAN JAURÈS", "69126", "BRINDAS")
        );
        let b = parse("au 12 bis rue de l’Église 75011 PARIS 11").unwrap();
        assert_eq!((b.numero.as_deref(), b.voie.as_str(), b.commune.as_str()), (Some("12 BIS"), "RUE DE L'ÉGLISE", "PARIS 11"));
        assert!(parse("69126 BRINDAS").is_none(), "a town is no address");
        assert!(parse("98 avenue Jean Jaurès").is_none());
    }

    #[test]
    fn streets() {
        assert!(is_street("180 ALLÉE DES TILLEULS") && is_street("10, place de l'Église"));
        assert!(!is_street("44000 NANTES") && !is_street("Service clients"));
    }
}
