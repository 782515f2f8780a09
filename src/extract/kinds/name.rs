//! Names of persons: spelled as printed, compared as machine-readable zones write them.

use crate::extract::text::fold;

/// Titles before a name.
const TITLES: [&str; 12] = ["M", "MR", "MME", "MLLE", "MONSIEUR", "MADAME", "MADEMOISELLE", "LE", "LA", "MME/M", "M/MME", "ET"];
/// Words that no name holds: what they begin is another label or sentence.
const STOPS: [&str; 27] = [
    "NE",
    "NEE",
    "NOM",
    "PRENOM",
    "PRENOMS",
    "DATE",
    "SEXE",
    "NATIONALITE",
    "DEMEURANT",
    "DOMICILIE",
    "DOMICILIEE",
    "EPOUSE",
    "EPOUX",
    "SIGNATURE",
    "ADRESSE",
    "FILS",
    "FILLE",
    "SPECIMEN",
    "DOCUMENT",
    "NAISSANCE",
    "VALABLE",
    "TITULAIRE",
    "COPIE",
    "CERTIFIEE",
    "CONFORME",
    "DELIVREE",
    "ACTE",
];

/// One name, upper case, with the accents, hyphens and apostrophes of the print.
pub(in crate::extract) fn one(text: &str) -> Option<String> {
    let words = words(text)?;
    let joined = words.join(" ").to_uppercase();
    (joined.chars().filter(|c| c.is_alphabetic()).count() >= 2 && words.len() <= 7).then_some(joined)
}

/// Given names in order.
pub(in crate::extract) fn several(text: &str) -> Option<Vec<String>> {
    let words = words(text)?;
    let names: Vec<String> = words.iter().map(|w| w.to_uppercase()).collect();
    (names.iter().any(|n| n.chars().count() >= 2) && names.len() <= 8).then_some(names)
}

/// A surname and given names printed together. The surname is in capitals before or after given names in
/// small letters, or stands before a comma; `None` when nothing tells the two apart.
pub(in crate::extract) fn both(text: &str) -> Option<(String, Vec<String>)> {
    if let Some((surname, given)) = text.split_once(',')
        && let (Some(surname), Some(given)) = (one(surname), several(given))
    {
        return Some((surname, given));
    }
    let words = words(text)?;
    let capitals = |w: &String| w.chars().filter(|c| c.is_alphabetic()).count() > 1 && !w.chars().any(char::is_lowercase);
    let (surname, given): (Vec<&String>, Vec<&String>) = words.iter().partition(|w| capitals(w));
    let together = words.iter().position(capitals).zip(words.iter().rposition(capitals)).is_some_and(|(a, b)| b - a + 1 == surname.len());
    (together && !given.is_empty())
        .then(|| (surname.iter().map(|w| w.to_uppercase()).collect::<Vec<_>>().join(" "), given.iter().map(|w| w.to_uppercase()).collect()))
}

/// Small words that belong to the surname which they begin.
const PARTICLES: [&str; 26] = [
    "DA", "DE", "DO", "DOS", "DAS", "DI", "DEL", "DELLA", "DU", "DES", "VAN", "VON", "DER", "DEN", "BEN", "BIN", "IBN", "ABU", "ABOU",
    "EL", "AL", "AIT", "OULD", "LE", "LA", "SAINT",
];

/// A surname and given names that are written alike, in this order: the surname ends with its first word that is no particle, or
/// where `known` ends, the surname of a person of the same family.
pub(in crate::extract) fn both_alike(text: &str, known: &[String]) -> Option<(String, Vec<String>)> {
    let words = words(text)?;
    let upper: Vec<String> = words.iter().map(|w| w.to_uppercase()).collect();
    let family = known.iter().find_map(|name| (1..upper.len()).find(|end| same(&upper[..*end].join(" "), name)));
    let first = upper.iter().position(|w| !PARTICLES.contains(&fold(w).as_str())).map(|at| at + 1);
    let end = family.or(first)?;
    (end < upper.len()).then(|| (upper[..end].join(" "), upper[end..].to_vec()))
}

/// The words of a name up to the first that cannot belong to one.
fn words(text: &str) -> Option<Vec<String>> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '…' | '/' | '_')).filter(|w| !w.is_empty()) {
        let word = word.replace(['’', '`', '´', '‘'], "'");
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let key = fold(word);
        if key.is_empty() || out.is_empty() && TITLES.contains(&key.as_str()) {
            continue;
        }
        if out.is_empty() && word.chars().any(char::is_numeric) {
            return None;
        }
        if word.chars().any(|c| !c.is_alphabetic() && c != '\'' && c != '-') || STOPS.contains(&key.as_str()) {
            break;
        }
        out.push(word.to_owned());
    }
    (!out.is_empty()).then_some(out)
}

/// The form in which names are compared: ICAO 9303 part 3, section 6, both ways of a letter with two
/// transliterations folded to the same.
pub(in crate::extract) fn key(name: &str) -> String {
    let upper = name.to_uppercase();
    let mut plain = String::new();
    for c in upper.chars() {
        match c {
            'Ä' => plain.push_str("AE"),
            'Ö' => plain.push_str("OE"),
            'Ü' => plain.push_str("UE"),
            'Å' => plain.push_str("AA"),
            'Þ' => plain.push_str("TH"),
            '\'' | '’' => {}
            c => plain.push(c),
        }
    }
    fold(&plain).replace("AE", "A").replace("OE", "O").replace("UE", "U").replace("AA", "A").replace(' ', "")
}

/// True when the two are one name, spelling of accents, hyphens and apostrophes aside.
pub(in crate::extract) fn same(a: &str, b: &str) -> bool {
    !a.is_empty() && (fold(a).replace(' ', "") == fold(b).replace(' ', "") || key(a) == key(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_capitals_are_parted_at_the_surname() {
        let parted = |text: &str, known: &[&str]| {
            let known: Vec<String> = known.iter().map(|k| (*k).to_owned()).collect();
            both_alike(text, &known).map(|(s, g)| format!("{s}|{}", g.join(" ")))
        };
        assert_eq!(parted("ESSOMBA ÉDITH", &[]).as_deref(), Some("ESSOMBA|ÉDITH"));
        assert_eq!(parted("DA SILVA JULIANA", &[]).as_deref(), Some("DA SILVA|JULIANA"));
        assert_eq!(parted("HADJ SAÏD KARIM", &["HADJ SAID"]).as_deref(), Some("HADJ SAÏD|KARIM"));
        assert_eq!(parted("EL AMRANI", &[]), None);
    }

    #[test]
    fn a_name_keeps_its_spelling_and_loses_its_title() {
        assert_eq!(one("Mme N’Diaye-Lô").as_deref(), Some("N'DIAYE-LÔ"));
        assert_eq!(one("BEN YOUSSEF né(e) le 06/11/2001").as_deref(), Some("BEN YOUSSEF"));
        assert_eq!(one("12 rue"), None);
        assert_eq!(several("Wassim, Anis"), Some(vec!["WASSIM".to_owned(), "ANIS".to_owned()]));
    }

    #[test]
    fn capitals_tell_the_surname() {
        assert_eq!(both("BEN YOUSSEF Wassim"), Some(("BEN YOUSSEF".to_owned(), vec!["WASSIM".to_owned()])));
        assert_eq!(both("Monsieur Wassim BEN YOUSSEF"), Some(("BEN YOUSSEF".to_owned(), vec!["WASSIM".to_owned()])));
        assert_eq!(both("BEN YOUSSEF WASSIM"), None);
        assert_eq!(both("LI, MEILING"), Some(("LI".to_owned(), vec!["MEILING".to_owned()])));
    }

    #[test]
    fn transliterations_are_the_same_name() {
        assert!(same("MÜLLER", "MUELLER") && same("MÜLLER", "MULLER") && same("N'DIAYE", "NDIAYE") && same("JEAN-PAUL", "JEAN PAUL"));
        assert!(!same("MARTIN", "MARTINEZ"));
    }
}
