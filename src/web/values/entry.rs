//! What an agent typed, normalised by the field's kind.

use super::{address_parts, countries, fold, show, squeeze};
use crate::catalogue::{FieldDef, FieldKind};
use crate::domain::{Address, FieldValue, PartialDate};
use jiff::civil::Date;

/// The inputs of one field as they came back: one text, or the six parts of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub text: String,
    /// Number, street, complement, postcode, town, country.
    pub address: [String; 6],
}

impl Entry {
    /// True when nothing was typed.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.address.iter().all(|p| p.trim().is_empty())
    }
}

/// The value of an entry that was left as it was shown: confirming never changes a value.
pub(crate) fn unchanged(entry: &Entry, field: &FieldDef, read: &FieldValue) -> bool {
    match field.kind {
        FieldKind::Address => entry.address.each_ref().map(|p| squeeze(p)) == address_parts(Some(read)),
        FieldKind::Choice => *read == FieldValue::Text(entry.text.clone()),
        _ => squeeze(&entry.text) == squeeze(&show(read, Some(field))),
    }
}

/// The value of an entry, or the sentence that says why it is none.
pub(crate) fn normalise(entry: &Entry, field: &FieldDef) -> Result<FieldValue, String> {
    let text = squeeze(&entry.text);
    if entry.is_empty() {
        return Err("Rien n’est saisi. S’il n’y a rien à lire à cet endroit, choisissez « Absent ».".to_owned());
    }
    match field.kind {
        FieldKind::Name => name(&text).map(FieldValue::Text),
        FieldKind::Names => names(&text),
        FieldKind::Date => date(&text),
        FieldKind::Number => number(&text, field).map(FieldValue::Text),
        FieldKind::Choice => choice(&text, field).map(FieldValue::Text),
        FieldKind::Country => country(&text).map(FieldValue::Text),
        FieldKind::Countries => list(&text, country),
        FieldKind::Address => address(&entry.address).map(FieldValue::Address),
        FieldKind::Telephone => telephone(&text).map(FieldValue::Text),
        FieldKind::Courriel => courriel(&text).map(FieldValue::Text),
        FieldKind::Amount => amount(&text).map(FieldValue::Text),
        FieldKind::Flag => flag(&text).map(FieldValue::Bool),
        FieldKind::Text => plain(&text).map(FieldValue::Text),
    }
}

fn short(text: &str, most: usize) -> Result<(), String> {
    if text.chars().count() > most {
        return Err(format!("L’entrée est trop longue : {most} caractères au plus."));
    }
    if text.chars().any(char::is_control) {
        return Err("L’entrée contient un caractère qui ne s’imprime pas.".to_owned());
    }
    Ok(())
}

fn plain(text: &str) -> Result<String, String> {
    short(text, 200)?;
    Ok(text.to_uppercase())
}

fn name(text: &str) -> Result<String, String> {
    short(text, 80)?;
    let upper = text.replace('’', "'").to_uppercase();
    let lettered = upper.chars().all(|c| c.is_alphabetic() || is_combining(c) || " -'.".contains(c));
    if !lettered || !upper.chars().any(char::is_alphabetic) {
        return Err(format!("« {text} » n’est pas un nom : lettres, espaces, traits d’union et apostrophes seulement."));
    }
    Ok(upper)
}

/// Given names stand apart by commas; without any comma, by spaces, as passports print them.
fn names(text: &str) -> Result<FieldValue, String> {
    if text.contains(',') { list(text, name) } else { list(&text.replace(' ', ","), name) }
}

fn is_combining(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn list(text: &str, one: impl Fn(&str) -> Result<String, String>) -> Result<FieldValue, String> {
    let items: Vec<String> = text.split(',').map(squeeze).filter(|t| !t.is_empty()).map(|t| one(&t)).collect::<Result<_, _>>()?;
    if items.is_empty() {
        return Err("La liste est vide : séparez les valeurs par des virgules.".to_owned());
    }
    Ok(FieldValue::List(items))
}

/// `JJ/MM/AAAA`, `JJMMAAAA`, `MM/AAAA` or `AAAA`; zeros stand for unknown parts.
fn date(text: &str) -> Result<FieldValue, String> {
    let digits = text.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = match text.len() {
        8 if digits => vec![&text[..2], &text[2..4], &text[4..]],
        _ => text.split(['/', '.', '-', ' ']).filter(|p| !p.is_empty()).collect(),
    };
    let form =
        || format!("« {text} » n’est pas une date. Écrivez JJ/MM/AAAA, par exemple 07/03/1987 (00 pour un jour ou un mois inconnu).");
    let numbers: Vec<i16> = parts.iter().map(|p| p.parse::<i16>()).collect::<Result<_, _>>().map_err(|_| form())?;
    let (day, month, year) = match numbers[..] {
        [d, m, y] => (d, m, y),
        [m, y] => (0, m, y),
        [y] => (0, 0, y),
        _ => return Err(form()),
    };
    if parts.last().is_none_or(|y| y.len() != 4) {
        return Err("Écrivez l’année avec ses quatre chiffres.".to_owned());
    }
    if !(1900..=2100).contains(&year) {
        return Err(format!("L’année {year} n’est pas possible ici."));
    }
    let part = |v: i16| i8::try_from(v).map_err(|_| form());
    known_date(part(day)?, part(month)?, year).ok_or_else(|| format!("Le {text} n’existe pas au calendrier."))
}

fn known_date(day: i8, month: i8, year: i16) -> Option<FieldValue> {
    match (day, month) {
        (0, 0) => Some(FieldValue::PartialDate(PartialDate { annee: year, mois: None, jour: None })),
        (0, 1..=12) => Some(FieldValue::PartialDate(PartialDate { annee: year, mois: Some(month), jour: None })),
        (0, _) | (_, 0) => None,
        _ => Date::new(year, month, day).ok().map(FieldValue::Date),
    }
}

fn number(text: &str, field: &FieldDef) -> Result<String, String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    short(&bare, 60)?;
    if !bare.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(format!("« {text} » n’est pas un numéro : chiffres et lettres sans accent seulement."));
    }
    let whole = |p: &String| regex::Regex::new(&format!("^(?:{p})$")).ok();
    match field.pattern.as_ref().and_then(whole) {
        Some(pattern) if !pattern.is_match(&bare) => {
            Err(format!("« {bare} » n’a pas la forme attendue pour « {} » ({} caractères saisis).", field.label, bare.len()))
        }
        _ => Ok(bare),
    }
}

fn choice(text: &str, field: &FieldDef) -> Result<String, String> {
    let wanted = fold(text);
    let fits = |c: &&crate::catalogue::Choice| fold(&c.id) == wanted || c.words.iter().any(|w| fold(w) == wanted);
    let found = field.choices.iter().find(fits).map(|c| c.id.clone());
    found.ok_or_else(|| format!("« {text} » n’est pas une réponse possible : choisissez dans la liste."))
}

fn country(text: &str) -> Result<String, String> {
    countries::code(text)
        .ok_or_else(|| format!("« {text} » n’est pas un pays connu : écrivez son nom ou son code à deux lettres, par exemple Mali ou ML."))
}

fn telephone(text: &str) -> Result<String, String> {
    let bare: String = text.chars().filter(|c| !" .-()/".contains(*c)).collect();
    let wrong = || format!("« {text} » n’est pas un numéro de téléphone : dix chiffres, ou + et l’indicatif du pays.");
    let international = bare.strip_prefix('+').or_else(|| bare.strip_prefix("00"));
    let (digits, prefix) = match international {
        // « +33 (0)6 » is written so, and dialled without the zero.
        Some(rest) => (rest.strip_prefix("330").map_or_else(|| rest.to_owned(), |n| format!("33{n}")), ""),
        None if bare.len() == 10 && bare.starts_with('0') && bare.is_ascii() => (bare[1..].to_owned(), "33"),
        None => return Err(wrong()),
    };
    let whole = format!("{prefix}{digits}");
    let right = whole.bytes().all(|b| b.is_ascii_digit()) && (8..=15).contains(&whole.len()) && !whole.starts_with('0');
    if right { Ok(format!("+{whole}")) } else { Err(wrong()) }
}

fn courriel(text: &str) -> Result<String, String> {
    short(text, 254)?;
    let lower = text.to_lowercase();
    let (user, host) = lower.split_once('@').unwrap_or(("", ""));
    let plain = !lower.contains(char::is_whitespace) && !host.contains('@');
    let host_holds = host.contains('.') && host.split('.').all(|l| !l.is_empty());
    if user.is_empty() || !plain || !host_holds {
        return Err(format!("« {text} » n’est pas une adresse de courriel, comme prenom.nom@exemple.fr."));
    }
    Ok(lower)
}

fn amount(text: &str) -> Result<String, String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && *c != '€').collect::<String>().replace(',', ".");
    let (euros, cents) = bare.split_once('.').unwrap_or((&bare, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if euros.is_empty() || euros.len() > 9 || cents.len() > 2 || !digits(euros) || !digits(cents) {
        return Err(format!("« {text} » n’est pas un montant, comme 1 234,50."));
    }
    let euros = euros.trim_start_matches('0');
    Ok(format!("{}.{cents:0<2}", if euros.is_empty() { "0" } else { euros }))
}

fn flag(text: &str) -> Result<bool, String> {
    match fold(text).as_str() {
        "oui" | "true" => Ok(true),
        "non" | "false" => Ok(false),
        _ => Err("Répondez par oui ou par non.".to_owned()),
    }
}

fn address(parts: &[String; 6]) -> Result<Address, String> {
    let [numero, voie, complement, code_postal, commune, pays] = parts.each_ref().map(|p| squeeze(p).to_uppercase());
    for part in [&numero, &voie, &complement, &code_postal, &commune, &pays] {
        short(part, 120)?;
    }
    if commune.is_empty() || code_postal.is_empty() {
        return Err("Une adresse a au moins un code postal et une commune.".to_owned());
    }
    let pays = if pays.is_empty() { pays } else { country(&pays)? };
    let french = pays.is_empty() || pays == "FR";
    if french && !(code_postal.len() == 5 && code_postal.bytes().all(|b| b.is_ascii_digit())) {
        return Err(format!("« {code_postal} » n’est pas un code postal : cinq chiffres."));
    }
    let some = |t: String| if t.is_empty() { None } else { Some(t) };
    Ok(Address { numero: some(numero), voie, complement: some(complement), code_postal, commune, pays: some(pays) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Choice;
    use crate::web::values::show;

    fn field(kind: FieldKind) -> FieldDef {
        let choices = vec![Choice { id: "celibataire".into(), words: vec!["Célibataire".into()] }];
        let pattern = (kind == FieldKind::Number).then(|| r"\d{9,10}".to_owned());
        FieldDef {
            id: "x".into(),
            label: "Champ".into(),
            kind,
            labels: vec![],
            form_labels: None,
            topic: None,
            topic_labels: vec![],
            pattern,
            choices,
            identity: false,
            everywhere: false,
            date_of: None,
        }
    }

    fn take(kind: FieldKind, text: &str) -> Result<FieldValue, String> {
        let entry = Entry { text: text.to_owned(), address: Default::default() };
        normalise(&entry, &field(kind))
    }

    fn text(value: &str) -> FieldValue {
        FieldValue::Text(value.to_owned())
    }

    #[test]
    fn dates_are_typed_the_french_way() {
        let day = FieldValue::Date(jiff::civil::date(1987, 3, 7));
        for typed in ["07/03/1987", "7/3/1987", "07031987", "07.03.1987", " 07 03 1987 "] {
            assert_eq!(take(FieldKind::Date, typed), Ok(day.clone()), "{typed}");
        }
        let partial = |mois| FieldValue::PartialDate(PartialDate { annee: 1987, mois, jour: None });
        assert_eq!(take(FieldKind::Date, "00/03/1987"), Ok(partial(Some(3))));
        assert_eq!(take(FieldKind::Date, "03/1987"), Ok(partial(Some(3))));
        assert_eq!(take(FieldKind::Date, "1987"), Ok(partial(None)));
        for refused in
            ["31/02/1987", "07/13/1987", "07/03/87", "1987-03-07", "hier", "00/00/0000", "07/00/1987", "07/03/1987/2", "๐7/03/1987"]
        {
            assert!(take(FieldKind::Date, refused).is_err(), "{refused} was taken");
        }
    }

    #[test]
    fn names_keep_their_accents_and_take_no_digits() {
        assert_eq!(take(FieldKind::Name, " n’Diaye  née "), Ok(text("N'DIAYE NÉE")));
        assert_eq!(take(FieldKind::Names, "Anne-Marie, éloïse"), Ok(FieldValue::List(vec!["ANNE-MARIE".into(), "ÉLOÏSE".into()])));
        let two = FieldValue::List(vec!["AMINATA".into(), "FATOU".into()]);
        assert_eq!(take(FieldKind::Names, "Aminata Fatou"), Ok(two));
        assert_eq!(take(FieldKind::Names, "Jean Pierre, Luc"), Ok(FieldValue::List(vec!["JEAN PIERRE".into(), "LUC".into()])));
        assert!(take(FieldKind::Name, "D1ALLO").is_err());
        assert!(take(FieldKind::Names, " , ").is_err());
        assert!(take(FieldKind::Name, "<script>").is_err());
    }

    #[test]
    fn numbers_lose_their_spaces_and_keep_their_form() {
        assert_eq!(take(FieldKind::Number, "75 031 20521"), Ok(text("7503120521")));
        assert!(take(FieldKind::Number, "7503120521A").is_err());
        assert!(take(FieldKind::Number, "75031").is_err());
    }

    #[test]
    fn telephones_become_international() {
        assert_eq!(take(FieldKind::Telephone, "06 98 87 68 43"), Ok(text("+33698876843")));
        assert_eq!(take(FieldKind::Telephone, "00 223 76 12 34 56"), Ok(text("+22376123456")));
        assert_eq!(take(FieldKind::Telephone, "+33 (0)6 98 87 68 43"), Ok(text("+33698876843")));
        assert!(take(FieldKind::Telephone, "069887").is_err());
        assert!(take(FieldKind::Telephone, "éé88768437").is_err());
    }

    #[test]
    fn the_other_kinds_take_what_they_are() {
        assert_eq!(take(FieldKind::Choice, "celibataire"), Ok(text("celibataire")));
        assert_eq!(take(FieldKind::Choice, "CÉLIBATAIRE"), Ok(text("celibataire")));
        assert!(take(FieldKind::Choice, "fiancé").is_err());
        assert_eq!(take(FieldKind::Amount, "1 234,5 €"), Ok(text("1234.50")));
        assert_eq!(take(FieldKind::Amount, "0700"), Ok(text("700.00")));
        assert!(take(FieldKind::Amount, "12,345").is_err());
        assert_eq!(take(FieldKind::Countries, "malienne, Côte d’Ivoire"), Ok(FieldValue::List(vec!["ML".into(), "CI".into()])));
        assert!(take(FieldKind::Country, "Pays").is_err());
        assert_eq!(take(FieldKind::Flag, "Oui"), Ok(FieldValue::Bool(true)));
        assert_eq!(take(FieldKind::Courriel, "A.B@Exemple.FR"), Ok(text("a.b@exemple.fr")));
        assert!(take(FieldKind::Courriel, "a@b").is_err());
        assert!(take(FieldKind::Text, "").is_err());
    }

    #[test]
    fn what_is_shown_is_taken_back_unchanged() {
        let cases = [
            (FieldKind::Date, FieldValue::Date(jiff::civil::date(2001, 11, 6))),
            (FieldKind::Date, FieldValue::PartialDate(PartialDate { annee: 1961, mois: None, jour: None })),
            (FieldKind::Names, FieldValue::List(vec!["AWA".into(), "FATOU".into()])),
            (FieldKind::Choice, text("celibataire")),
            (FieldKind::Telephone, text("+33698876843")),
            (FieldKind::Amount, text("1234.50")),
            (FieldKind::Flag, FieldValue::Bool(false)),
            (FieldKind::Country, text("CI")),
            (FieldKind::Countries, FieldValue::List(vec!["ML".into(), "FR".into()])),
            (FieldKind::Names, FieldValue::List(vec!["AWA".into()])),
        ];
        for (kind, value) in cases {
            let shown = show(&value, Some(&field(kind)));
            assert_eq!(take(kind, &shown), Ok(value), "{shown}");
        }
    }
}
