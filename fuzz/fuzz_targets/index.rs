//! Indexes of capture stations, CSV and XML, in any encoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use passerelle::domain::{IndexKind, IndexMapping};
use passerelle::intake::{read_folder_index, read_index};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let (kind, entry, path) = match first % 3 {
        0 => (IndexKind::Csv, "", ""),
        1 => (IndexKind::Xml, "lot/pli", "@"),
        _ => (IndexKind::Xml, "", "page/"),
    };
    let mapping = IndexMapping {
        name: "index".to_owned(),
        kind,
        separator: ';',
        entry: entry.to_owned(),
        file: format!("{path}f"),
        order: format!("{path}o"),
        pli: "p".to_owned(),
        lot: "/lot/@numero".to_owned(),
        received: "@d".to_owned(),
        date_format: "%d/%m/%Y".to_owned(),
        pages: "n".to_owned(),
    };
    if let Ok(entries) = read_index(&mapping, bytes) {
        assert!(!entries.is_empty());
    }
    let _ = read_folder_index(&mapping, bytes);
});
