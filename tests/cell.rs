//! The cell from outside: locked, killed, late, and still every page comes back.

use passerelle::cell::{CellError, CellPage, CellPool, CellSettings, ReadRequest};
use passerelle::domain::{Format, PageState, Rect};
use std::path::{Path, PathBuf};

fn pool(change: impl FnOnce(&mut CellSettings)) -> CellPool {
    let mut settings = CellSettings { executable: PathBuf::from(env!("CARGO_BIN_EXE_passerelle")), ..CellSettings::default() };
    change(&mut settings);
    CellPool::new(settings)
}

/// One grey page.
fn jpeg(draw: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let page = image::GrayImage::from_fn(800, 1100, |x, y| image::Luma([draw(x, y)]));
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 80).encode_image(&page).unwrap();
    bytes
}

async fn read(pool: &CellPool, bytes: Vec<u8>, format: Format, first_page: u32, last_page: u32) -> (Vec<CellPage>, Result<(), CellError>) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let request = ReadRequest { bytes: bytes.into(), format, first_page, last_page, turns: Vec::new() };
    let collect = async {
        let mut pages = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
        }
        pages
    };
    tokio::join!(collect, pool.read(request, sender))
}

#[tokio::test]
async fn a_locked_cell_reaches_no_file_socket_or_program() {
    let (report, test) = pool(|_| ()).self_test().await.unwrap();
    assert!(test.is_tight(), "{test:?}");
    assert!(report.seccomp);
    // Standard input, output and error, and a second handle on the first two.
    assert!(report.open_files <= 5 + given_by_the_test_runner(), "the cell inherited files: {report:?}");
    // Where the kernel has Landlock it must have been used; only a kernel without it may lack it.
    let kernel_has_it = std::fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|l| l.contains("landlock"))
        || Path::new("/proc/sys/kernel/landlock_restrict").exists();
    assert!(report.landlock == "enforced" || report.landlock == "partial" || !kernel_has_it, "{report:?}");
}

/// Files beyond the standard three that every child of this process gets, such as a job server's pipe.
fn given_by_the_test_runner() -> u32 {
    const CLOSE_ON_EXEC: u32 = 0o2_000_000;
    let flags = |entry: std::fs::DirEntry| {
        let info = std::fs::read_to_string(entry.path()).ok()?;
        let flags = info.lines().find_map(|l| l.strip_prefix("flags:"))?;
        u32::from_str_radix(flags.trim(), 8).ok()
    };
    let open = std::fs::read_dir("/proc/self/fdinfo").unwrap().flatten();
    let inherited = open.filter(|e| e.file_name().to_string_lossy().parse::<u32>().is_ok_and(|fd| fd > 2));
    inherited.filter_map(flags).filter(|f| f & CLOSE_ON_EXEC == 0).count() as u32
}

#[tokio::test]
async fn a_small_picture_is_counted_read_and_cut() {
    let pool = pool(|_| ());
    let bytes = jpeg(|x, y| if (100..300).contains(&x) && (100..150).contains(&y) { 0 } else { 250 });
    assert_eq!(pool.count_pages(bytes.clone().into(), Format::Jpeg).await.unwrap(), 1);
    let (pages, outcome) = read(&pool, bytes, Format::Jpeg, 1, 1).await;
    outcome.unwrap();
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].read.state, PageState::Read);
    let cut = pool.crop(pages[0].picture.clone(), Rect::new(120, 110, 100, 30), pages[0].read.dpi).await.unwrap();
    let cut = image::load_from_memory(&cut).unwrap().into_luma8();
    assert!(cut.pixels().all(|p| p.0[0] < 60));
}

#[tokio::test]
async fn what_is_no_pdf_is_refused_with_a_reason() {
    let error = pool(|_| ()).count_pages(b"%PDF-1.4 nothing else".to_vec().into(), Format::Pdf).await.unwrap_err();
    assert!(matches!(&error, CellError::Refused(r) if r.code == "pdf_tronque"), "{error:?}");
}

/// A TIFF of so many pages, each full of what an engine must look at for a while.
fn slow_pages(count: usize) -> Vec<u8> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
    for number in 0..count {
        let shade = |i: usize| {
            let (x, y) = (i % 1240, i / 1240);
            let letter = (x / 9 * 31 + y / 22 * 17 + number) % 7;
            if y % 22 < 12 && (80..1160).contains(&x) && x % 9 < 6 && (x + letter * y) % 5 < 3 { 20 } else { 245 }
        };
        let pixels: Vec<u8> = (0..1240 * 1754).map(shade).collect();
        encoder.write_image::<tiff::encoder::colortype::Gray8>(1240, 1754, &pixels).unwrap();
    }
    file.into_inner()
}

/// Processes whose parent is this one.
fn children() -> Vec<String> {
    let own = std::process::id().to_string();
    let pids = std::fs::read_dir("/proc").unwrap().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let parent = |pid: &String| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut after_name = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        // A process that is dead and not yet waited for is no longer running.
        after_name.next() != Some("Z") && after_name.next() == Some(own.as_str())
    };
    pids.filter(|p| p.parse::<u32>().is_ok()).filter(parent).collect()
}

fn refused_code(state: &PageState) -> Option<&str> {
    match state {
        PageState::Unreadable(refusal) => Some(&refusal.code),
        _ => None,
    }
}

#[tokio::test]
async fn a_cell_killed_in_the_middle_of_a_page_costs_that_page_only() {
    let pool = pool(|s| s.page_seconds = 300);
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let request = ReadRequest { bytes: slow_pages(4).into(), format: Format::Tiff, first_page: 1, last_page: 4, turns: Vec::new() };
    let collect = async {
        let mut pages: Vec<CellPage> = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
            if pages.len() == 1 {
                for pid in children() {
                    std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
                }
            }
        }
        pages
    };
    let (pages, outcome) = tokio::join!(collect, pool.read(request, sender));
    outcome.unwrap();
    assert_eq!(pages.iter().map(|p| p.read.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let lost: Vec<u32> = pages.iter().filter(|p| refused_code(&p.read.state) == Some("page_illisible")).map(|p| p.read.number).collect();
    assert_eq!(lost.len(), 1, "one kill, one page: {lost:?}");
    assert!(pages.iter().filter(|p| !lost.contains(&p.read.number)).all(|p| p.read.state == PageState::Read && !p.picture.is_empty()));
}

#[tokio::test]
async fn a_page_that_passes_its_deadline_is_unreadable_and_says_so() {
    let pool = pool(|s| s.page_seconds = 0);
    let (pages, outcome) = read(&pool, slow_pages(2), Format::Tiff, 1, 2).await;
    outcome.unwrap();
    assert_eq!(pages.len(), 2);
    assert!(pages.iter().all(|p| refused_code(&p.read.state) == Some("page_illisible")));
    for _ in 0..100 {
        if children().is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("late cells are still running: {:?}", children());
}

#[tokio::test]
async fn a_cell_without_memory_ends_and_the_pool_says_so() {
    let pool = pool(|s| s.memory_bytes = 40 << 20);
    let (pages, outcome) = read(&pool, slow_pages(1), Format::Tiff, 1, 1).await;
    let refused_or_lost = pages.iter().all(|p| refused_code(&p.read.state).is_some());
    assert!(refused_or_lost && (outcome.is_err() || pages.len() == 1));
}

#[tokio::test]
async fn a_turn_that_an_agent_ordered_is_obeyed() {
    let pool = pool(|_| ());
    let (sender, mut receiver) = tokio::sync::mpsc::channel(4);
    let request = ReadRequest { bytes: slow_pages(1).into(), format: Format::Tiff, first_page: 1, last_page: 1, turns: vec![(1, 3)] };
    pool.read(request, sender).await.unwrap();
    let page = receiver.recv().await.unwrap();
    assert_eq!(page.read.transform.quarter_turns, 3);
    let picture = image::load_from_memory(&page.picture).unwrap();
    assert!(picture.width() > picture.height(), "the picture is shown as it was turned");
}

/// Writes one JSON file of `PageRead`s for each corpus folder in `DUMP` (comma separated) into `DUMP_INTO`.
#[tokio::test]
#[ignore = "writes files for whoever develops the stages behind; DUMP=d01-etudiant-complet DUMP_INTO=/tmp/reads"]
async fn dump_page_reads() {
    let (Ok(names), Ok(into)) = (std::env::var("DUMP"), std::env::var("DUMP_INTO")) else { return };
    let Some(corpus) = crate::reading::corpus() else { return };
    std::fs::create_dir_all(&into).unwrap();
    let pool = pool(|_| ());
    for name in names.split(',') {
        let (bytes, format) = crate::reading::scan(&corpus, name);
        let count = pool.count_pages(bytes.clone().into(), format).await.unwrap();
        let (pages, outcome) = read(&pool, bytes, format, 1, count).await;
        outcome.unwrap();
        let reads: Vec<_> = pages.iter().map(|p| &p.read).collect();
        std::fs::write(Path::new(&into).join(format!("{name}.json")), serde_json::to_vec_pretty(&reads).unwrap()).unwrap();
        for page in &pages {
            std::fs::write(Path::new(&into).join(format!("{name}-{}.jpg", page.read.number)), &page.picture).unwrap();
        }
    }
}
