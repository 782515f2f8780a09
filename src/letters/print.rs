//! A letter as PDF/UA-1: tagged for screen readers, every font inside, the same bytes for the same letter.

use super::fonts::{self, Font};
use super::layout::{self, Block, Draw, HEIGHT, Role, Sheets, WIDTH};
use crate::catalogue::SlipBox;
use crate::domain::Letter;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::{Font as PdfFont, TextDirection};
use krilla::{Document, SerializeSettings};
use qrcodegen::{QrCode, QrCodeEcc};
use std::num::NonZeroU16;

/// Why a letter cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    #[error("no font of the program has the character {0:?}; correct the value that holds it")]
    Character(char),
    #[error("the code of the letter is too long for a QR code ({0} characters)")]
    Code(usize),
    #[error("the fonts of the program cannot be read")]
    Fonts,
    #[error("the PDF cannot be written: {0}")]
    Pdf(String),
}

/// Prints a letter; `boxes` are those of its slip (`Catalogue::slip_boxes`).
pub fn print(letter: &Letter, boxes: &[SlipBox]) -> Result<Vec<u8>, PrintError> {
    let sheets = layout::lay_out(letter, boxes);
    printable(&sheets)?;
    let mut fonts = Vec::new();
    for file in fonts::files() {
        fonts.push(PdfFont::new(file.to_vec().into(), 0).ok_or(PrintError::Fonts)?);
    }
    let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = configuration.map_err(|e| PrintError::Pdf(format!("{e:?}")))?;
    let mut document = Document::new_with(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() });
    let mut marked = vec![Vec::new(); sheets.blocks.len()];
    for number in 0..sheets.pages {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| PrintError::Pdf("the page has no size".into()))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for (block, ids) in sheets.blocks.iter().zip(&mut marked) {
            draw_block(&mut surface, block, number, &fonts, ids)?;
        }
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tree(&sheets.blocks, marked));
    document.set_outline(outline(letter));
    document.set_metadata(metadata(letter));
    document.finish().map_err(|e| PrintError::Pdf(told(&e)))
}

fn told(error: &KrillaError) -> String {
    format!("{error:?}")
}

fn printable(sheets: &Sheets) -> Result<(), PrintError> {
    let draws = sheets.blocks.iter().flat_map(|b| &b.draws);
    for (_, draw) in draws {
        if let Draw::Text { text, .. } = draw
            && let Some(missing) = text.chars().find(|c| !fonts::has(*c))
        {
            return Err(PrintError::Character(missing));
        }
    }
    Ok(())
}

/// Draws what a block has on this page; every piece of content belongs to the block's tag or is an artifact.
fn draw_block(
    surface: &mut Surface<'_>,
    block: &Block,
    page: usize,
    fonts: &[PdfFont],
    ids: &mut Vec<Identifier>,
) -> Result<(), PrintError> {
    for (_, draw) in block.draws.iter().filter(|(on, _)| *on == page) {
        let tag = match (block.role, draw) {
            (Role::Artifact, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
            (_, Draw::Text { lang, .. }) => ContentTag::Span(SpanTag::empty().with_lang(lang.as_deref())),
            _ => ContentTag::Other,
        };
        let id = surface.start_tagged(tag);
        let drawn = draw_one(surface, draw, fonts);
        surface.end_tagged();
        drawn?;
        if block.role != Role::Artifact {
            ids.push(id);
        }
    }
    Ok(())
}

fn draw_one(surface: &mut Surface<'_>, draw: &Draw, fonts: &[PdfFont]) -> Result<(), PrintError> {
    match draw {
        Draw::Text { at, size, font, text, right_to_left, .. } => {
            let font = fonts.get(*font as usize).or(fonts.get(Font::Regular as usize)).ok_or(PrintError::Fonts)?;
            let direction = if *right_to_left { TextDirection::RightToLeft } else { TextDirection::LeftToRight };
            surface.draw_text(Point::from_xy(at.0, at.1), font.clone(), *size, text, false, direction);
        }
        Draw::Frame { place, line } => {
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke { width: *line, ..Stroke::default() }));
            draw_rects(surface, &[*place]);
            surface.set_stroke(None);
            surface.set_fill(Some(Fill::default()));
        }
        Draw::Code { at, side, text } => {
            let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| PrintError::Code(text.len()))?;
            let module = side / code.size() as f32;
            let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y))).filter(|(x, y)| code.get_module(*x, *y));
            let squares: Vec<_> = dark.map(|(x, y)| (at.0 + x as f32 * module, at.1 + y as f32 * module, module, module)).collect();
            draw_rects(surface, &squares);
        }
    }
    Ok(())
}

fn draw_rects(surface: &mut Surface<'_>, places: &[(f32, f32, f32, f32)]) {
    let mut path = PathBuilder::new();
    for (x, y, w, h) in places {
        if let Some(rect) = Rect::from_xywh(*x, *y, *w, *h) {
            path.push_rect(rect);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// The reading order: blocks as they stand, runs of items as one list.
fn tree(blocks: &[Block], marked: Vec<Vec<Identifier>>) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some("fr-FR".to_owned()));
    let mut list: Option<TagGroup> = None;
    for (block, ids) in blocks.iter().zip(marked) {
        if block.role != Role::Item
            && let Some(done) = list.take()
        {
            tree.push(done);
        }
        if ids.is_empty() {
            continue;
        }
        let mut group = group(block);
        if block.role == Role::Item {
            let mut body = TagGroup::new(Tag::LBody);
            for id in ids {
                body.push(id);
            }
            group.push(body);
            list.get_or_insert_with(|| TagGroup::new(Tag::L(ListNumbering::None))).push(group);
        } else {
            for id in ids {
                group.push(id);
            }
            tree.push(group);
        }
    }
    if let Some(done) = list {
        tree.push(done);
    }
    tree
}

fn group(block: &Block) -> TagGroup {
    let words = block.draws.iter().filter_map(|(_, draw)| if let Draw::Text { text, .. } = draw { Some(text.as_str()) } else { None });
    let title = words.collect::<Vec<_>>().join(" ");
    let heading = |level| Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(title));
    match block.role {
        Role::Title => TagGroup::new(heading(1)),
        Role::Heading => TagGroup::new(heading(2)),
        Role::Item => TagGroup::new(Tag::LI),
        Role::Figure => TagGroup::new(Tag::Figure(block.alt.clone())),
        Role::Paragraph | Role::Artifact => TagGroup::new(Tag::P),
    }
}

fn outline(letter: &Letter) -> Outline {
    let mut outline = Outline::new();
    let top = krilla::destination::XyzDestination::new(0, Point::from_xy(0.0, 0.0));
    outline.push_child(OutlineNode::new(letter.title.clone(), top));
    outline
}

fn metadata(letter: &Letter) -> Metadata {
    let day = letter.day;
    let unsigned = |n: i8| u8::try_from(n).unwrap_or(1);
    let made = DateTime::new(u16::try_from(day.year()).unwrap_or_default()).month(unsigned(day.month())).day(unsigned(day.day()));
    Metadata::new()
        .title(format!("{} – {}", letter.title, letter.reference))
        .language("fr-FR".to_owned())
        .authors(letter.sender.first().cloned().into_iter().collect())
        .creator("Passerelle".to_owned())
        .creation_date(made)
        .document_id(letter.mark.clone())
}
