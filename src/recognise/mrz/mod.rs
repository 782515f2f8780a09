//! Machine-readable zones: found in the picture and by the words on the page, read cell by cell, and read once more
//! by an engine that knows nothing of cells.

mod bands;
mod words;

use super::engine::{Charset, Recogniser};
use super::ocrb::{self, Line, Reader};
use super::page::Engines;
use super::raster;
use crate::domain::mrz::ANY_YEAR;
use crate::domain::{Engine, MrzRead, Rect, Word, mrz};
use image::GrayImage;

/// Mean logarithm of the probability of the cells: better, and no other direction need be looked at. Fillers on
/// their heads look like a D, so that such lines come to -0.08 at best.
const SURE: f32 = -0.03;
/// Worse than this is no line of a zone.
const LEGIBLE: f32 = -0.6;

/// All zones of the page, `dpi` dots per inch, each read by the cell reader and by a second engine.
pub fn read(upright: &GrayImage, dpi: u32, words: &[Word], engines: &mut Engines) -> Vec<MrzRead> {
    let mut found: Vec<MrzRead> = Vec::new();
    let covered =
        |found: &[MrzRead], rect: &Rect| found.iter().any(|f| f.rect.vertical_overlap(rect) > 0 && f.rect.horizontal_overlap(rect) > 0);
    for zone in bands::find(upright, dpi) {
        let Some(place) = Place::of_bands(upright, &zone) else { continue };
        if !covered(&found, &place.rect) {
            // Any two lines of print can be cut into cells: only keys tell that they are a zone, where no word looked like one.
            found.extend(read_zone(place, engines).filter(|read| is_certain(&read.lines)));
        }
    }
    for (as_read, seed) in words::seeds(words) {
        if covered(&found, &seed) {
            continue;
        }
        let lines = words::zone_around(upright, as_read, seed.h);
        if let Some(place) = Place::of_lines(upright, &lines) {
            found.extend(read_zone(place, engines));
        }
    }
    found
}

/// Where a zone may be: its lines cut out, top to bottom.
struct Place {
    crops: Vec<GrayImage>,
    /// On the upright page.
    rect: Rect,
}

impl Place {
    fn of_lines(upright: &GrayImage, lines: &[Rect]) -> Option<Self> {
        let rect = lines.iter().copied().reduce(|a, b| a.union(&b))?;
        let crops: Vec<GrayImage> = lines.iter().filter_map(|l| raster::cut(upright, padded(*l))).collect();
        (crops.len() >= 2).then_some(Self { crops, rect })
    }

    fn of_bands(upright: &GrayImage, zone: &bands::Bands) -> Option<Self> {
        let lines = &zone.lines;
        let spacing = lines.windows(2).map(|pair| pair[1].centre().1.saturating_sub(pair[0].centre().1)).min()?;
        // Bands are rougher than characters: half of the spacing to either side holds a line that slopes.
        let around = |l: &Rect| {
            let half = spacing * 48 / 100;
            Rect::new(l.x.saturating_sub(spacing), l.centre().1.saturating_sub(half), l.w + 2 * spacing, 2 * half)
        };
        let crops: Vec<GrayImage> = lines.iter().filter_map(|l| bands::cut(upright, zone.quarters, around(l))).collect();
        let rect = lines.iter().copied().reduce(|a, b| a.union(&b))?;
        (crops.len() >= 2).then(|| Self { crops, rect: bands::on_page(upright, zone.quarters, rect) })
    }
}

/// The reading of the cells stays unless another engine has more passing digits: readings are weighed as wholes,
/// and none is changed. A reading that disagrees goes along as `second`.
fn read_zone(place: Place, engines: &mut Engines) -> Option<MrzRead> {
    let Place { mut crops, rect } = place;
    let own = engines.cells.as_ref().and_then(|reader| {
        let (read, turned) = by_cells(reader, &crops, rect)?;
        if turned {
            crops = upside_down(&crops);
        }
        Some(read)
    });
    let witness = match engines.second.as_deref_mut() {
        Some(second) => read_lines(&crops, rect, second),
        None => read_lines(&crops, rect, &mut engines.tesseract),
    };
    let sure = own.as_ref().is_some_and(|read| all_pass(&read.lines));
    let third = if sure || engines.second.is_none() { None } else { read_lines(&crops, rect, &mut engines.tesseract) };
    let best = [third, witness.clone(), own].into_iter().flatten().max_by_key(|r| passing(&r.lines))?;
    let second = witness.filter(|w| w.engine != best.engine && w.lines.len() == best.lines.len()).map(|w| w.lines);
    Some(MrzRead { second: second.unwrap_or_default(), ..best })
}

/// The zone cell by cell, and whether it stands on its head. Some cards print it white on a dark field.
fn by_cells(reader: &Reader, crops: &[GrayImage], rect: Rect) -> Option<(MrzRead, bool)> {
    level_or_turned(reader, crops, rect).or_else(|| {
        let mut inverted = crops.to_vec();
        inverted.iter_mut().for_each(image::imageops::invert);
        level_or_turned(reader, &inverted, rect)
    })
}

fn level_or_turned(reader: &Reader, crops: &[GrayImage], rect: Rect) -> Option<(MrzRead, bool)> {
    let level = shaped(reader, crops);
    let turned = if level.as_ref().is_some_and(|l| l.score > SURE) { None } else { shaped(reader, &upside_down(crops)) };
    let worse = |l: &Cells| turned.as_ref().is_some_and(|t| t.score > l.score);
    let on_its_head = level.as_ref().is_none_or(worse);
    let cells = if on_its_head { turned? } else { level? };
    let lines = mrz::parse(&cells.lines, ANY_YEAR)?.lines;
    Some((MrzRead { lines, rect, engine: Engine::Ocrb, confidence: cells.confidence, second: Vec::new() }, on_its_head))
}

/// The lines of a zone, cell by cell.
struct Cells {
    lines: Vec<String>,
    /// The least sure cell, 0 to 1.
    confidence: f32,
    /// Mean of the lines' scores.
    score: f32,
}

/// The best of the shapes that zones have: a line of print above a zone is no part of it.
fn shaped(reader: &Reader, crops: &[GrayImage]) -> Option<Cells> {
    let shape = |(count, length): (usize, usize)| {
        let used = crops.get(crops.len().checked_sub(count)?..)?;
        let readings: Vec<ocrb::Reading> = used.iter().map(|c| reader.read(c, length)).collect::<Option<_>>()?;
        let score = readings.iter().map(|r| r.score).sum::<f32>() / count as f32;
        (score > LEGIBLE).then_some((readings, score))
    };
    let (readings, score) = [(3, 30), (2, 36), (2, 44)].into_iter().filter_map(shape).max_by(|a, b| a.1.total_cmp(&b.1))?;
    let raw: Vec<String> = readings.iter().map(|r| r.characters().iter().map(|c| c.0).collect()).collect();
    let kinds = Line::of_zone(&raw)?;
    let decided: Vec<Vec<(char, f32)>> = readings.iter().zip(kinds).map(|(r, kind)| r.by_class(&kind.classes())).collect();
    let confidence = decided.iter().flatten().map(|c| c.1).fold(1.0, f32::min);
    Some(Cells { lines: decided.iter().map(|l| l.iter().map(|c| c.0).collect()).collect(), confidence, score })
}

/// The lines of a zone that stands on its head, as they are read.
fn upside_down(crops: &[GrayImage]) -> Vec<GrayImage> {
    crops.iter().rev().map(|c| raster::turn(c, 2)).collect()
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
        Some(MrzRead { lines: mrz::parse(&raw, ANY_YEAR)?.lines, rect, engine, confidence, second: Vec::new() })
    };
    [attempt(2), attempt(3)].into_iter().flatten().max_by_key(|r| passing(&r.lines))
}

fn all_pass(lines: &[String]) -> bool {
    mrz::parse(lines, ANY_YEAR).is_some_and(|m| {
        let (passes, looked_at) = m.checks();
        passes == looked_at && passes >= 3
    })
}

/// Three keys pass by chance once in a thousand lines of print.
fn is_certain(lines: &[String]) -> bool {
    mrz::parse(lines, ANY_YEAR).is_some_and(|m| m.checks().0 >= 3)
}

/// Passing check digits of these lines.
fn passing(lines: &[String]) -> usize {
    mrz::parse(lines, ANY_YEAR).map_or(0, |m| 1 + m.checks().0)
}

fn padded(line: Rect) -> Rect {
    let (dx, dy) = (line.h / 2, line.h / 4);
    Rect::new(line.x.saturating_sub(dx), line.y.saturating_sub(dy), line.w + 2 * dx, line.h + 2 * dy)
}
