//! The specimens of ICAO 9303 and a card of the old French kind.

use super::*;

fn day(year: i16, month: i8, day: i8) -> Option<jiff::civil::Date> {
    jiff::civil::Date::new(year, month, day).ok()
}

#[test]
fn passport_of_the_icao_specimen() {
    let m = parse(&["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"], 2026).unwrap();
    assert_eq!((m.kind, m.surname.as_str(), m.given_names.join(" ").as_str()), (MrzKind::Td3, "ERIKSSON", "ANNA MARIA"));
    assert_eq!((m.number.value.as_str(), m.number.check), ("L898902C3", Check::Passes));
    assert_eq!((m.birth.civil(), m.expiry.as_ref().unwrap().civil(), m.sex), (day(1974, 8, 12), day(2012, 4, 15), Some('F')));
    assert_eq!((m.optional.value.as_str(), m.nationality.as_str(), m.checks()), ("ZE184226B", "UTO", (5, 5)));
}

#[test]
fn card_of_the_icao_specimen_and_its_look_alikes() {
    let m = parse(&["I<UTOD231458907<<<<<<<<<<<<<<<", "74O8122F12O4159UT0<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"], 2026).unwrap();
    assert_eq!((m.kind, m.number.value.as_str(), m.nationality.as_str(), m.checks()), (MrzKind::Td1, "D23145890", "UTO", (4, 4)));
    assert_eq!(m.birth.civil(), day(1974, 8, 12));
}

#[test]
fn card_number_that_goes_on_in_the_optional_data() {
    let m = parse(&["I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<"], 2026).unwrap();
    assert_eq!((m.number.value.as_str(), m.number.check), ("D23145890734", Check::Passes));
    assert_eq!(m.composite, Check::Passes);
}

#[test]
fn td2_and_visas_of_the_icao_specimens() {
    let td2 = parse(&["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"], 2026).unwrap();
    assert_eq!((td2.kind, td2.checks()), (MrzKind::Td2, (4, 4)));
    let a = parse(&["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"], 2026).unwrap();
    assert_eq!((a.kind, a.composite, a.number.check, a.birth.check), (MrzKind::MrvA, Check::None, Check::Passes, Check::Passes));
    let b = parse(&["V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"], 2026).unwrap();
    assert_eq!((b.kind, b.checks()), (MrzKind::MrvB, (3, 3)));
}

#[test]
fn french_card_of_before_2021() {
    let m = parse(&["IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<", "8806923102858CORINNE<<<<<<<6512068F6"], 2026).unwrap();
    assert_eq!((m.kind, m.surname.as_str(), m.given_names.join(" ").as_str()), (MrzKind::FrenchCard, "BERTHIER", "CORINNE"));
    assert_eq!((m.number.value.as_str(), m.birth.civil(), m.checks()), ("880692310285", day(1965, 12, 6), (3, 3)));
}

#[test]
fn a_wrong_character_fails_its_digit_and_is_not_searched() {
    let m = parse(&["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C86UTO7408122F1204159ZE184226B<<<<<10"], 2026).unwrap();
    assert_eq!((m.number.value.as_str(), m.number.check, m.composite), ("L898902C8", Check::Fails, Check::Fails));
    assert_eq!(m.birth.check, Check::Passes, "the other fields keep their own digit");
}

#[test]
fn unknown_days_and_the_century() {
    let born = |digits: &str| birth(digits, "0", 2026).value;
    assert_eq!(born("87<<<<"), Some(PartialDate { annee: 1987, mois: None, jour: None }));
    assert_eq!(born("260101").map(|d| d.annee), Some(2026));
    assert_eq!(born("270101").map(|d| d.annee), Some(1927));
    assert_eq!(born("871345"), None);
}

#[test]
fn lost_fillers_and_cut_names() {
    let m = parse(&["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<10"], 2026).unwrap();
    assert_eq!((m.checks(), m.names_truncated), ((5, 5), false));
    let long = parse(&["P<UTOPAPANDROPOULOUS<<JONATHON<ALEXANDER<TER", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"], 2026).unwrap();
    assert!(long.names_truncated);
    assert!(parse(&["HELLO", "WORLD"], 2026).is_none());
}

/// Pictures of real lines, each with its text: what has the shape of a zone must parse, and nearly all digits pass.
#[test]
fn texts_of_the_shared_lines() {
    let root = std::env::var("PASSERELLE_SHARED").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let folder = std::path::Path::new(&root).join("data/mrz_lines/real");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is absent", folder.display());
        return;
    };
    let mut zones: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for path in entries.flatten().map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with(".gt.txt")) {
        let name = path.file_name().unwrap().to_string_lossy().replace(".gt.txt", "");
        let Some((source, _)) = name.rsplit_once('-') else { continue };
        zones.entry(source.to_owned()).or_default().push(std::fs::read_to_string(&path).unwrap().trim().to_owned());
    }
    let (mut shaped, mut parsed, mut number, mut date) = (0, 0, 0, 0);
    for lines in zones.into_values() {
        let length = lines[0].len();
        if !matches!((lines.len(), length), (2, 36 | 44) | (3, 30)) || lines.iter().any(|t| t.len() != length) {
            continue;
        }
        shaped += 1;
        // The pictures are numbered in no order of the zone.
        if let Some(m) = orders(&lines).iter().filter_map(|o| parse(o, 2026)).max_by_key(|m| m.checks().0) {
            parsed += 1;
            number += usize::from(m.number.check.passes());
            date += usize::from(m.birth.check.passes());
        }
    }
    println!("{shaped} zones, {parsed} parsed, {number} numbers pass, {date} birth dates pass");
    assert!(shaped > 100, "the folder holds {shaped} whole zones");
    assert!(parsed * 100 >= shaped * 95, "{parsed} of {shaped} parsed");
    assert!(number * 100 >= parsed * 80 && date * 100 >= parsed * 80, "{number} numbers, {date} dates of {parsed}");
}

fn orders(lines: &[String]) -> Vec<Vec<String>> {
    if lines.len() < 2 {
        return vec![lines.to_vec()];
    }
    (0..lines.len())
        .flat_map(|i| {
            let mut rest = lines.to_vec();
            let first = rest.remove(i);
            orders(&rest).into_iter().map(move |tail| [vec![first.clone()], tail].concat())
        })
        .collect()
}
