//! Finds machine-readable zones in the picture alone: two or three parallel bands of equal width whose columns
//! repeat at the pitch of 30, 36 or 44 characters. It reads nothing, so small and faint print is as good as black.

use super::super::raster;
use crate::domain::Rect;
use image::GrayImage;

/// Resolution of the picture that bands are looked for in, dots per inch; OCR-B is 7 to 8 pixels high there.
const DPI: f32 = 80.0;
/// Shortest band: the lines of a card (76 mm) copied at half size, in inches.
const SHORTEST: f32 = 1.4;
/// Mean change from pixel to pixel below which there is no print, in grey levels.
const FAINTEST: u32 = 4;
/// Part of the strongest row near by that a row of the same band has at least, in percent.
const ROW: u32 = 45;
/// From line to line in parts of a line's length: 6.35 mm of 112 mm, 4.23 mm of 76 mm (ICAO 9303 parts 4 and 5), and what copies bend.
const SPACING: std::ops::Range<f32> = 0.035..0.100;
/// Likeness of the columns of a zone to the columns one pitch further, 0 to 1. Proportional text stays below.
const PERIODIC: f32 = 0.22;
/// Zones on one page; a sheet of copies has four cards.
const MOST: usize = 6;

/// The lines of one zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// 0 or 1: quarter turns clockwise that make the lines level. They may still stand on their heads.
    pub quarters: u8,
    /// Top to bottom, in pixels of the page turned by `quarters`.
    pub lines: Vec<Rect>,
    /// Likeness at the pitch, 0 to 1.
    pub periodic: f32,
}

/// The zones of a page, surest first.
#[must_use]
pub fn find(page: &GrayImage, dpi: u32) -> Vec<Bands> {
    let factor = ((dpi as f32 / DPI).round() as u32).max(1);
    let small = raster::reduce(page, factor);
    let shortest = (SHORTEST * dpi as f32 / factor as f32) as usize;
    let mut found: Vec<Bands> = Vec::new();
    for quarters in [0u8, 1] {
        let turned = raster::turn(&small, quarters);
        let view = View::new(&turned, shortest);
        for lines in grouped(&view.bands()) {
            let lines: Vec<Rect> = lines.iter().map(|l| Rect::new(l.x * factor, l.y * factor, l.w * factor, l.h * factor)).collect();
            let likeness = |l: &Rect| cut(page, quarters, *l).map_or(0.0, |line| periodic(&line));
            let periodic = lines.iter().map(likeness).sum::<f32>() / lines.len() as f32;
            if periodic >= PERIODIC {
                found.push(Bands { quarters, lines, periodic });
            }
        }
    }
    found.sort_by(|a, b| b.periodic.total_cmp(&a.periodic));
    found.truncate(MOST);
    found
}

/// A part of the page turned by `quarters` (0 or 1), without turning the whole page.
#[must_use]
pub fn cut(page: &GrayImage, quarters: u8, rect: Rect) -> Option<GrayImage> {
    raster::cut(page, on_page(page, quarters, rect)).map(|part| raster::turn(&part, quarters))
}

/// The rectangle of the page that a rectangle of the page turned by `quarters` (0 or 1) stands for.
#[must_use]
pub fn on_page(page: &GrayImage, quarters: u8, rect: Rect) -> Rect {
    if quarters == 0 {
        return rect;
    }
    let low = page.height().saturating_sub(rect.x);
    let high = page.height().saturating_sub(rect.right());
    Rect::new(rect.y, high, rect.h, low - high)
}

/// A small picture with the change from column to column.
struct View {
    w: usize,
    h: usize,
    shortest: usize,
    change: Vec<u8>,
}

impl View {
    fn new(small: &GrayImage, shortest: usize) -> Self {
        let (w, h) = (small.width() as usize, small.height() as usize);
        let mut change = vec![0u8; w * h];
        if w > 2 {
            for (out, row) in change.chunks_exact_mut(w).zip(small.as_raw().chunks_exact(w)) {
                for (x, value) in out[1..w - 1].iter_mut().enumerate() {
                    *value = row[x].abs_diff(row[x + 2]);
                }
            }
        }
        Self { w, h, shortest: shortest.max(20), change }
    }

    /// Bands of print, top to bottom.
    fn bands(&self) -> Vec<Rect> {
        let half = self.shortest / 8;
        let around: Vec<u32> = self.change.chunks_exact(self.w.max(1)).flat_map(|row| means(row, half)).collect();
        // A band is one peak of change between two valleys.
        let reach = (self.shortest / 14).max(3);
        let mut open: Vec<Band> = Vec::new();
        let mut closed: Vec<Rect> = Vec::new();
        let mut highest = vec![0u32; self.w];
        for y in 0..self.h {
            let rows = y.saturating_sub(reach)..(y + reach + 1).min(self.h);
            highest.fill(FAINTEST * 8);
            for row in rows.map(|r| &around[r * self.w..(r + 1) * self.w]) {
                highest.iter_mut().zip(row).for_each(|(most, v)| *most = (*most).max(*v));
            }
            let here = &around[y * self.w..(y + 1) * self.w];
            let spans = spans(here, &highest, self.shortest);
            open.retain(|band| {
                let goes_on = spans.iter().any(|s| band.holds(*s));
                if !goes_on {
                    closed.extend(band.rect(y));
                }
                goes_on
            });
            for span in spans {
                match open.iter_mut().find(|band| band.holds(span)) {
                    Some(band) => band.add(span),
                    None => open.push(Band { top: y, spans: vec![span] }),
                }
            }
        }
        closed.extend(open.iter().filter_map(|band| band.rect(self.h)));
        closed.sort_by_key(|r| r.y);
        closed
    }
}

/// Likeness of the columns of a line to those one pitch and two pitches further.
fn periodic(line: &GrayImage) -> f32 {
    let wide = line.width() as usize;
    let mut profile = vec![0.0f32; wide];
    for row in line.as_raw().chunks_exact(wide.max(1)) {
        profile.iter_mut().zip(row).for_each(|(sum, v)| *sum += 255.0 - f32::from(*v));
    }
    let high = line.height() as usize;
    // Without the paper and its slow changes: what repeats goes up and down within a pitch.
    let wave: Vec<f32> = profile.iter().zip(smoothed(&profile, high)).map(|(v, s)| v - s).collect();
    let power: f32 = wave.iter().map(|v| v * v).sum::<f32>() / wide.max(1) as f32;
    let likeness = |lag: usize| {
        let pairs = wave.iter().zip(wave.iter().skip(lag));
        pairs.map(|(a, b)| a * b).sum::<f32>() / wide.saturating_sub(lag).max(1) as f32 / power.max(1e-6)
    };
    // Capitals are 2.4 mm high and 2.54 mm apart (ICAO 9303 part 3, 4.2); other cuts and rough bands differ by half.
    let lags = (high * 6 / 10).max(3)..=(high * 17 / 10).min(wide / 20);
    let best = lags.clone().map(|lag| (likeness(lag), lag)).max_by(|a, b| a.0.total_cmp(&b.0));
    let again = |lag: usize| (2 * lag - 1..=2 * lag + 1).map(likeness).fold(0.0, f32::max);
    best.map_or(0.0, |(once, lag)| once.min(again(lag)))
}

/// A band while its rows are collected.
struct Band {
    top: usize,
    spans: Vec<(usize, usize)>,
}

impl Band {
    fn holds(&self, (from, to): (usize, usize)) -> bool {
        self.spans.last().is_some_and(|(f, t)| {
            let common = to.min(*t).saturating_sub(from.max(*f));
            common * 10 >= 7 * (to - from).max(t - f)
        })
    }

    fn add(&mut self, span: (usize, usize)) {
        self.spans.push(span);
    }

    /// `None` for what is too high or too low for characters of its width.
    fn rect(&self, bottom: usize) -> Option<Rect> {
        let mut lefts: Vec<usize> = self.spans.iter().map(|s| s.0).collect();
        let mut rights: Vec<usize> = self.spans.iter().map(|s| s.1).collect();
        lefts.sort_unstable();
        rights.sort_unstable();
        let (left, right) = (*lefts.get(lefts.len() / 4)?, *rights.get(rights.len() * 3 / 4)?);
        let (wide, high) = (right.saturating_sub(left), bottom - self.top);
        // Capitals are a 47th (passport) to a 32nd (card) of their line.
        (high >= 2 && high * 100 > wide && high * 16 < wide).then(|| Rect::new(left as u32, self.top as u32, wide as u32, high as u32))
    }
}

/// Means of eight times the values over `half` pixels to either side.
fn means(row: &[u8], half: usize) -> Vec<u32> {
    let mut sum: u32 = row.iter().take(half).map(|v| u32::from(*v)).sum();
    let wide = (2 * half + 1) as u32;
    (0..row.len())
        .map(|x| {
            sum += row.get(x + half).map_or(0, |v| u32::from(*v));
            if x > half {
                sum -= u32::from(row[x - half - 1]);
            }
            sum * 8 / wide
        })
        .collect()
}

fn smoothed(values: &[f32], half: usize) -> Vec<f32> {
    let mut sums = vec![0.0f64];
    let mut sum = 0.0;
    sums.extend(values.iter().map(|v| {
        sum += f64::from(*v);
        sum
    }));
    (0..values.len())
        .map(|x| {
            let (from, to) = (x.saturating_sub(half), (x + half + 1).min(values.len()));
            ((sums[to] - sums[from]) / (to - from) as f64) as f32
        })
        .collect()
}

/// Stretches of a row at least so long that are strong for their surroundings.
fn spans(row: &[u32], highest: &[u32], shortest: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut start = None;
    for x in 0..=row.len() {
        let strong = x < row.len() && row[x] * 100 >= highest[x] * ROW && row[x] >= FAINTEST * 8;
        match (strong, start) {
            (true, None) => start = Some(x),
            (false, Some(from)) => {
                if x - from >= shortest {
                    out.push((from, x));
                }
                start = None;
            }
            _ => {}
        }
    }
    out
}

/// Neighbours of equal ends and even spacing, three where there are three.
fn grouped(bands: &[Rect]) -> Vec<Vec<Rect>> {
    let alike = |a: &Rect, b: &Rect| {
        let wide = a.w.max(b.w);
        let down = b.centre().1.saturating_sub(a.centre().1) as f32 / wide as f32;
        a.x.abs_diff(b.x) * 14 < wide && a.right().abs_diff(b.right()) * 14 < wide && SPACING.contains(&down)
    };
    let mut used = vec![false; bands.len()];
    let mut out = Vec::new();
    for i in 0..bands.len() {
        if used[i] {
            continue;
        }
        let mut chain = vec![i];
        while let Some(next) =
            (i + 1..bands.len()).find(|j| !used[*j] && chain.last().is_some_and(|l| l < j && alike(&bands[*l], &bands[*j])))
        {
            chain.push(next);
        }
        // A paragraph has more lines; a line of print right above a zone makes a fourth at the most.
        if (2..=4).contains(&chain.len()) {
            for k in &chain {
                used[*k] = true;
            }
            out.push(chain.iter().map(|k| bands[*k]).collect());
        }
    }
    out
}
