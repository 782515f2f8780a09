//! CSV after RFC 4180, with any separator; the first line names the columns.

use super::Line;
use crate::domain::IndexMapping;

pub(super) fn lines(mapping: &IndexMapping, text: &str) -> Result<Vec<Line>, String> {
    let mut rows = rows(text, mapping.separator)?.into_iter();
    let head = rows.next().ok_or("il est vide")?;
    let place = |name: &String| match name.as_str() {
        "" => Ok(None),
        name => head.iter().position(|h| h.trim() == name).map(Some).ok_or(format!("la colonne « {name} » n’y est pas")),
    };
    let (file, order, pli) = (place(&mapping.file)?, place(&mapping.order)?, place(&mapping.pli)?);
    let (lot, received, pages) = (place(&mapping.lot)?, place(&mapping.received)?, place(&mapping.pages)?);
    let line = |row: Vec<String>| {
        let text = |place: Option<usize>| place.and_then(|p| row.get(p)).map(|v| v.trim().to_owned()).unwrap_or_default();
        if row.len() == head.len() {
            Ok(Line { file: text(file), order: text(order), pli: text(pli), lot: text(lot), received: text(received), pages: text(pages) })
        } else {
            Err(format!("une ligne a {} colonnes, la première en a {}", row.len(), head.len()))
        }
    };
    rows.map(line).collect()
}

fn rows(text: &str, separator: char) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            c if quoted => field.push(c),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c if c == separator => row.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    if quoted {
        return Err("un guillemet n’y est pas fermé".to_owned());
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    // Programs leave empty lines at the end.
    rows.retain(|row| row.iter().any(|field| !field.trim().is_empty()));
    Ok(rows)
}
