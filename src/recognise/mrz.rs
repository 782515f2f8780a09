//! Machine-readable zones: found by lines of capitals and fillers and by their geometry, read line by line.

use super::engine::{Charset, Recogniser};
use super::page::Engines;
use super::raster;
use crate::domain::{MrzRead, Rect, Word, mrz};
use image::GrayImage;

/// A line that may be part of a zone has so many signs, nearly all of them of its alphabet.
const FEWEST_SIGNS: usize = 20;
const ALPHABET_SHARE: f32 = 0.85;
/// Ink of OCR-B is printed black; a guilloche below it stays lighter than this share of the paper.
const INK_PERCENT: u32 = 62;
/// The year only moves centuries, which no check digit covers: any will do to count passing digits.
const ANY_YEAR: i16 = 2050;

/// All zones of the page, read with every engine that is there; the reading with more passing digits stays.
pub fn read(upright: &GrayImage, words: &[Word], engines: &mut Engines) -> Vec<MrzRead> {
    let mut found: Vec<MrzRead> = Vec::new();
    for (as_read, seed) in seeds(words) {
        if found.iter().any(|f| f.rect.vertical_overlap(&seed) > 0 && f.rect.horizontal_overlap(&seed) > 0) {
            continue;
        }
        let zone = zone_around(upright, as_read, seed.h);
        let Some(rect) = zone.iter().copied().reduce(|a, b| a.union(&b)) else { continue };
        if zone.len() >= 2
            && let Some(read) = read_zone(upright, &zone, rect, engines)
        {
            found.push(read);
        }
    }
    found
}

/// Text lines that look like a line of a zone: box as read, and box of the height that its pitch allows.
fn seeds(words: &[Word]) -> Vec<(Rect, Rect)> {
    let mut seeds = Vec::new();
    for line in words.chunk_by(|a, b| a.line == b.line) {
        let signs: String = line.iter().flat_map(|w| w.text.chars()).collect();
        let count = signs.chars().count();
        let known = signs.chars().filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "<«‹>K".contains(*c)).count();
        let fillers = signs.chars().filter(|c| "<«‹".contains(*c)).count();
        let solid = count / line.len().max(1) >= 12;
        if count >= FEWEST_SIGNS && known as f32 >= ALPHABET_SHARE * count as f32 && (fillers >= 2 || solid) {
            let Some(rect) = line.iter().map(|w| w.rect).reduce(|a, b| a.union(&b)) else { continue };
            // A speck above the line makes its box higher than its characters, which are as high as their pitch.
            let pitch = rect.w / count as u32;
            let middle = rect.centre().1;
            let high = rect.h.min(pitch + pitch / 4).max(6);
            seeds.push((rect, Rect::new(rect.x, middle.saturating_sub(high / 2), rect.w, high)));
        }
    }
    seeds
}

/// The lines of the zone that `seed` is part of, top to bottom: same edges, same height, even pitch.
fn zone_around(upright: &GrayImage, seed: Rect, height: u32) -> Vec<Rect> {
    // Characters are 2.54 mm apart and 2.4 mm high; lines 6.35 mm apart at least (ICAO 9303 part 3).
    let reach = 8 * height;
    let side = seed.w / 8;
    let (x0, y0) = (seed.x.saturating_sub(side), seed.y.saturating_sub(reach));
    let region = Rect::new(x0, y0, seed.w + 2 * side, seed.h + 2 * reach);
    let Some(part) = raster::cut(upright, region) else { return Vec::new() };
    let bands = bands(&part, height);
    let own = Rect::new(seed.x - x0, seed.y - y0, seed.w, seed.h);
    let Some(middle) = bands.iter().position(|b| b.vertical_overlap(&own) * 3 > b.h.min(own.h) * 2) else { return Vec::new() };
    let like = |b: &Rect| {
        let m = bands[middle];
        b.h.abs_diff(m.h) * 3 <= m.h && b.x.abs_diff(m.x) <= 2 * m.h && b.right().abs_diff(m.right()) <= 2 * m.h
    };
    let gap = |a: &Rect, b: &Rect| b.y.saturating_sub(a.bottom());
    let near = |a: &Rect, b: &Rect| gap(a, b) <= 3 * height;
    let mut first = middle;
    while first > 0 && like(&bands[first - 1]) && near(&bands[first - 1], &bands[first]) {
        first -= 1;
    }
    let mut last = middle;
    while last + 1 < bands.len() && like(&bands[last + 1]) && near(&bands[last], &bands[last + 1]) {
        last += 1;
    }
    bands[first..=last].iter().map(|b| Rect::new(b.x + x0, b.y + y0, b.w, b.h)).collect()
}

/// Rows of ink about as high as `height`, trimmed to their own left and right end.
fn bands(part: &GrayImage, height: u32) -> Vec<Rect> {
    let (w, h) = (part.width() as usize, part.height() as usize);
    let ink = ink(part);
    // Vertical frame lines cross the white between lines; no character does.
    let column_total = |x: usize| (0..h).filter(|y| ink[y * w + x]).count();
    let framed: Vec<bool> = (0..w).map(|x| column_total(x) * 5 > h * 3).collect();
    let inked = |y: usize| (0..w).filter(|x| !framed[*x] && ink[y * w + x]).count();
    // Fillers leave 4 of 10 columns white; a row through any line of text has at least this much ink.
    let rows: Vec<bool> = (0..h).map(|y| inked(y) * 100 > w * 4).collect();
    let mut bands = Vec::new();
    let mut y = 0;
    while y < h {
        if !rows[y] {
            y += 1;
            continue;
        }
        let top = y;
        while y < h && (rows[y] || rows.get(y + 1).copied().unwrap_or(false)) {
            y += 1;
        }
        let tall = (y - top) as u32;
        if tall * 2 >= height
            && tall <= height * 2
            && let Some((left, right)) = extent(&ink, w, top, y, &framed, height as usize)
        {
            bands.push(Rect::new(left as u32, top as u32, (right - left) as u32, tall));
        }
    }
    bands
}

/// The longest stretch of ink in these rows that no gap wider than two characters breaks.
fn extent(ink: &[bool], w: usize, top: usize, bottom: usize, framed: &[bool], height: usize) -> Option<(usize, usize)> {
    let filled: Vec<usize> = (0..w).filter(|x| !framed[*x] && (top..bottom).any(|y| ink[y * w + x])).collect();
    let mut best: Option<(usize, usize)> = None;
    let mut start = *filled.first()?;
    for (i, x) in filled.iter().enumerate() {
        let next = filled.get(i + 1);
        if next.is_none_or(|n| n - x > 2 * height) {
            if best.is_none_or(|(l, r)| r - l < x + 1 - start) {
                best = Some((start, x + 1));
            }
            start = next.copied().unwrap_or(start);
        }
    }
    best
}

fn ink(part: &GrayImage) -> Vec<bool> {
    let mut histogram = [0u32; 256];
    part.as_raw().iter().for_each(|v| histogram[usize::from(*v)] += 1);
    let total: u32 = histogram.iter().sum();
    let mut above = 0;
    let paper = (0..256u32).rev().find(|v| {
        above += histogram[*v as usize];
        above * 2 >= total
    });
    let limit = paper.unwrap_or(255) * INK_PERCENT / 100;
    part.as_raw().iter().map(|v| u32::from(*v) < limit).collect()
}

/// Reads the lines of one zone. The first engine costs a quarter of the second and its digits are as good
/// where all check digits pass; fillers and names it reads badly, so the name line is always the second's.
fn read_zone(upright: &GrayImage, lines: &[Rect], rect: Rect, engines: &mut Engines) -> Option<MrzRead> {
    let crops: Vec<GrayImage> = lines.iter().filter_map(|l| raster::cut(upright, padded(*l))).collect();
    let first = read_lines(&crops, rect, &mut engines.tesseract);
    let Some(second) = engines.second.as_deref_mut() else { return first };
    if let Some(read) = first.as_ref().filter(|r| all_pass(&r.lines)) {
        let name_line = if read.lines.len() == 3 { 2 } else { 0 };
        return Some(with_line(read, name_line, &crops, second).unwrap_or_else(|| read.clone()));
    }
    let second = read_lines(&crops, rect, second);
    [second, first].into_iter().flatten().rev().max_by_key(|r| passing(&r.lines))
}

/// The same reading with one line read by another engine, if that is a line of the same length.
fn with_line(read: &MrzRead, line: usize, crops: &[GrayImage], engine: &mut dyn Recogniser) -> Option<MrzRead> {
    let crop = &crops[crops.len() - read.lines.len()..].get(line)?;
    let text = engine.read_line(crop, Charset::Mrz).ok()?;
    let mut lines = read.lines.clone();
    *lines.get_mut(line)? = text.text.replace(' ', "");
    let lines = mrz::parse(&lines, ANY_YEAR)?.lines;
    (passing(&lines) >= passing(&read.lines)).then(|| MrzRead {
        lines,
        engine: engine.engine(),
        confidence: text.confidence,
        ..read.clone()
    })
}

/// The best of the last three lines and the last two: a card and a passport differ in that.
fn read_lines(crops: &[GrayImage], rect: Rect, engine: &mut dyn Recogniser) -> Option<MrzRead> {
    let crops = &crops[crops.len().saturating_sub(3)..];
    let read: Vec<_> = crops.iter().map(|c| engine.read_line(c, Charset::Mrz)).collect::<Result<_, _>>().ok()?;
    let engine = engine.engine();
    let attempt = |count: usize| {
        let used = read.get(read.len().checked_sub(count)?..)?;
        let raw: Vec<String> = used.iter().map(|l| l.text.replace(' ', "")).collect();
        let confidence = used.iter().map(|l| l.confidence).fold(f32::INFINITY, f32::min);
        Some(MrzRead { lines: mrz::parse(&raw, ANY_YEAR)?.lines, rect, engine, confidence })
    };
    [attempt(2), attempt(3)].into_iter().flatten().max_by_key(|r| passing(&r.lines))
}

fn all_pass(lines: &[String]) -> bool {
    mrz::parse(lines, ANY_YEAR).is_some_and(|m| {
        let (passes, looked_at) = m.checks();
        passes == looked_at && passes >= 3
    })
}

/// Passing check digits of these lines.
fn passing(lines: &[String]) -> usize {
    mrz::parse(lines, ANY_YEAR).map_or(0, |m| 1 + m.checks().0)
}

fn padded(line: Rect) -> Rect {
    let (dx, dy) = (line.h / 2, line.h / 4);
    Rect::new(line.x.saturating_sub(dx), line.y.saturating_sub(dy), line.w + 2 * dx, line.h + 2 * dy)
}
