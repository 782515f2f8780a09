//! Decoding and recognition: refusals, formats, blank pages, direction, machine-readable zones.

use lopdf::{Document as Pdf, EncryptionState, EncryptionVersion, Object, Permissions, Stream, dictionary};
use passerelle::cell::{CellPool, CellSettings, ReadRequest};
use passerelle::domain::{Format, PageRead, mrz};
use passerelle::pages::{self, Limits};
use passerelle::recognise::{Sketch, is_blank};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The corpus, or `None` with a message where it is not.
pub fn corpus() -> Option<PathBuf> {
    let base =
        std::env::var_os("PASSERELLE_SHARED").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let corpus = base.join("corpus");
    if !corpus.is_dir() {
        println!("skipped: {} is absent (set PASSERELLE_SHARED)", corpus.display());
        return None;
    }
    Some(corpus)
}

fn truth(corpus: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(corpus.join(name).join("truth.json")).unwrap()).unwrap()
}

/// The scan of one corpus folder.
pub fn scan(corpus: &Path, name: &str) -> (Vec<u8>, Format) {
    let bytes = std::fs::read(corpus.join(name).join(truth(corpus, name)["file"].as_str().unwrap())).unwrap();
    let format = if bytes.starts_with(b"%PDF") { Format::Pdf } else { Format::Tiff };
    (bytes, format)
}

fn open(bytes: &[u8], format: Format) -> Result<pages::Document, passerelle::domain::Refusal> {
    pages::open(Arc::from(bytes), format, &Limits::default())
}

fn page_of_text() -> image::GrayImage {
    image::GrayImage::from_fn(1240, 1754, |x, y| image::Luma([if y % 40 < 14 && x % 11 < 6 { 30 } else { 240 }]))
}

fn jpeg(page: &image::GrayImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 85).encode_image(page).unwrap();
    bytes
}

/// A PDF of pages that are one JPEG each, as a scanner at 150 dpi writes them.
fn scanned_pdf(pages: &[image::GrayImage]) -> Pdf {
    let mut pdf = Pdf::with_version("1.5");
    let root = pdf.new_object_id();
    let mut kids = Vec::new();
    for page in pages {
        let (w, h) = (i64::from(page.width()), i64::from(page.height()));
        let head = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => w, "Height" => h,
            "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8, "Filter" => "DCTDecode",
        };
        let image = pdf.add_object(Stream::new(head, jpeg(page)));
        let (across, down) = (page.width() as f32 * 0.48, page.height() as f32 * 0.48);
        let drawing = format!("q {across} 0 0 {down} 0 0 cm /Im0 Do Q");
        let contents = pdf.add_object(Stream::new(dictionary! {}, drawing.into_bytes()));
        let kid = dictionary! {
            "Type" => "Page", "Parent" => root, "Contents" => contents,
            "MediaBox" => vec![0.into(), 0.into(), Object::Real(across), Object::Real(down)],
            "Resources" => dictionary! { "XObject" => dictionary! { "Im0" => image } },
        };
        kids.push(Object::from(pdf.add_object(kid)));
    }
    let count = kids.len() as i64;
    pdf.objects.insert(root, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
    let catalogue = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    pdf.trailer.set("Root", catalogue);
    let id = || Object::string_literal("0123456789abcdef");
    pdf.trailer.set("ID", vec![id(), id()]);
    pdf
}

fn saved(mut pdf: Pdf) -> Vec<u8> {
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).unwrap();
    bytes
}

fn code(bytes: &[u8], format: Format) -> String {
    open(bytes, format).map_or_else(|refusal| refusal.code, |d| format!("{} pages", d.page_count()))
}

#[test]
fn files_that_cannot_be_processed_are_refused_with_their_reason() {
    assert_eq!(code(b"", Format::Pdf), "fichier_vide");
    assert_eq!(code(&saved(scanned_pdf(&[])), Format::Pdf), "pdf_sans_page");
    let whole = saved(scanned_pdf(&[page_of_text(), page_of_text()]));
    assert_eq!(code(&whole, Format::Pdf), "2 pages");
    assert_eq!(code(&whole[..whole.len() * 2 / 3], Format::Pdf), "pdf_tronque");
    assert!(["pdf_illisible", "pdf_sans_page"].contains(&code(b"%PDF-1.7\nhello\n%%EOF", Format::Pdf).as_str()));
    assert_eq!(code(b"II*\0", Format::Tiff), "tiff_tronque");
    assert_eq!(code(&[0xff, 0xd8, 0xff, 0xe0, 0, 16], Format::Jpeg), "image_illisible");
}

#[test]
fn a_user_password_refuses_the_file_and_an_owner_password_does_not() {
    let locked = |user: &str| {
        let mut pdf = scanned_pdf(&[page_of_text()]);
        let version = EncryptionVersion::V2 {
            document: &pdf,
            owner_password: "chef",
            user_password: user,
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).unwrap();
        pdf.encrypt(&state).unwrap();
        saved(pdf)
    };
    assert_eq!(code(&locked("secret"), Format::Pdf), "pdf_chiffre");
    let open = open(&locked(""), Format::Pdf).unwrap();
    assert_eq!(open.page(1).unwrap().grey.dimensions(), (1240, 1754));
}

#[test]
fn every_format_gives_the_same_page() {
    use tiff::encoder::{Compression, TiffEncoder, colortype::Gray8};
    let page = page_of_text();
    let mut png = std::io::Cursor::new(Vec::new());
    page.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let tiff = |compression: Compression| {
        let mut file = std::io::Cursor::new(Vec::new());
        TiffEncoder::new(&mut file).unwrap().with_compression(compression).write_image::<Gray8>(1240, 1754, page.as_raw()).unwrap();
        file.into_inner()
    };
    let files = [
        (png.into_inner(), Format::Png),
        (jpeg(&page), Format::Jpeg),
        (tiff(Compression::Lzw), Format::Tiff),
        (tiff(Compression::Packbits), Format::Tiff),
        (tiff(Compression::Uncompressed), Format::Tiff),
        (saved(scanned_pdf(std::slice::from_ref(&page))), Format::Pdf),
    ];
    for (bytes, format) in files {
        let picture = open(&bytes, format).unwrap().page(1).unwrap();
        assert_eq!(picture.grey.dimensions(), (1240, 1754), "{format:?}");
        assert_eq!(picture.dpi, 150, "{format:?}");
        let difference: u64 = picture.grey.as_raw().iter().zip(page.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(difference / (1240 * 1754) <= 12, "{format:?} is another picture: {difference}");
    }
}

#[test]
fn a_picture_that_would_fill_the_memory_is_refused_before_it_does() {
    let limits = Limits { pixels: 1_000_000, ..Limits::default() };
    let document = pages::open(jpeg(&page_of_text()).into(), Format::Jpeg, &limits).unwrap();
    assert_eq!(document.page(1).unwrap_err().code, "page_trop_grande");
}

#[test]
fn blank_pages_are_found_and_no_other_page_is_blank() {
    let Some(corpus) = corpus() else { return };
    let (mut blank, mut filled) = (0, 0);
    for name in [
        "d02-etudiant-sans-contrat",
        "e11-resident-sans-attestation",
        "e16-etudiant-sans-contrat",
        "d08-duplicata-complet",
        "d03-salarie-complet",
    ] {
        let (bytes, format) = scan(&corpus, name);
        let document = open(&bytes, format).unwrap();
        let info = &truth(&corpus, name)["page_info"];
        for number in 1..=document.page_count() {
            let picture = document.page(number).unwrap();
            let is_meant = info[number as usize - 1]["kind"] == "blanc";
            assert_eq!(is_blank(&Sketch::new(&picture.grey, picture.dpi)), is_meant, "{name} page {number}");
            blank += usize::from(is_meant);
            filled += usize::from(!is_meant);
        }
    }
    assert!(blank >= 3 && filled >= 40);
}

#[test]
fn fax_pages_have_the_size_of_the_sheet() {
    let Some(corpus) = corpus() else { return };
    for name in ["d03-salarie-complet", "d08-duplicata-complet"] {
        let (bytes, format) = scan(&corpus, name);
        let picture = open(&bytes, format).unwrap().page(1).unwrap();
        assert_eq!((picture.grey.dimensions(), picture.dpi), ((2480, 3508), 300), "{name}");
        let light = picture.grey.pixels().filter(|p| p.0[0] > 128).count();
        assert!(light * 2 > 2480 * 3508, "{name} is inverted");
    }
}

async fn read(corpus: &Path, name: &str, first_page: u32, last_page: u32) -> Vec<PageRead> {
    let pool = CellPool::new(CellSettings { executable: PathBuf::from(env!("CARGO_BIN_EXE_passerelle")), ..CellSettings::default() });
    let (bytes, format) = scan(corpus, name);
    let (sender, mut receiver) = tokio::sync::mpsc::channel(32);
    pool.read(ReadRequest { bytes: bytes.into(), format, first_page, last_page, turns: Vec::new() }, sender).await.unwrap();
    let mut reads = Vec::new();
    while let Some(page) = receiver.recv().await {
        reads.push(page.read);
    }
    reads
}

#[tokio::test]
async fn pages_come_upright_whichever_way_they_were_fed() {
    let Some(corpus) = corpus() else { return };
    for (name, first, last) in [("d04-salarie-sans-at", 4, 5), ("d01-etudiant-complet", 6, 7), ("e11-resident-sans-attestation", 3, 3)] {
        let info = &truth(&corpus, name)["page_info"];
        for page in read(&corpus, name, first, last).await {
            let fed = info[page.number as usize - 1]["rotation"].as_u64().unwrap();
            assert_eq!(u64::from(page.transform.quarter_turns), (360 - fed) % 360 / 90, "{name} page {}", page.number);
        }
    }
}

#[tokio::test]
async fn machine_readable_zones_are_read_with_all_their_check_digits() {
    let Some(corpus) = corpus() else { return };
    for (name, number, field) in [
        ("d03-salarie-complet", 4, "numero_passeport"),
        ("d03-salarie-complet", 3, "numero_titre"),
        ("d04-salarie-sans-at", 4, "numero_visa"),
        ("e16-etudiant-sans-contrat", 4, "numero_passeport"),
    ] {
        let page = read(&corpus, name, number, number).await.remove(0);
        let zone = page.mrz.first().unwrap_or_else(|| panic!("{name} page {number}: no zone found"));
        let parsed = mrz::parse(&zone.lines, 2026).unwrap();
        let (passing, looked_at) = parsed.checks();
        assert_eq!(passing, looked_at, "{name} page {number}: {:?}", zone.lines);
        let wanted = truth(&corpus, name)["envelopes"][0]["fields"][field].as_str().unwrap_or_default().to_owned();
        assert_eq!(parsed.number.value, wanted, "{name} page {number}");
    }
}
