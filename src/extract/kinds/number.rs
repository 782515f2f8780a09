//! Numbers by their pattern, telephone numbers (E.164), e-mail addresses, amounts in euros.

use super::digits;
use crate::extract::patterns::compiled;

/// The value that matches the whole pattern: the text without separators, or the first run of its words that does.
pub(in crate::extract) fn parse(text: &str, pattern: Option<&str>) -> Option<String> {
    let whole = compiled(&format!("^(?:{})$", pattern.unwrap_or("[A-Z0-9]{4,24}")))?;
    let only_digits = pattern.is_some_and(|p| !p.contains("A-Z"));
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '…')).filter(|w| !w.is_empty()).collect();
    for from in 0..words.len().min(6) {
        // The longest run first: numbers are printed in groups.
        for to in (from + 1..=words.len().min(from + 8)).rev() {
            let run = clean(&words[from..to].concat(), only_digits);
            if whole.is_match(&run) && run.bytes().any(|b| b.is_ascii_digit()) {
                return Some(run);
            }
        }
    }
    None
}

fn clean(run: &str, only_digits: bool) -> String {
    let bare: String = run.chars().filter(|c| c.is_alphanumeric()).collect();
    let found = bare.bytes().filter(u8::is_ascii_digit).count();
    // Letters among mostly digits are look-alikes only where the pattern knows no letter.
    if only_digits && found * 4 >= bare.len() * 3 { digits(&bare) } else { bare.to_uppercase() }
}

/// A French number in E.164, or one that begins with a plus.
pub(in crate::extract) fn telephone(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '/' | '(' | ')')).collect();
    if let Some(at) = bare.find('+') {
        let number: String = bare[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        let national = number.strip_prefix("330").map(|n| format!("33{n}"));
        return ((8..=15).contains(&number.len())).then(|| format!("+{}", national.unwrap_or(number)));
    }
    let number = digits(&bare.chars().take_while(|c| c.is_alphanumeric() || *c == '|').collect::<String>());
    let number = number.strip_prefix("0033").map_or(number.clone(), |n| format!("0{n}"));
    (number.len() == 10 && number.starts_with('0') && !number.starts_with("00")).then(|| format!("+33{}", &number[1..]))
}

/// An e-mail address, lower case.
pub(in crate::extract) fn courriel(text: &str) -> Option<String> {
    let mut tight = String::new();
    for part in text.split_whitespace() {
        let local = !tight.contains('@') && tight.ends_with(|c: char| c.is_ascii_alphanumeric());
        // No name before the @ has a blank: what looks like one is an underscore that went with the line below it.
        if local && part.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            tight.push('_');
        }
        tight.push_str(&part.to_lowercase());
    }
    let shape = compiled(r"[a-z0-9][a-z0-9._%+-]*@[a-z0-9][a-z0-9.-]*\.[a-z]{2,}")?;
    shape.find(&tight).map(|m| m.as_str().trim_end_matches('.').to_owned())
}

/// Decimal euros with a point: `1234.56`.
pub(in crate::extract) fn amount(text: &str) -> Option<String> {
    let shape = compiled(r"(\d{1,3}(?:[ \u{a0}\u{202f}.]\d{3})+|\d+)(?:[,.](\d{2}))?\s*(?:€|EUR|euros?)?")?;
    let found = shape.captures(text)?;
    let whole: String = found[1].chars().filter(char::is_ascii_digit).collect();
    let cents = found.get(2).map_or("00", |c| c.as_str());
    (whole.len() <= 7).then(|| {
        format!("{}.{cents}", whole.trim_start_matches('0').to_owned() + if whole.trim_start_matches('0').is_empty() { "0" } else { "" })
    })
}

/// The Luhn key of SIREN and SIRET; La Poste (356000000) sums its digits instead.
pub(in crate::extract) fn siret_key(number: &str) -> bool {
    let values: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
    if values.len() != 14 {
        return false;
    }
    if number.starts_with("356000000") {
        return values.iter().sum::<u32>() % 5 == 0;
    }
    let doubled = |(i, v): (usize, &u32)| if i % 2 == 1 { (v * 2) / 10 + (v * 2) % 10 } else { *v };
    values.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_groups_and_with_look_alikes() {
        assert_eq!(parse(": 2C 185 223 31718", Some(r"[A-Z0-9]{2}\d{11}|\d[A-Z]\d{11}")).as_deref(), Some("2C18522331718"));
        assert_eq!(parse("44502 58423", Some(r"\d{9,10}")).as_deref(), Some("4450258423"));
        assert_eq!(parse("4450Z58423 ...", Some(r"\d{9,10}")).as_deref(), Some("4450258423"));
        assert_eq!(parse("E36165302 valable", Some("[A-Z0-9]{5,9}")).as_deref(), Some("E36165302"));
        assert_eq!(parse("Passeport", Some("[A-Z0-9]{5,9}")), None, "a word is no number");
    }

    #[test]
    fn telephone_mail_and_amount() {
        assert_eq!(telephone("06 98 87 68 43").as_deref(), Some("+33698876843"));
        assert_eq!(telephone("+33 (0)6 98 87 68 43").as_deref(), Some("+33698876843"));
        assert_eq!(telephone("0033698876843").as_deref(), Some("+33698876843"));
        assert_eq!(telephone("12 34"), None);
        assert_eq!(courriel("WASSIM_BENYOUSSEF98@BOITE . EXAMPLE").as_deref(), Some("wassim_benyoussef98@boite.example"));
        assert_eq!(amount("un solde de 20 971,02 €").as_deref(), Some("20971.02"));
        assert_eq!(amount("700 €").as_deref(), Some("700.00"));
    }

    #[test]
    fn siret_keys() {
        assert!(siret_key("13001759300034") && !siret_key("13001759300035"));
    }
}
