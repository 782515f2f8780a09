//! When two values are the same for a labelled comparison: accents, case and punctuation are
//! forgiven, words and digits are not.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

const ADDRESSES: [&str; 2] = ["adresse", "hebergeant_adresse"];
const NUMBERS: [&str; 11] = [
    "numero_etranger",
    "numero_titre",
    "numero_visa",
    "numero_passeport",
    "numero_demande_anef",
    "numero_dossier_at",
    "numero_suivi",
    "ephoto_code",
    "timbre_identifiant",
    "employeur_siret",
    "telephone",
];

/// The comparable form of a value, or `None` for no value.
pub(super) fn comparable(field: &str, value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let text = flat(field, value);
    Some(if field == "nationalites" || field.ends_with("_nationalite") {
        let mut codes: Vec<String> = text.split([' ', ',', ';', '/']).map(plain).filter(|code| !code.is_empty()).collect();
        codes.sort();
        codes.join(" ")
    } else if NUMBERS.contains(&field) {
        text.chars().filter(|c| !c.is_whitespace() && *c != '.' && *c != '-').collect::<String>().to_uppercase()
    } else if field == "courriel" {
        text.trim().to_lowercase()
    } else if field == "ressources_mensuelles" {
        amount(&text).unwrap_or_else(|| plain(&text))
    } else {
        plain(&text)
    })
}

fn amount(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '.' || *c == ',').collect();
    digits.replace(',', ".").parse::<f64>().ok().map(|euros| format!("{euros:.2}"))
}

/// Upper case, without accents and punctuation, single spaces.
fn plain(text: &str) -> String {
    let spelled = text.replace(['Œ', 'œ'], "OE").replace('ı', "I").replace('ß', "SS");
    let letters: String = spelled
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| if "-'’`´_/.,;:·–—()".contains(c) { ' ' } else { c })
        .collect();
    letters.to_uppercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn flat(field: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| flat(field, item)).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "),
        Value::Object(parts) if parts.contains_key("annee") => {
            let part = |key: &str, width: usize| format!("{:0width$}", parts.get(key).and_then(Value::as_i64).unwrap_or(0));
            format!("{}-{}-{}", part("annee", 4), part("mois", 2), part("jour", 2))
        }
        // The labels give number, street, postcode and town.
        Value::Object(parts) if ADDRESSES.contains(&field) => ["numero", "voie", "code_postal", "commune"]
            .iter()
            .filter_map(|key| parts.get(*key).and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join(" "),
        Value::Object(parts) => parts.values().map(|part| flat(field, part)).collect::<Vec<_>>().join(" "),
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spelling_is_forgiven_and_digits_are_not() {
        assert_eq!(comparable("nom_naissance", &json!("N’GUESSAN-Œuvré")), comparable("nom_naissance", &json!("n guessan oeuvre")));
        assert_ne!(comparable("date_naissance", &json!("2001-11-06")), comparable("date_naissance", &json!("2001-06-11")));
        assert_eq!(comparable("numero_suivi", &json!("2C 185 223 31718")), comparable("numero_suivi", &json!("2C18522331718")));
    }

    #[test]
    fn an_address_object_compares_with_the_labelled_line() {
        let object = json!({"numero": "170", "voie": "PLACE DE L'ÉGLISE", "complement": "BÂT A", "code_postal": "44570", "commune": "TRIGNAC", "pays": "FR"});
        assert_eq!(comparable("adresse", &object), comparable("adresse", &json!("170 place de l’Église 44570 Trignac")));
    }

    #[test]
    fn amounts_and_lists_compare_by_meaning() {
        assert_eq!(comparable("ressources_mensuelles", &json!("1 700,00 €")), comparable("ressources_mensuelles", &json!("1700.00")));
        assert_eq!(comparable("prenoms", &json!(["Jean", "Paul"])), comparable("prenoms", &json!("JEAN PAUL")));
        assert_eq!(comparable("nationalites", &json!(["TN", "DZ"])), comparable("nationalites", &json!("DZ TN")));
    }
}
