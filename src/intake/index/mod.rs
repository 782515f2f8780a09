//! The index of a capture station: which files make a pli, in which order, with which date and count.
//! Read as the configuration maps it; a value that cannot be understood refuses the whole index.

mod csv;
mod xml;

use crate::domain::{IndexFacts, IndexKind, IndexMapping};
use jiff::civil::Date;

/// No index of a batch is larger, in bytes.
pub const LARGEST_INDEX: u64 = 16 << 20;

/// One pli of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexEntry {
    /// Base names of its files, in order.
    pub files: Vec<String>,
    pub received: Option<Date>,
    pub facts: IndexFacts,
}

/// One line of an index: the texts of its keys, by what they mean.
#[derive(Clone, Debug, Default)]
struct Line {
    file: String,
    order: String,
    pli: String,
    lot: String,
    received: String,
    pages: String,
}

/// True when `name` is that of an index.
#[must_use]
pub fn is_index(mapping: &IndexMapping, name: &str) -> bool {
    match mapping.name.split_once('*') {
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
        None => mapping.name == name,
    }
}

/// Every pli of an index, in its order.
///
/// # Errors
/// What is wrong, in French, without a full stop.
pub fn read_index(mapping: &IndexMapping, bytes: &[u8]) -> Result<Vec<IndexEntry>, String> {
    let text = decode(bytes);
    let plis = match mapping.kind {
        IndexKind::Csv => by_pli(csv::lines(mapping, &text)?, !mapping.pli.is_empty()),
        IndexKind::Xml => xml::plis(mapping, &text)?,
    };
    let entries: Vec<IndexEntry> = plis.into_iter().map(|lines| entry(mapping, lines)).collect::<Result<_, _>>()?;
    if entries.is_empty() { Err("il est vide".to_owned()) } else { Ok(entries) }
}

/// The whole of an index as one pli, for an index that stands in the folder of its pli.
///
/// # Errors
/// As [`read_index`]; also where two reception dates stand in it.
pub fn read_folder_index(mapping: &IndexMapping, bytes: &[u8]) -> Result<IndexEntry, String> {
    let mut entries = read_index(mapping, bytes)?.into_iter();
    let mut whole = entries.next().unwrap_or_default();
    for next in entries {
        whole.files.extend(next.files);
        whole.facts.pages = match (whole.facts.pages, next.facts.pages) {
            // Each line repeats the count of its pli, or each pli has its own.
            (Some(a), Some(b)) if next.facts.pli != whole.facts.pli => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        if next.received.is_some() && whole.received.is_some_and(|d| Some(d) != next.received) {
            return Err("il porte deux dates de réception pour un seul dépôt".to_owned());
        }
        whole.received = whole.received.or(next.received);
    }
    Ok(whole)
}

/// Lines of one pli stand together; without a column for the pli each line is one.
fn by_pli(lines: Vec<Line>, named: bool) -> Vec<Vec<Line>> {
    let mut plis: Vec<Vec<Line>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for line in lines {
        let place = if named { *places.entry(line.pli.clone()).or_insert(plis.len()) } else { plis.len() };
        match plis.get_mut(place) {
            Some(pli) => pli.push(line),
            None => plis.push(vec![line]),
        }
    }
    plis
}

fn entry(mapping: &IndexMapping, mut lines: Vec<Line>) -> Result<IndexEntry, String> {
    if !mapping.order.is_empty() {
        let mut ordered = Vec::with_capacity(lines.len());
        for line in lines {
            let order: u32 = line.order.parse().map_err(|_| format!("« {} » n’est pas un numéro de page", line.order))?;
            ordered.push((order, line));
        }
        ordered.sort_by_key(|(order, _)| *order);
        lines = ordered.into_iter().map(|(_, line)| line).collect();
    }
    let received = one(&lines, |l| &l.received, "dates de réception")?;
    let pages = one(&lines, |l| &l.pages, "nombres de pages")?;
    Ok(IndexEntry {
        received: received.map(|text| date(mapping, text)).transpose()?,
        facts: IndexFacts {
            pli: one(&lines, |l| &l.pli, "numéros de pli")?.map(str::to_owned),
            lot: one(&lines, |l| &l.lot, "numéros de lot")?.map(str::to_owned),
            pages: pages.map(|text| text.parse().map_err(|_| format!("« {text} » n’est pas un nombre de pages"))).transpose()?,
        },
        files: files(&lines)?,
    })
}

fn files(lines: &[Line]) -> Result<Vec<String>, String> {
    let mut files: Vec<String> = Vec::new();
    for name in lines.iter().map(|l| base_name(&l.file)).filter(|n| !n.is_empty()) {
        if files.iter().any(|f| f == name) {
            return Err(format!("le fichier « {name} » y figure deux fois"));
        }
        files.push(name.to_owned());
    }
    Ok(files)
}

/// The value that every line of a pli has, where it has one.
fn one<'a>(lines: &'a [Line], of: impl Fn(&Line) -> &String, what: &str) -> Result<Option<&'a str>, String> {
    let mut values = lines.iter().map(|l| of(l).as_str()).filter(|v| !v.is_empty());
    let first = values.next();
    match values.find(|v| Some(*v) != first) {
        Some(other) => Err(format!("deux {what} pour un même pli, « {} » et « {other} »", first.unwrap_or_default())),
        None => Ok(first),
    }
}

fn date(mapping: &IndexMapping, text: &str) -> Result<Date, String> {
    // An hour after the day is of no use here.
    let day = if mapping.date_format.contains([' ', 'T']) { text } else { text.split([' ', 'T']).next().unwrap_or(text) };
    Date::strptime(&mapping.date_format, day).map_err(|_| format!("« {text} » n’est pas une date de la forme {}", mapping.date_format))
}

/// Stations write paths of their own disks.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path).trim()
}

/// UTF-8 with or without a mark, UTF-16 with one, else Latin-1, which Windows programs still write.
fn decode(bytes: &[u8]) -> String {
    let wide = |swap: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|b| swap([b[0], b[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(more: &str) -> IndexMapping {
        toml::from_str(more).unwrap()
    }

    const CSV: &str = "name = 'index.csv'\nkind = 'csv'\nfile = 'Fichier'\norder = 'Page'\npli = 'Pli'\nlot = 'Lot'\nreceived = 'Reçu le'\n\
        date_format = '%d/%m/%Y'\npages = 'Pages'";

    #[test]
    fn a_csv_of_pages_groups_by_pli_and_orders_by_page() {
        let text = "Lot;Pli;Page;Fichier;Reçu le;Pages\r\nL7;12;2;C:\\scans\\b.tif;03/11/2026;2\r\nL7;13;1;\"c;1.tif\";;\r\nL7;12;1;a.tif;03/11/2026;2\r\n";
        for bytes in [text.as_bytes().to_vec(), text.chars().map(|c| c as u8).collect(), [b"\xef\xbb\xbf", text.as_bytes()].concat()] {
            let plis = read_index(&mapping(CSV), &bytes).unwrap();
            assert_eq!(plis.len(), 2);
            assert_eq!(plis[0].files, ["a.tif", "b.tif"]);
            assert_eq!(plis[0].received, Some(jiff::civil::date(2026, 11, 3)));
            assert_eq!(plis[0].facts, IndexFacts { pli: Some("12".into()), lot: Some("L7".into()), pages: Some(2) });
            assert_eq!((plis[1].files.as_slice(), plis[1].received), (&["c;1.tif".to_owned()][..], None));
        }
    }

    #[test]
    fn what_cannot_be_understood_refuses_the_index() {
        let said = |text: &str| read_index(&mapping(CSV), text.as_bytes()).unwrap_err();
        let head = "Lot;Pli;Page;Fichier;Reçu le;Pages\n";
        assert!(said("Lot;Pli;Page;Fichier\n").contains("Reçu le"), "a column that is not there");
        assert!(said(head).contains("vide"));
        assert!(said(&format!("{head}L;1;un;a.tif;;\n")).contains("numéro de page"));
        assert!(said(&format!("{head}L;1;1;a.tif;2026-11-03;\n")).contains("date"));
        assert!(said(&format!("{head}L;1;1;a.tif;;\nL;1;2;a.tif;;\n")).contains("deux fois"));
        assert!(said(&format!("{head}L;1;1;a.tif;03/11/2026;\nL;1;2;b.tif;04/11/2026;\n")).contains("deux dates"));
        assert!(said(&format!("{head}L;1;1;\"a.tif;;\n")).contains("guillemet"));
    }

    #[test]
    fn an_xml_batch_is_read_by_paths() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- Kapture 4 --><lot numero="L&#55;"><pli id="12" recu="2026-11-03T08:15:00"><nb>2</nb>
<page rang="2" fichier="b.tif"/><page rang="1" fichier="a &amp; b.tif"></page></pli>
<pli id="13"><nb>1</nb><page rang="1" fichier="c.tif"/></pli></lot>"#;
        let paths = "name = '*.xml'\nkind = 'xml'\nentry = 'lot/pli'\nfile = 'page/@fichier'\norder = 'page/@rang'\npli = '@id'\n\
            lot = '/lot/@numero'\nreceived = '@recu'\npages = 'nb'";
        let plis = read_index(&mapping(paths), text.as_bytes()).unwrap();
        assert_eq!(plis.len(), 2);
        assert_eq!(plis[0].files, ["a & b.tif", "b.tif"]);
        assert_eq!(plis[0].received, Some(jiff::civil::date(2026, 11, 3)));
        assert_eq!(plis[1].facts, IndexFacts { pli: Some("13".into()), lot: Some("L7".into()), pages: Some(1) });
    }

    #[test]
    fn a_hostile_or_half_xml_is_refused() {
        let map = mapping("name = 'i.xml'\nkind = 'xml'\nfile = 'f'");
        for text in ["<a><f>1.tif</f>", "<a>", "", "<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "<a></b>", "<a f=1/>", "<a>&xxe;</a>", "<a/><a/>"]
        {
            assert!(read_index(&map, text.as_bytes()).is_err(), "{text}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(read_index(&map, deep.as_bytes()).is_err());
    }

    #[test]
    fn a_folder_index_is_one_pli() {
        let map = mapping("name = 'i.csv'\nkind = 'csv'\nseparator = ','\nfile = 'f'\nreceived = 'd'\npages = 'n'");
        let whole = read_folder_index(&map, b"f,d,n\n2.tif,2026-11-03,2\n1.tif,2026-11-03,2\n").unwrap();
        assert_eq!((whole.files, whole.facts.pages), (vec!["2.tif".to_owned(), "1.tif".to_owned()], Some(2)));
        assert!(read_folder_index(&map, b"f,d,n\n2.tif,2026-11-03,2\n1.tif,2026-11-04,2\n").is_err());
    }

    #[test]
    fn names_of_indexes() {
        let map = |name: &str| mapping(&format!("name = '{name}'\nkind = 'csv'"));
        assert!(is_index(&map("*.xml"), "lot-1.xml") && !is_index(&map("*.xml"), "lot-1.xml.part"));
        assert!(is_index(&map("index.csv"), "index.csv") && !is_index(&map("ab*ba"), "aba"));
    }
}
