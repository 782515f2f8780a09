//! A letter on paper: same letter, same bytes; tagged; nothing runs off the page.

use super::layout::{Draw, lay_out};
use super::{fonts, print, unprintable};
use crate::catalogue::Catalogue;
use crate::domain::{Letter, LetterLine, LetterPart, Slip, SlipRow};
use jiff::civil::date;

fn line(label: &str, text: &str) -> LetterLine {
    LetterLine { subject: format!("field:{label}"), label: label.into(), text: text.into() }
}

fn letter(catalogue: &Catalogue) -> Letter {
    let def = catalogue.letter("accuse_reception").unwrap();
    let rows = def.reads_back.iter().map(|f| SlipRow { field: f.clone(), label: f.to_string(), value: "12 BIS RUE DE L’ÉTANG".into() });
    let long = "Un paragraphe assez long pour tenir sur plusieurs lignes, avec des accents et des mots de toutes tailles. ".repeat(6);
    Letter {
        kind: def.id.clone(),
        version: def.since,
        title: def.title.clone(),
        sender: vec!["Préfecture d’Ille-et-Vilaine".into(), "3 avenue de la Préfecture".into(), "35026 RENNES CEDEX 9".into()],
        recipient: vec!["AÏSSATOU DIALLO".into(), "12 BIS RUE DE L’ALMA".into(), "35000 RENNES".into()],
        place: "Rennes".into(),
        day: date(2026, 12, 1),
        reference: "35-0A1B-2C3D".into(),
        mark: "PSR1:35:0199AB00000070008000000000000A2A:AR:1:0123456789ABCDEF0123".into(),
        parts: vec![
            LetterPart::Heading { text: "Ce que nous avons compris".into() },
            LetterPart::Values { lines: (0..30).map(|_| line("Nom de naissance", "DIALLO-NDIAYE DE LA FONTAINE")).collect() },
            LetterPart::Paragraph { text: long },
            LetterPart::Pieces {
                lines: (0..12).map(|_| line("Justificatif de domicile de moins de six mois", "CESEDA R431-10")).collect(),
            },
            LetterPart::Help { lines: catalogue.help.lines.clone() },
        ],
        signatory: "Jeanne Martin, agent vérificateur".into(),
        slip: Some(Slip {
            title: "Coupon de correction".into(),
            lead: "Une ligne est fausse ? Cochez la case.".into(),
            marks: ["PSR1:35:X:AR:90:00".into(), "PSR1:35:X:AR:91:00".into()],
            rows: rows.collect(),
        }),
        limit: None,
    }
}

#[test]
fn the_same_letter_gives_the_same_bytes_and_is_tagged_for_screen_readers() {
    let catalogue = Catalogue::embedded().unwrap();
    let letter = letter(&catalogue);
    let boxes = catalogue.slip_boxes(catalogue.letter("accuse_reception").unwrap());
    let pdf = print(&letter, &boxes).unwrap();
    assert_eq!(pdf, print(&letter, &boxes).unwrap());
    let has = |words: &[u8]| pdf.windows(words.len()).any(|w| w == words);
    assert!(has(b"/StructTreeRoot") && has(b"/Marked true") && has(b"fr-FR"));
    let other = Letter { title: "Autre".into(), ..letter };
    assert_ne!(pdf, print(&other, &boxes).unwrap());
}

#[test]
fn nothing_runs_off_the_page_and_every_line_is_printed() {
    let catalogue = Catalogue::embedded().unwrap();
    let letter = letter(&catalogue);
    let boxes = catalogue.slip_boxes(catalogue.letter("accuse_reception").unwrap());
    let sheets = lay_out(&letter, &boxes);
    assert_eq!(sheets.pages, 4, "letter and slip");
    let mut values = 0;
    for (page, draw) in sheets.blocks.iter().flat_map(|b| &b.draws) {
        assert!(*page < sheets.pages);
        if let Draw::Text { at, size, font, text, right_to_left, .. } = draw {
            let end = at.0 + fonts::width(text, *font, *size, *right_to_left);
            assert!(at.0 > 40.0 && end < 560.0 && at.1 > 40.0 && at.1 < 830.0, "{text:?} at {at:?} ends at {end}");
            values += usize::from(text.contains("DIALLO-NDIAYE"));
        }
    }
    assert_eq!(values, 30);
}

#[test]
fn a_character_that_no_font_has_is_said_instead_of_dropped() {
    let catalogue = Catalogue::embedded().unwrap();
    assert_eq!(unprintable(&catalogue), []);
    let strange = Letter { recipient: vec!["漢字".into()], ..letter(&catalogue) };
    assert!(print(&strange, &[]).unwrap_err().to_string().contains('漢'));
}
