//! The text of a 2D-Doc code (specification v3.2.6, chapter 3): header, values, signature.

use crate::catalogue::TwoDDocDef;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Ends a value of variable length.
const GS: u8 = 0x1d;
/// Ends a value that was cut short.
const RS: u8 = 0x1e;
/// Stands between what is signed and the signature.
const US: u8 = 0x1f;
/// The perimeter whose identifiers the catalogue knows.
const ANTS: &str = "01";

/// A code taken apart; nothing of it is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub authority: String,
    pub certificate: String,
    /// Day of the document; codes without a date exist.
    pub issued: Option<Date>,
    pub signed: Option<Date>,
    /// Type of document, two characters.
    pub document: String,
    pub perimeter: String,
    /// Identifier to value. The annex behind the signature is not signed and not here.
    pub values: BTreeMap<String, Value>,
    /// The bytes that the signature stands for.
    pub body: &'a [u8],
    /// r and s, one after the other.
    pub signature: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub text: String,
    /// The end was left out for want of room.
    pub cut: bool,
}

/// Why a code that says it is a 2D-Doc is not one that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Another version, or the binary header of version 4.
    Version,
    Header,
    NoSignature,
    Signature,
}

/// `None` when the bytes are no 2D-Doc at all.
pub(super) fn parse<'a>(bytes: &'a [u8], known: &TwoDDocDef) -> Option<Result<Message<'a>, Broken>> {
    match bytes {
        [0xdc, 0x01..=0x0f, ..] => Some(Err(Broken::Version)),
        [b'D', b'C', b'0'..=b'9', b'0'..=b'9', ..] => Some(message(bytes, known)),
        _ => None,
    }
}

fn message<'a>(bytes: &'a [u8], known: &TwoDDocDef) -> Result<Message<'a>, Broken> {
    let length = match &bytes[2..4] {
        b"01" | b"02" => 22,
        b"03" => 24,
        b"04" => 26,
        _ => return Err(Broken::Version),
    };
    let header = bytes.get(..length).and_then(|h| std::str::from_utf8(h).ok()).ok_or(Broken::Header)?;
    if !header.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return Err(Broken::Header);
    }
    let end = bytes.iter().position(|b| *b == US).ok_or(Broken::NoSignature)?;
    let (body, rest) = (&bytes[..end], &bytes[end + 1..]);
    let perimeter = if length == 22 { ANTS } else { &header[22..24] };
    let values = body.get(length..).ok_or(Broken::Header)?;
    Ok(Message {
        authority: header[4..8].to_owned(),
        certificate: header[8..12].to_owned(),
        issued: day(&header[12..16]),
        signed: day(&header[16..20]),
        document: header[20..22].to_owned(),
        perimeter: perimeter.to_owned(),
        values: if perimeter == ANTS { self::values(values, known) } else { BTreeMap::new() },
        body,
        signature: signature(rest, &bytes[2..4])?,
    })
}

/// Base32 without padding (RFC 4648), up to the annex; version 1 wrote the bytes as they are.
fn signature(rest: &[u8], version: &[u8]) -> Result<Vec<u8>, Broken> {
    if version == b"01" && matches!(rest.len(), 64 | 96 | 132) {
        return Ok(rest.to_vec());
    }
    let text = rest.split(|b| *b == GS).next().unwrap_or_default();
    data_encoding::BASE32_NOPAD.decode(text).ok().filter(|bytes| !bytes.is_empty()).ok_or(Broken::Signature)
}

/// Hexadecimal days since the first of January 2000; `FFFF` is no date.
pub(super) fn day(text: &str) -> Option<Date> {
    let days = u16::from_str_radix(text, 16).ok().filter(|days| *days != u16::MAX)?;
    Date::constant(2000, 1, 1).checked_add(jiff::Span::new().days(i64::from(days))).ok()
}

/// The values up to the first identifier that the catalogue does not know: its length cannot be told.
fn values(mut rest: &[u8], known: &TwoDDocDef) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    while let Some(id) = rest.get(..2).and_then(|id| std::str::from_utf8(id).ok())
        && let Some(length) = known.identifiers.get(id)
    {
        rest = &rest[2..];
        let longest = if length.most == 0 { rest.len() } else { length.most.min(rest.len()) };
        let fixed = length.most > 0 && length.least == length.most;
        let end = if fixed { longest } else { rest[..longest].iter().position(|b| matches!(*b, GS | RS)).unwrap_or(longest) };
        let text = rest[..end].iter().map(|b| char::from(*b)).collect::<String>().trim().to_owned();
        rest = &rest[end..];
        // A value of full length needs no separator, and some writers put one all the same.
        let cut = rest.first() == Some(&RS);
        if matches!(rest.first(), Some(&(GS | RS))) {
            rest = &rest[1..];
        }
        found.insert(id.to_owned(), Value { text, cut });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn read(text: &str) -> Option<Result<BTreeMap<String, Value>, Broken>> {
        let bytes = text.replace("<GS>", "\u{1d}").replace("<RS>", "\u{1e}").replace("<US>", "\u{1f}");
        let catalogue = Catalogue::embedded().unwrap();
        parse(bytes.as_bytes(), &catalogue.two_d_doc).map(|m| m.map(|m| m.values))
    }

    #[test]
    fn fixed_variable_and_cut_values_end_where_they_should() {
        let values = read("DC04FR000001111E16360101FR246900110M/MARTIN/ZOE<GS>22LONGUE RUE<RS>26FR<US>ABCQ<GS>10AUTRE");
        let values = values.unwrap().unwrap();
        assert_eq!(values["24"].text, "69001");
        assert_eq!(values["10"].text, "M/MARTIN/ZOE", "the annex does not replace what is signed");
        assert!(values["22"].cut && !values["26"].cut);
        assert_eq!(values["26"].text, "FR");
    }

    #[test]
    fn days_are_those_of_the_specification() {
        assert_eq!(day("111E"), Some(Date::constant(2011, 12, 31)));
        assert_eq!(day("0E84"), Some(Date::constant(2010, 3, 5)));
        assert_eq!(day("FFFF"), None);
    }

    #[test]
    fn what_is_no_code_of_this_kind_is_told_from_a_broken_one() {
        assert!(read("https://example.org").is_none());
        assert!(read("DCXX").is_none());
        assert_eq!(read("DC07FR000001111E16360101FR<US>AB"), Some(Err(Broken::Version)));
        assert_eq!(read("DC04FR00"), Some(Err(Broken::Header)));
        assert_eq!(read("DC04FR000001111E16360101FR24690011"), Some(Err(Broken::NoSignature)));
        assert_eq!(read("DC04FR000001111E16360101FR<US>1890"), Some(Err(Broken::Signature)));
    }
}
