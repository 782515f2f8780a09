//! Pictures of pages and cut-outs. They were made from pixels by the cell; nothing of the original is served.

use super::call::{Answer, Call, Outcome, Stop};
use crate::domain::Rect;

/// The upright picture of a page.
pub(super) async fn page(call: Call) -> Outcome {
    let stored = call.desk.page(call.delivery()?.id, call.page()?).await?;
    let picture = stored.picture.ok_or(Stop::NotFound)?;
    Ok(Answer::Picture(call.desk.blob(picture).await?))
}

/// The place `boite` (pixels of the page as scanned) of a page of the envelope, with a margin.
pub(super) async fn cut(call: Call) -> Outcome {
    let number = call.page()?;
    let rect = call.asked("boite").and_then(rect_of).ok_or(Stop::NotFound)?;
    if !call.desk.pages_of(call.envelope()?).await?.contains(&number) {
        return Err(Stop::NotFound);
    }
    let stored = call.desk.page(call.delivery()?.id, number).await?;
    let upright = stored.read.transform.to_upright(rect);
    let area = with_margin(upright, stored.read.transform.upright_size(), stored.read.dpi);
    let picture = call.desk.blob(stored.picture.ok_or(Stop::NotFound)?).await?;
    Ok(Answer::Picture(call.desk.cells.crop(picture, area, stored.read.dpi).await?))
}

/// `x,y,w,h`, not empty.
pub(super) fn rect_of(text: &str) -> Option<Rect> {
    let numbers: Vec<u32> = text.split(',').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let [x, y, w, h] = numbers[..] else { return None };
    (w > 0 && h > 0).then_some(Rect::new(x, y, w, h))
}

/// What is printed around a value tells what it is; too much of it would make the value small.
fn with_margin(rect: Rect, (width, height): (u32, u32), dpi: u32) -> Rect {
    let left = rect.h.saturating_mul(2).min(dpi).max(20);
    let (right, dy) = (rect.h.max(20).min(dpi), (rect.h / 3 * 2).clamp(16, dpi.max(32) / 2));
    let (x, y) = (rect.x.saturating_sub(left).min(width.saturating_sub(1)), rect.y.saturating_sub(dy).min(height.saturating_sub(1)));
    let (right, bottom) = (rect.right().saturating_add(right).min(width), rect.bottom().saturating_add(dy).min(height));
    Rect::new(x, y, right.saturating_sub(x).max(1), bottom.saturating_sub(y).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_stays_on_the_page() {
        assert_eq!(with_margin(Rect::new(5, 5, 100, 40), (1000, 1400), 200), Rect::new(0, 0, 145, 71));
        let corner = with_margin(Rect::new(990, 1390, 400, 40), (1000, 1400), 200);
        assert!(corner.right() <= 1000 && corner.bottom() <= 1400 && corner.w > 0);
        let outside = with_margin(Rect::new(u32::MAX - 1, u32::MAX - 1, u32::MAX, u32::MAX), (1000, 1400), 200);
        assert!(outside.w >= 1 && outside.x < 1000);
    }

    #[test]
    fn a_box_has_four_numbers_and_an_area() {
        assert_eq!(rect_of("1,2,3,4"), Some(Rect::new(1, 2, 3, 4)));
        for refused in ["1,2,3", "1,2,3,0", "1,2,-3,4", "", "1,2,3,4,5", "99999999999,1,1,1"] {
            assert_eq!(rect_of(refused), None, "{refused}");
        }
    }
}
