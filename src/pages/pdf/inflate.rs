//! What is compressed in a PDF is measured before it is opened: a few kilobytes may hold gigabytes.

use crate::domain::Refusal;
use crate::pages::{Limits, refuse};
use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::object::{Dict, MaybeRef, Name, Object, ObjectIdentifier, Stream};
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::xref::XRef;
use std::collections::HashSet;
use std::io::Read;
use weezl::{BitOrder, decode::Configuration};

/// A part that is no picture may become this fraction of what the page may.
pub const PARTS: u64 = 8;
/// No deflated byte becomes more (RFC 1951: 258 bytes from two bits).
const DEFLATE: u64 = 1032;
/// Objects of one page that are looked at; a page of a scan has ten.
const MOST_OBJECTS: usize = 20_000;
/// Dictionaries and arrays inside each other.
const DEEPEST: usize = 64;
/// Ancestors of a page that may lend it resources.
const ANCESTORS: usize = 64;
/// Entries that lead away from the page, or to nothing that is drawn.
const ELSEWHERE: [&[u8]; 10] = [b"Parent", b"P", b"Popup", b"Dest", b"A", b"AA", b"IRT", b"B", b"PieceInfo", b"Metadata"];

/// Refuses a file whose object and cross-reference streams become too large. They are found by their names alone,
/// whatever the structure says.
pub fn check_structure(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let most = limits.decompressed / PARTS;
    let mut left = limits.decompressed;
    for at in (0..bytes.len()).filter(|at| bytes[*at] == b'/') {
        let rest = &bytes[at..];
        if !(rest.starts_with(b"/ObjStm") || rest.starts_with(b"/XRef")) {
            continue;
        }
        let Some(start) = rest.windows(6).take(2048).position(|w| w == b"stream") else { continue };
        let data = rest[start + 6..].trim_ascii_start();
        let inflated = expanded(ZlibDecoder::new(data), most + 1);
        left = left.saturating_sub(inflated);
        if inflated > most || left == 0 {
            return Err(refuse::decompression(most));
        }
    }
    Ok(())
}

/// Refuses a page whose parts become too large.
pub fn check_page(page: &Page<'_>, limits: &Limits) -> Result<(), Refusal> {
    let mut survey = Survey { limits, xref: page.xref(), seen: HashSet::new(), left: limits.decompressed, looks: 0 };
    for key in ["Contents", "Resources", "Annots", "Group"] {
        survey.entry(page.raw(), key)?;
    }
    let mut above = page.raw().get::<Dict<'_>>("Parent");
    for _ in 0..ANCESTORS {
        let Some(node) = above else { break };
        survey.entry(&node, "Resources")?;
        above = node.get::<Dict<'_>>("Parent");
    }
    Ok(())
}

struct Survey<'a, 'l> {
    limits: &'l Limits,
    xref: &'a XRef,
    seen: HashSet<ObjectIdentifier>,
    left: u64,
    looks: usize,
}

impl<'a> Survey<'a, '_> {
    fn entry(&mut self, dict: &Dict<'a>, key: &str) -> Result<(), Refusal> {
        match dict.get_raw::<Object<'a>>(key) {
            Some(object) => self.follow(object, 0),
            None => Ok(()),
        }
    }

    fn follow(&mut self, object: MaybeRef<Object<'a>>, depth: usize) -> Result<(), Refusal> {
        self.looks += 1;
        if self.looks > MOST_OBJECTS || depth > DEEPEST {
            return Ok(());
        }
        let object = match object {
            MaybeRef::NotRef(object) => Some(object),
            MaybeRef::Ref(reference) => {
                let id = ObjectIdentifier::from(reference);
                if self.seen.insert(id) { self.xref.get::<Object<'a>>(id) } else { None }
            }
        };
        match object {
            Some(Object::Dict(dict)) => self.dict(&dict, depth),
            Some(Object::Array(array)) => array.raw_iter().try_for_each(|item| self.follow(item, depth + 1)),
            Some(Object::Stream(stream)) => {
                self.stream(&stream)?;
                self.dict(stream.dict(), depth)
            }
            _ => Ok(()),
        }
    }

    fn dict(&mut self, dict: &Dict<'a>, depth: usize) -> Result<(), Refusal> {
        let wanted = dict.entries().filter(|(key, _)| !ELSEWHERE.contains(&&**key));
        wanted.into_iter().try_for_each(|(_, value)| self.follow(value, depth + 1))
    }

    fn stream(&mut self, stream: &Stream<'a>) -> Result<(), Refusal> {
        let dict = stream.dict();
        let is_picture = dict.get::<Name<'_>>("Subtype").is_some_and(|name| &*name == b"Image");
        if is_picture {
            let side = |key: &str| dict.get::<u32>(key).unwrap_or(1);
            let (width, height) = (side("Width"), side("Height"));
            if u64::from(width) * u64::from(height) > self.limits.pixels {
                return Err(refuse::too_large(width, height));
            }
        }
        let most = if is_picture { self.limits.decompressed } else { self.limits.decompressed / PARTS };
        let size = size_of(&stream.raw_data(), &stream.filters(), most);
        self.left = self.left.saturating_sub(size);
        if size > most || self.left == 0 { Err(refuse::decompression(most)) } else { Ok(()) }
    }
}

/// Bytes that the data becomes, or one more than `most` when it is more than that.
fn size_of(data: &[u8], filters: &[Filter], most: u64) -> u64 {
    let [first, rest @ ..] = filters else { return data.len() as u64 };
    if rest.is_empty() && (data.len() as u64).saturating_mul(DEFLATE) <= most {
        // Whatever it is, it cannot become too large, and how large exactly does not matter.
        return data.len() as u64;
    }
    let limit = most.saturating_add(1);
    if rest.is_empty() && *first == Filter::FlateDecode {
        return expanded(ZlibDecoder::new(data), limit).max(expanded(DeflateDecoder::new(data), limit));
    }
    match unpacked(data, *first, limit) {
        Some(data) if data.len() as u64 > most => limit,
        Some(data) => size_of(&data, rest, most),
        // A picture: its own size is what counts, and that was looked at.
        None => 0,
    }
}

fn expanded(mut from: impl Read, limit: u64) -> u64 {
    let mut counted = from.by_ref().take(limit);
    // Up to an error it is there, and readers use it.
    let mut total = 0;
    let mut part = [0; 1 << 13];
    while let Ok(read @ 1..) = counted.read(&mut part) {
        total += read as u64;
    }
    total
}

/// The data without its first filter, at most `limit` bytes of it; `None` for the filters of pictures.
fn unpacked(data: &[u8], filter: Filter, limit: u64) -> Option<Vec<u8>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    match filter {
        Filter::FlateDecode => {
            let _ = ZlibDecoder::new(data).take(limit as u64).read_to_end(&mut out);
        }
        Filter::LzwDecode => {
            let mut decoder = Configuration::with_tiff_size_switch(BitOrder::Msb, 8).build();
            let mut rest = data;
            let mut part = vec![0; 1 << 16];
            while out.len() < limit {
                let step = decoder.decode_bytes(rest, &mut part);
                out.extend_from_slice(&part[..step.consumed_out]);
                rest = &rest[step.consumed_in..];
                if step.status.is_err() || (step.consumed_in == 0 && step.consumed_out == 0) {
                    break;
                }
            }
        }
        Filter::RunLengthDecode => runs(data, limit, &mut out),
        Filter::Ascii85Decode => ascii_85(data, &mut out),
        Filter::AsciiHexDecode => {
            let digits: Vec<u8> = data.iter().filter_map(|b| (*b as char).to_digit(16)).map(|d| d as u8).collect();
            out.extend(digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)));
        }
        Filter::Crypt => out.extend_from_slice(data),
        Filter::CcittFaxDecode | Filter::Jbig2Decode | Filter::DctDecode | Filter::JpxDecode => return None,
    }
    Some(out)
}

/// Runs and literals (ISO 32000-1, 7.4.5).
fn runs(data: &[u8], limit: usize, out: &mut Vec<u8>) {
    let mut rest = data;
    while let (true, [head, after @ ..]) = (out.len() < limit && rest.first() != Some(&128), rest) {
        if *head < 128 {
            let (literal, after) = after.split_at(after.len().min(usize::from(*head) + 1));
            out.extend_from_slice(literal);
            rest = after;
        } else {
            let Some((value, after)) = after.split_first() else { break };
            out.resize(out.len() + 257 - usize::from(*head), *value);
            rest = after;
        }
    }
}

/// Five characters for four bytes (ISO 32000-1, 7.4.3).
fn ascii_85(data: &[u8], out: &mut Vec<u8>) {
    let mut group = Vec::with_capacity(5);
    for byte in data.iter().take_while(|b| **b != b'~') {
        match byte {
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            _ => {}
        }
        if group.len() == 5 {
            let value = group.iter().fold(0u32, |sum, digit| sum.wrapping_mul(85).wrapping_add(*digit));
            out.extend(value.to_be_bytes());
            group.clear();
        }
    }
}
