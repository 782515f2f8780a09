//! Lines that a form prints to write on or to part its cells: ruled ones from long stretches of ink,
//! dotted and dashed ones from chains of evenly spaced small blobs.

use super::ink::{Blob, Ink, Scale};
use crate::domain::Rect;

/// A straight, nearly level printed line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    pub left: u32,
    pub right: u32,
    /// Row of the line's middle at `left`.
    pub y_left: f32,
    /// Rows per column; a residual skew.
    pub slope: f32,
    /// Rows of ink.
    pub thickness: f32,
    /// Dots or dashes instead of a stroke: their usual width, pixels.
    pub dots: Option<u32>,
}

impl Rule {
    /// Row of the line's middle at column `x`.
    #[must_use]
    pub fn y_at(&self, x: u32) -> f32 {
        self.y_left + self.slope * (x as f32 - self.left as f32)
    }

    #[must_use]
    pub fn length(&self) -> u32 {
        self.right - self.left
    }

    /// Row of the middle of the line.
    #[must_use]
    pub fn y(&self) -> f32 {
        self.y_at(self.left.midpoint(self.right))
    }
}

/// A horizontal stretch of ink in one row.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub left: u32,
    pub right: u32,
    pub y: u32,
}

/// All stretches at least `least` pixels long, in row order.
#[must_use]
pub fn stretches(ink: &Ink, least: u32, hole: usize) -> Vec<Stretch> {
    let mut found = Vec::new();
    for y in 0..ink.height {
        ink.stretches(y, hole, |left, right| {
            if right - left >= least {
                found.push(Stretch { left, right, y });
            }
        });
    }
    found
}

/// Shortest ruled line, millimetres: longer than the strokes of a title.
const RULE_MM: f32 = 5.0;
/// Thicker strokes are bars or pictures.
const THICK_MM: f32 = 1.0;
/// Residual skew that a line may have, rows per column.
const SLOPE: f32 = 0.012;

/// Ruled lines among `stretches` (in row order).
#[must_use]
pub fn ruled(stretches: &[Stretch], scale: Scale) -> Vec<Rule> {
    let least = scale.whole(RULE_MM * 0.6);
    let reach = scale.whole(1.0);
    let mut open: Vec<Vec<Stretch>> = Vec::new();
    let mut done: Vec<Vec<Stretch>> = Vec::new();
    for s in stretches.iter().filter(|s| s.right - s.left >= least) {
        let (live, ended): (Vec<_>, Vec<_>) = open.drain(..).partition(|pile: &Vec<Stretch>| pile.last().is_some_and(|l| s.y - l.y <= 2));
        done.extend(ended);
        open = live;
        let touches = |pile: &Vec<Stretch>| {
            pile.iter().rev().take_while(|o| s.y - o.y <= 2).any(|o| s.left <= o.right + reach && o.left <= s.right + reach)
        };
        match open.iter().position(touches) {
            Some(first) => {
                open[first].push(*s);
                let mut rest = open.split_off(first + 1);
                rest.retain_mut(|pile| {
                    let joined = touches(pile);
                    if joined {
                        open[first].append(pile);
                    }
                    !joined
                });
                open[first].sort_by_key(|o| o.y);
                open.append(&mut rest);
            }
            None => open.push(vec![*s]),
        }
    }
    done.append(&mut open);
    let rules = done.iter().filter_map(|pile| straight(pile, scale)).collect();
    join(rules, scale.px(3.0), scale.px(0.5))
}

/// The line through a pile of stretches, unless it is a bar, a letter or a picture.
fn straight(pile: &[Stretch], scale: Scale) -> Option<Rule> {
    let longest = pile.iter().map(|s| s.right - s.left).max()?;
    let kept: Vec<_> = pile.iter().filter(|s| (s.right - s.left) * 3 >= longest).collect();
    let (left, right) = (kept.iter().map(|s| s.left).min()?, kept.iter().map(|s| s.right).max()?);
    let area: f32 = kept.iter().map(|s| (s.right - s.left) as f32).sum();
    let thickness = area / (right - left) as f32;
    if ((right - left) as f32) < scale.px(RULE_MM) || thickness > scale.px(THICK_MM) {
        return None;
    }
    let middle = |s: &Stretch| (s.left + s.right) as f32 / 2.0;
    let weight = |s: &Stretch| (s.right - s.left) as f32;
    let (cx, cy) = kept.iter().fold((0.0, 0.0), |(x, y), s| (x + middle(s) * weight(s), y + s.y as f32 * weight(s)));
    let (cx, cy) = (cx / area, cy / area);
    let (mut up, mut across) = (0.0, 1.0);
    for s in &kept {
        // The stretch's own extent takes part, else two long halves would decide the slope by one row of rounding.
        let own = weight(s).powi(2) / 12.0;
        up += weight(s) * (middle(s) - cx) * (s.y as f32 - cy);
        across += weight(s) * ((middle(s) - cx).powi(2) + own);
    }
    let slope = (up / across).clamp(-SLOPE, SLOPE);
    Some(Rule { left, right, y_left: cy + slope * (left as f32 - cx), slope, thickness, dots: None })
}

/// Joins pieces of one line over gaps up to `gap`, where they differ by at most `off` rows.
fn join(mut rules: Vec<Rule>, gap: f32, off: f32) -> Vec<Rule> {
    rules.sort_by_key(|r| r.left);
    let mut joined: Vec<Rule> = Vec::new();
    for rule in rules {
        let before = joined.iter_mut().find(|j| {
            let apart = rule.left as f32 - j.right as f32;
            apart <= gap && apart > -gap && (j.y_at(rule.left) - rule.y_left).abs() <= off
        });
        match before {
            Some(j) if rule.right > j.right => {
                let end = rule.y_at(rule.right);
                j.slope = ((end - j.y_left) / (rule.right - j.left).max(1) as f32).clamp(-SLOPE, SLOPE);
                j.right = rule.right;
                j.thickness = j.thickness.max(rule.thickness);
            }
            Some(_) => {}
            None => joined.push(rule),
        }
    }
    joined
}

/// Fewest dots that make a line.
const DOTS: usize = 8;
/// Fewest dots of a piece that goes on with a line.
const PIECE: usize = 6;

/// Dotted and dashed lines among the page's blobs.
#[must_use]
pub fn dotted(blobs: &[Blob], ink: &Ink, scale: Scale) -> Vec<Rule> {
    let (tall, wide) = (scale.px(0.75).max(3.0) as u32, scale.px(4.0) as u32);
    let mut dots: Vec<Rect> = blobs.iter().map(|b| b.rect).filter(|r| r.h <= tall && r.w <= wide).collect();
    dots.sort_by_key(|d| d.x);
    let mut chains: Vec<Vec<Rect>> = Vec::new();
    // Ends of chains by row, so that each dot looks at a few neighbours only.
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); ink.height as usize + 1];
    let reach = scale.px(3.2) as u32;
    let off = scale.px(0.22).max(1.5) as u32;
    for dot in dots {
        let y = dot.centre().1;
        let mut best: Option<(u32, usize)> = None;
        for row in &mut ends[y.saturating_sub(off) as usize..=((y + off) as usize).min(ink.height as usize)] {
            row.retain(|c| chains[*c].last().is_some_and(|l| dot.x <= l.right() + reach));
            for c in row.iter() {
                let Some(last) = chains[*c].last() else { continue };
                let cost = dot.x.saturating_sub(last.right()) + 4 * y.abs_diff(last.centre().1);
                if dot.x >= last.right() && best.is_none_or(|(b, _)| cost < b) {
                    best = Some((cost, *c));
                }
            }
        }
        let id = if let Some((_, id)) = best {
            if let Some(last) = chains[id].last() {
                let row = last.centre().1 as usize;
                ends[row].retain(|c| *c != id);
            }
            chains[id].push(dot);
            id
        } else {
            chains.push(vec![dot]);
            chains.len() - 1
        };
        ends[y as usize].push(id);
    }
    let lines: Vec<(Rule, f32)> = chains.iter().filter_map(|c| even(c, scale)).collect();
    bridge(lines, ink, scale)
}

/// The line through a chain of dots, when they are evenly spaced and straight; with its pitch.
fn even(chain: &[Rect], scale: Scale) -> Option<(Rule, f32)> {
    if chain.len() < PIECE {
        return None;
    }
    let mut steps: Vec<f32> = chain.windows(2).map(|w| w[1].centre().0 as f32 - w[0].centre().0 as f32).collect();
    steps.sort_by(f32::total_cmp);
    let pitch = steps[steps.len() / 2];
    let regular = steps.iter().filter(|s| {
        let times = (*s / pitch).round().max(1.0);
        (*s / times - pitch).abs() <= pitch * 0.2 + 1.0
    });
    if (regular.count() as f32) < steps.len() as f32 * 0.75 {
        return None;
    }
    let (first, last) = (chain.first()?, chain.last()?);
    let ends = |dots: &[Rect]| {
        let mut ys: Vec<u32> = dots.iter().map(|d| d.centre().1).collect();
        ys.sort_unstable();
        ys[ys.len() / 2] as f32
    };
    let third = (chain.len() / 3).max(1);
    let (y0, y1) = (ends(&chain[..third]), ends(&chain[chain.len() - third..]));
    let (x0, x1) = (chain[third / 2].centre().0 as f32, chain[chain.len() - 1 - third / 2].centre().0 as f32);
    let slope = ((y1 - y0) / (x1 - x0).max(1.0)).clamp(-SLOPE, SLOPE);
    let mut widths: Vec<u32> = chain.iter().map(|d| d.w).collect();
    widths.sort_unstable();
    let rule = Rule {
        left: first.x,
        right: last.right(),
        y_left: y0 + slope * (first.x as f32 - x0),
        slope,
        thickness: chain.iter().map(|d| d.h).max().unwrap_or(1).min(scale.whole(0.75)) as f32,
        dots: Some(widths[widths.len() / 2]),
    };
    let off = chain.iter().filter(|d| (rule.y_at(d.centre().0) - d.centre().1 as f32).abs() > scale.px(0.25).max(1.6));
    (off.count() * 4 < chain.len()).then_some((rule, pitch))
}

/// Joins pieces of a dotted line where writing hides the dots between them; bare paper between two pieces parts them.
fn bridge(mut lines: Vec<(Rule, f32)>, ink: &Ink, scale: Scale) -> Vec<Rule> {
    lines.sort_by_key(|(r, _)| r.left);
    let mut joined: Vec<(Rule, f32)> = Vec::new();
    for (rule, pitch) in lines {
        let before = joined.iter_mut().find(|(j, p)| {
            let gap = rule.left as f32 - j.right as f32;
            gap > -scale.px(1.0)
                && (p - pitch).abs() <= pitch * 0.25 + 1.0
                && (j.y_at(rule.left) - rule.y_left).abs() <= scale.px(0.5)
                && (gap <= scale.px(3.5) || (gap <= scale.px(30.0) && hidden(ink, j, rule.left, pitch)))
        });
        match before {
            Some((j, _)) => {
                j.slope = ((rule.y_at(rule.right) - j.y_left) / (rule.right - j.left).max(1) as f32).clamp(-SLOPE, SLOPE);
                j.right = j.right.max(rule.right);
            }
            None => joined.push((rule, pitch)),
        }
    }
    let whole = |(rule, pitch): &(Rule, f32)| rule.length() >= scale.whole(8.0) && rule.length() as f32 >= pitch * (DOTS - 1) as f32;
    joined.into_iter().filter(whole).map(|(r, _)| from_first_letter(r, ink, scale)).collect()
}

/// The letters that stand on the rule and the widest gap inside a word, millimetres.
const LETTERS_MM: f32 = 3.2;
const LETTER_GAP_MM: f32 = 0.7;
/// A word over the first dots has a letter as near to them on their left, and another one as near on their right; a label
/// before the line leaves a blank.
const BEFORE_MM: f32 = 0.35;
const BEHIND_MM: f32 = 1.5;
/// A word that begins left of the dots that are left to see is not longer.
const HIDDEN_START_MM: f32 = 25.0;

/// Writing that begins at the very start of a dotted line hides its first dots: the line begins where that word does.
fn from_first_letter(rule: Rule, ink: &Ink, scale: Scale) -> Rule {
    let inked = |x: u32| {
        let base = rule.y_at(x).round() as u32;
        let top = base.saturating_sub(scale.px(LETTERS_MM) as u32);
        let low = base.saturating_sub(scale.px(0.5).max(2.0) as u32);
        (top..low).any(|y| y < ink.height && x < ink.width && ink.at(x, y))
    };
    let span = |mm: f32| scale.px(mm).max(2.0) as u32;
    let before = (rule.left.saturating_sub(span(BEFORE_MM))..rule.left).any(inked);
    let behind = (rule.left..rule.left + span(BEHIND_MM)).any(inked);
    if !(before && behind) {
        return rule;
    }
    let gap = span(LETTER_GAP_MM);
    let far = rule.left.saturating_sub(scale.px(HIDDEN_START_MM) as u32);
    let mut left = rule.left;
    let mut x = rule.left;
    while x > far && left - x <= gap {
        x -= 1;
        if inked(x) {
            left = x;
        }
    }
    if left == rule.left || x == far {
        return rule;
    }
    Rule { y_left: rule.y_at(left), left, ..rule }
}

/// True when ink stands where the next dots of `rule` should, up to column `to`.
fn hidden(ink: &Ink, rule: &Rule, to: u32, pitch: f32) -> bool {
    let places = ((to - rule.right) as f32 / pitch) as u32;
    let inked = (1..=places).filter(|k| {
        let x = rule.right + (*k as f32 * pitch) as u32;
        let y = rule.y_at(x).round() as u32;
        ink.share(Rect::new(x.saturating_sub(2), y.saturating_sub(2), 5, 5)) > 0.0
    });
    inked.count() as u32 * 10 >= places * 6
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    fn page(paint: impl Fn(&mut GrayImage)) -> Ink {
        let mut page = GrayImage::from_pixel(1200, 400, Luma([255]));
        paint(&mut page);
        Ink::below(&page, 128)
    }

    #[test]
    fn a_slightly_skewed_rule_is_one_line_and_a_bar_is_none() {
        let ink = page(|p| {
            for x in 100..1100 {
                let y = 100 + x / 200;
                (y..y + 3).for_each(|y| p.put_pixel(x, y, Luma([0])));
                (300..320).for_each(|y| p.put_pixel(x, y, Luma([0])));
            }
        });
        let rules = ruled(&stretches(&ink, 30, 2), Scale::new(300));
        assert_eq!(rules.len(), 1, "{rules:?}");
        assert!((rules[0].left, rules[0].right) == (100, 1100) && (rules[0].y_at(1000) - 106.0).abs() < 1.5, "{rules:?}");
    }

    #[test]
    fn a_dotted_line_begins_with_the_word_that_hides_its_first_dots() {
        let ink = page(|p| {
            for x in (300..1100).step_by(12) {
                (0..4).for_each(|dx| (200..204).for_each(|y| p.put_pixel(x + dx, y, Luma([0]))));
            }
            // Three letters on the line, the last over its first dots, and a label before them.
            for x in [236, 262, 288] {
                (x..x + 20).for_each(|x| (170..196).for_each(|y| p.put_pixel(x, y, Luma([0]))));
            }
            (150..200).for_each(|x| (170..196).for_each(|y| p.put_pixel(x, y, Luma([0]))));
        });
        let lines = dotted(&ink.blobs(), &ink, Scale::new(300));
        assert_eq!(lines.iter().map(|l| l.left).collect::<Vec<_>>(), [236], "{lines:?}");
    }

    #[test]
    fn a_dotted_line_does_not_begin_with_the_label_before_it() {
        let ink = page(|p| {
            for x in (300..1100).step_by(12) {
                (0..4).for_each(|dx| (200..204).for_each(|y| p.put_pixel(x + dx, y, Luma([0]))));
            }
            for x in [236, 260, 340, 364] {
                (x..x + 20).for_each(|x| (170..196).for_each(|y| p.put_pixel(x, y, Luma([0]))));
            }
        });
        let lines = dotted(&ink.blobs(), &ink, Scale::new(300));
        assert_eq!(lines.iter().map(|l| l.left).collect::<Vec<_>>(), [300], "{lines:?}");
    }

    #[test]
    fn dots_make_a_line_also_where_letters_hide_some_and_bare_paper_parts_two() {
        let ink = page(|p| {
            for x in (100..1100).step_by(12).filter(|x| !(500..560).contains(x) && !(800..900).contains(x)) {
                (0..4).for_each(|dx| (200..204).for_each(|y| p.put_pixel(x + dx, y, Luma([0]))));
            }
            (495..565).for_each(|x| (180..215).for_each(|y| p.put_pixel(x, y, Luma([0]))));
        });
        let lines = dotted(&ink.blobs(), &ink, Scale::new(300));
        let spans: Vec<_> = lines.iter().map(|l| (l.left, l.right)).collect();
        assert_eq!(spans.len(), 2, "{spans:?}");
        assert!(spans[0].0 <= 101 && spans[0].1 >= 790 && spans[1].0 >= 900, "{spans:?}");
    }
}
