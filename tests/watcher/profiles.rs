//! Folders of pages, indexes, préfectures, and folders that may not be changed: what capture stations do.

use super::kills::watch;
use super::{RESTED, Site, files, names, pdf, sha256, tree};
use crate::support::{databases, sqlite};
use passerelle::catalogue::Catalogue;
use passerelle::cell::{CellPool, CellSettings};
use passerelle::clock::Clock;
use passerelle::domain::{DeliveryState, Format, Profile, Scope, bundle_pages};
use passerelle::line::Rules;
use passerelle::watcher::BOUNDARIES;
use passerelle::worker::Worker;
use std::io::Cursor;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tiff::encoder::{TiffEncoder, colortype::Gray8};

const NOW: Duration = Duration::ZERO;
const STATION: &str = "[[watch]]\nfolder = \"station\"\nprofile = \"folder\"\ntruncated_seconds = 60\n";
const CSV: &str = "[watch.index]\nname = \"index.csv\"\nkind = \"csv\"\nfile = \"fichier\"\norder = \"page\"\npli = \"pli\"\nlot = \"lot\"\n\
    received = \"recu\"\ndate_format = \"%d/%m/%Y\"\npages = \"pages\"\n";

/// A whole TIFF of so many pages, another one for each `shade`.
fn scan(shade: u8, pages: usize) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out).unwrap();
    for _ in 0..pages {
        encoder.write_image::<Gray8>(30, 40, &[shade; 1200]).unwrap();
    }
    out.into_inner()
}

fn put(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), content).unwrap();
    folder.join(name)
}

fn contents(bundle: &[u8]) -> Vec<Vec<u8>> {
    bundle_pages(bundle).expect("a bundle").into_iter().map(|(_, range)| bundle[range].to_vec()).collect()
}

async fn pages(bytes: &[u8], format: Format) -> u32 {
    let settings = CellSettings { executable: PathBuf::from(env!("CARGO_BIN_EXE_passerelle")), ..CellSettings::default() };
    CellPool::new(settings).count_pages(bytes.to_vec().into(), format).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_pages_is_one_delivery_in_the_order_in_which_people_count() {
    let site = Site::watching(sqlite(), STATION, &[]).await;
    let station = site.root().join("station");
    let mut watcher = site.watcher().await;
    for (name, shade, count) in [("p10.tif", 10, 1), ("p9.tif", 9, 2), ("p1.tif", 1, 1)] {
        put(&station.join("lot 7"), name, &scan(shade, count));
    }
    put(&station.join("lot 7"), "Thumbs.db", b"x");
    assert!(watcher.round(NOW).await.unwrap().is_empty());
    // Still writing: every page that arrives starts the rest anew.
    put(&station.join("lot 7"), "p11.jpg", b"\xff\xd8\xff");
    assert!(watcher.round(RESTED).await.unwrap().is_empty());
    assert!(watcher.round(RESTED * 2).await.unwrap().is_empty(), "a page without its end");
    put(&station.join("lot 7"), "p11.jpg", &scan(11, 1));
    assert!(watcher.round(RESTED * 3).await.unwrap().is_empty());
    let taken = watcher.round(RESTED * 4).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].file.as_str(), taken[0].format, taken[0].state), ("lot 7", Some(Format::Bundle), DeliveryState::Received));
    let original = site.original(&taken[0]).await;
    assert_eq!(contents(&original), [scan(1, 1), scan(9, 2), scan(10, 1), scan(11, 1)]);
    assert_eq!(taken[0].sha256, sha256(&original));
    assert_eq!(pages(&original, Format::Bundle).await, 5, "the reading stage gets every page");
    assert_eq!(names(&station.join("traites/lot 7")), ["Thumbs.db", "p1.tif", "p10.tif", "p11.jpg", "p9.tif"]);
    assert!(!station.join("lot 7").exists() && site.waiting().await.is_empty());
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_passerelle"));
    process.args(["process", "--json"]).arg(station.join("traites/lot 7"));
    let printed = String::from_utf8(process.output().unwrap().stdout).unwrap();
    assert!(printed.contains(&taken[0].sha256) && printed.contains("\"pages\":5"), "process of the folder: {printed}");
    // The same pages again, under other names: the same delivery.
    for (name, shade, count) in [("a.tif", 1, 1), ("b.tif", 9, 2), ("c.tif", 10, 1), ("d.tif", 11, 1)] {
        put(&station.join("encore"), name, &scan(shade, count));
    }
    put(&station.join("encore"), ".done", b"");
    watcher.round(RESTED * 5).await.unwrap();
    let entries = site.deliveries().await;
    assert_eq!((entries.len(), entries[0].links.len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_closes_a_folder_at_once_and_a_lone_page_waits() {
    let marked = "done_mark = \"fin.ok\"\n";
    let site = Site::watching(sqlite(), &format!("{STATION}{marked}"), &[]).await;
    let station = site.root().join("station");
    let mut watcher = site.watcher().await;
    put(&station.join("a"), "1.tif", &scan(1, 1));
    put(&station.join("a"), "2.tif", &scan(2, 1));
    put(&station.join("a"), "FIN.ok", b"");
    put(&station.join("b"), "1.pdf", &pdf("seul"));
    put(&station.join("c/d"), "1.tif", &scan(3, 1));
    put(&station, "seule.tif", &scan(4, 1));
    put(&station, "deux.tif", &scan(5, 2));
    std::fs::create_dir_all(station.join("vide")).unwrap();
    let taken = watcher.round(NOW).await.unwrap();
    assert_eq!(taken.iter().map(|d| d.file.as_str()).collect::<Vec<_>>(), ["a"]);
    let mut taken = watcher.round(RESTED).await.unwrap();
    taken.sort_by(|a, b| a.file.cmp(&b.file));
    assert_eq!(
        taken.iter().map(|d| (d.file.as_str(), d.format)).collect::<Vec<_>>(),
        [("b", Some(Format::Pdf)), ("deux.tif", Some(Format::Tiff))]
    );
    assert_eq!(taken[0].sha256, sha256(&pdf("seul")), "a folder of one file is that file");
    watcher.round(RESTED * 20).await.unwrap();
    let waiting = [("c", "sous_dossier_imbrique"), ("seule.tif", "a_rattacher"), ("vide", "dossier_vide")];
    assert_eq!(site.waiting().await, waiting.map(|(n, c)| (n.to_owned(), c.to_owned())));
    // Put into its folder, it is taken with it.
    std::fs::rename(station.join("seule.tif"), station.join("vide/1.tif")).unwrap();
    put(&station.join("vide"), "fin.ok", b"");
    assert_eq!(watcher.round(RESTED * 21).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_read_or_a_half_one_makes_its_folder_an_anomaly_that_keeps_all() {
    let site = Site::watching(sqlite(), STATION, &[]).await;
    let station = site.root().join("station");
    put(&station.join("x"), "1.tif", &scan(1, 1));
    put(&station.join("x"), "2.tif", "ceci est un texte".as_bytes());
    put(&station.join("y"), "1.tif", &scan(2, 1));
    put(&station.join("y"), "2.tif", &scan(3, 1)[..700]);
    let mut watcher = site.watcher().await;
    for second in [0, 6, 59, 60] {
        watcher.round(Duration::from_secs(second)).await.unwrap();
    }
    let entries = site.deliveries().await;
    let said: Vec<_> = entries.iter().map(|e| e.delivery.refusal.clone().unwrap()).collect();
    assert_eq!(said.iter().map(|r| r.code.as_str()).collect::<Vec<_>>(), ["type_texte", "fichier_tronque"]);
    assert!(said.iter().all(|r| r.message.starts_with("Fichier « 2.tif » : ")), "{said:?}");
    assert_eq!(contents(&site.original(&entries[1].delivery).await)[1], scan(3, 1)[..700]);
    assert_eq!(names(&station.join("anomalies/y")), ["1.tif", "2.tif"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_comes_last_orders_dates_and_counts() {
    let site = Site::watching(sqlite(), &format!("{STATION}{CSV}"), &[]).await;
    let station = site.root().join("station");
    let mut watcher = site.watcher().await;
    for lot in ["bon", "court", "sans", "etranger"] {
        put(&station.join(lot), "1.tif", &scan(lot.len() as u8, 1));
        put(&station.join(lot), "2.tif", &scan(lot.len() as u8 + 100, 1));
    }
    watcher.round(NOW).await.unwrap();
    assert!(watcher.round(RESTED * 2).await.unwrap().is_empty(), "at rest, but the index is still to come");
    let head = "lot;pli;page;fichier;recu;pages\n";
    put(&station.join("bon"), "index.csv", format!("{head}L1;12;1;2.TIF;03/11/2026;2\nL1;12;2;1.tif;03/11/2026;2\n").as_bytes());
    put(&station.join("court"), "index.csv", format!("{head}L1;13;1;1.tif;;3\nL1;13;2;2.tif;;3\nL1;13;3;3.tif;;3\n").as_bytes());
    put(&station.join("etranger"), "index.csv", format!("{head}L1;14;1;1.tif;;1\n").as_bytes());
    watcher.round(RESTED * 3).await.unwrap();
    let taken = watcher.round(RESTED * 4).await.unwrap();
    assert_eq!(taken.iter().map(|d| d.file.as_str()).collect::<Vec<_>>(), ["bon"]);
    assert_eq!(taken[0].received_on, Some(jiff::civil::date(2026, 11, 3)));
    let facts = taken[0].index.clone().unwrap();
    assert_eq!((facts.pli.as_deref(), facts.lot.as_deref(), facts.pages), (Some("12"), Some("L1"), Some(2)));
    assert_eq!(contents(&site.original(&taken[0]).await), [scan(103, 1), scan(3, 1)], "the order of the index");
    assert_eq!(names(&station.join("traites/bon")), ["1.tif", "2.tif", "index.csv"]);
    watcher.round(RESTED * 20).await.unwrap();
    let entries = site.deliveries().await;
    let mut codes: Vec<_> =
        entries.iter().filter_map(|e| Some((e.delivery.file.as_str(), e.delivery.refusal.as_ref()?.code.as_str()))).collect();
    codes.sort_unstable();
    assert_eq!(codes, [("court", "pages_manquantes"), ("etranger", "page_hors_index"), ("sans", "index_absent")]);
}

const BATCH: &str = "[[watch]]\nfolder = \"lots\"\nprofile = \"index\"\ntruncated_seconds = 60\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_a_batch_makes_a_delivery_of_each_pli() {
    let site = Site::watching(sqlite(), &format!("{BATCH}{CSV}"), &[]).await;
    let lots = site.root().join("lots");
    for page in ["1a.tif", "1b.tif", "2.tif", "3a.tif", "hors.tif"] {
        put(&lots, page, &scan(page.as_bytes()[0] + page.as_bytes()[1], 1));
    }
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    assert!(watcher.round(RESTED * 20).await.unwrap().is_empty(), "without an index nothing is a pli");
    assert!(site.waiting().await.iter().all(|(_, code)| code == "index_attendu"));
    let head = "lot;pli;page;fichier;recu;pages\n";
    let rows = "L;1;2;1b.tif;03/11/2026;2\nL;1;1;1a.tif;03/11/2026;2\nL;2;1;2.tif;;\nL;3;1;3a.tif;;2\nL;3;2;3b.tif;;2\n";
    put(&lots, "index.csv", format!("{head}{rows}").as_bytes());
    let mut taken = Vec::new();
    for turn in 21..26 {
        taken.extend(watcher.round(RESTED * turn).await.unwrap());
    }
    let mut said: Vec<_> = taken.iter().map(|d| (d.file.as_str(), d.format, d.received_on.is_some())).collect();
    said.sort_by_key(|s| s.0);
    assert_eq!(said, [("2.tif", Some(Format::Tiff), false), ("index.csv › 1", Some(Format::Bundle), true)]);
    // A restart knows what was taken although its files are gone.
    let mut watcher = site.watcher().await;
    for turn in 0..4 {
        assert!(watcher.round(RESTED * turn).await.unwrap().is_empty());
    }
    assert_eq!(names(&lots), ["3a.tif", "hors.tif", "index.csv"]);
    put(&lots, "3b.tif", &scan(200, 1));
    taken.clear();
    for turn in 4..9 {
        taken.extend(watcher.round(RESTED * turn).await.unwrap());
    }
    assert_eq!(taken.len(), 1);
    assert_eq!(names(&lots), ["hors.tif"], "the index goes when it has done its work");
    assert_eq!(names(&lots.join("traites")), ["1a.tif", "1b.tif", "2.tif", "3a.tif", "3b.tif", "index.csv"]);
    assert_eq!(site.waiting().await, [("hors.tif".to_owned(), "index_attendu".to_owned())]);
    assert_eq!(site.deliveries().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn sub_folders_belong_to_their_prefecture() {
    let sections = "[[watch]]\nfolder = \"bretagne\"\nprefectures = { rennes = \"35\", nantes = \"44\" }\n";
    let site = Site::watching(sqlite(), sections, &[]).await;
    let place = site.root().join("bretagne");
    put(&place.join("rennes"), "a.pdf", &pdf("a"));
    put(&place.join("nantes"), "a.pdf", &pdf("a"));
    put(&place.join("brest"), "a.pdf", &pdf("b"));
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    assert_eq!(watcher.round(RESTED).await.unwrap().len(), 2, "the same bytes in two préfectures are two deliveries");
    for (prefecture, name) in [("35", "rennes"), ("44", "nantes")] {
        let own = site.store.deliveries(&Scope::Prefecture(prefecture.into())).await.unwrap();
        assert_eq!(own.len(), 1, "{prefecture}");
        assert_eq!(names(&place.join("traites").join(name)), ["a.pdf"]);
    }
    assert_eq!(site.waiting().await, [("brest".to_owned(), "pas_un_fichier".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_may_not_be_changed_is_taken_once_whatever_happens() {
    for database in databases() {
        let sections =
            "[[watch]]\nfolder = \"serveur\"\nread_only = true\n[[watch]]\nfolder = \"pages\"\nprofile = \"folder\"\nread_only = true\n";
        let site = Site::watching(database, sections, &[]).await;
        let (server, folders) = (site.root().join("serveur"), site.root().join("pages"));
        for i in 0..20 {
            put(&server, &format!("{i}.pdf"), &pdf(&i.to_string()));
        }
        put(&folders.join("l"), "1.tif", &scan(1, 1));
        put(&folders.join("l"), "2.tif", &scan(2, 1));
        let before: Vec<PathBuf> = tree(&server).into_iter().chain(tree(&folders)).collect();
        for folder in [&server, &folders, &folders.join("l")] {
            let closed = std::process::Command::new("chmod").arg("a-w").arg(folder).status().unwrap();
            assert!(closed.success());
        }
        let mut taken = 0;
        for restart in 0..3 {
            let mut watcher = site.watcher().await;
            for turn in 0..3 {
                taken += watcher.round(RESTED * turn).await.unwrap().len();
            }
            // Touched, or copied over by the same: the same path with the same bytes is the same drop.
            let touched = std::process::Command::new("touch").arg(server.join(format!("{restart}.pdf"))).status().unwrap();
            assert!(touched.success());
        }
        let entries = site.deliveries().await;
        assert_eq!(entries.len(), 21);
        assert!(entries.iter().all(|e| e.links.len() == 1), "a drop was counted twice");
        assert!((21..=23).contains(&taken), "{taken}");
        assert_eq!(tree(&server).into_iter().chain(tree(&folders)).collect::<Vec<_>>(), before, "nothing was moved or made");
        assert!(site.waiting().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_boundary_a_folder_is_one_delivery_with_one_drop() {
    for (other_disk, database) in databases().into_iter().enumerate() {
        let name = database.name;
        // Once with the treated files on another file system, where a folder is carried over file by file.
        let far = tempfile::tempdir_in("/dev/shm").unwrap();
        let done = if other_disk == 0 { String::new() } else { format!("done = \"{}\"\n", far.path().join("traites").display()) };
        let site = Site::watching(database, &format!("{STATION}{done}"), &[]).await;
        let station = site.root().join("station");
        let done = if other_disk == 0 { station.join("traites") } else { far.path().join("traites") };
        let more = if other_disk == 0 { None } else { Some("watcher.carried") };
        let boundaries: Vec<&str> = BOUNDARIES.iter().copied().chain(more).collect();
        for (turn, boundary) in boundaries.iter().enumerate() {
            for page in 1..4 {
                put(&station.join(boundary), &format!("{page}.tif"), &scan((turn * 3 + page) as u8, 1));
            }
            put(&station.join(boundary), ".done", b"");
            let killed = watch(&site, boundary);
            assert_eq!(killed.signal(), Some(9), "{name}: {boundary} was not reached: {killed:?}");
            assert!(watch(&site, "").success(), "{name}: {boundary}");
            let entries = site.deliveries().await;
            assert_eq!(entries.len(), turn + 1, "{name}: {boundary}");
            let entry = entries.iter().find(|e| e.delivery.file == *boundary).unwrap();
            assert_eq!(entry.links.len(), 1, "{name}: {boundary}: one drop");
            assert_eq!(contents(&site.original(&entry.delivery).await).len(), 3);
            assert!(!station.join(boundary).exists(), "{name}: {boundary}");
        }
        assert!(tree(&done).iter().all(|p| std::fs::metadata(p).unwrap().len() > 0 || p.ends_with(".done")), "an empty file is left");
        assert!(
            std::fs::read_dir(&done).unwrap().all(|e| !e.unwrap().file_name().to_string_lossy().starts_with('.')),
            "half a copy is left"
        );
        assert_eq!(files(&site.config.drop.spool), Vec::<PathBuf>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_move_leaves_no_empty_file_behind() {
    let site = Site::new().await;
    site.drop("a.pdf", &pdf("a"));
    assert_eq!(watch(&site, "watcher.reserved").signal(), Some(9));
    assert_eq!(names(&site.config.drop.done), ["a.pdf"], "the reserved name");
    assert!(site.folder().join("a.pdf").exists());
    assert!(watch(&site, "").success());
    assert_eq!(names(&site.config.drop.done), ["a.pdf"]);
    assert_eq!(std::fs::read(site.config.drop.done.join("a.pdf")).unwrap(), pdf("a"));
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_the_limit_is_an_anomaly_kept_whole_without_being_held() {
    let site = Site::on(sqlite(), &[("PASSERELLE_LIMITS__BYTES", "1000000")]).await;
    let path = site.drop("gros.pdf", b"%PDF-1.4\n");
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    for block in 0..150u8 {
        std::io::Write::write_all(&mut file, &vec![block; 1 << 20]).unwrap();
    }
    let summed = std::process::Command::new("sha256sum").arg(&path).output().unwrap().stdout;
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    let before = most_resident();
    // It has no end, so that its time has to run out.
    let taken = watcher.round(Duration::from_secs(60)).await.unwrap();
    let grown = most_resident() - before;
    assert!(String::from_utf8(summed).unwrap().starts_with(&taken[0].sha256));
    assert_eq!(taken[0].refusal.as_ref().unwrap().code, "fichier_trop_gros");
    eprintln!("150 MB taken, memory grew by {grown} MB");
    assert!(grown < 60, "memory grew by {grown} MB");
    assert_eq!(names(&site.config.drop.anomalies), ["gros.pdf"]);
    assert_eq!(site.store.open_jobs().await.unwrap(), 0);
    site.holds().await;
}

/// The most memory that this process ever had, MB. Tests run each in a process of its own.
fn most_resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// The count of the index against what the cell finds: a page that the scanner swallowed is not overlooked.
#[tokio::test(flavor = "multi_thread")]
async fn a_pli_with_another_number_of_pages_than_announced_is_an_anomaly() {
    let site = Site::watching(sqlite(), &format!("{STATION}{CSV}"), &[]).await;
    let lot = site.root().join("station/lot");
    put(&lot, "1.tif", &scan(1, 2));
    put(&lot, "2.tif", &scan(2, 1));
    put(&lot, "index.csv", b"lot;pli;page;fichier;recu;pages\nL;1;1;1.tif;;4\nL;1;2;2.tif;;4\n");
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    assert_eq!(watcher.round(RESTED).await.unwrap()[0].state, DeliveryState::Received);
    let settings = CellSettings { executable: PathBuf::from(env!("CARGO_BIN_EXE_passerelle")), ..CellSettings::default() };
    let rules = Rules {
        catalogue: Catalogue::embedded().unwrap(),
        profile: Profile::Observation,
        trust: passerelle::domain::Trust::default(),
        ground: passerelle::domain::Ground::Agreement,
    };
    let worker = Worker::new(site.store.clone(), site.blobs.clone(), CellPool::new(settings), Arc::new(rules), Clock::System);
    worker.run_until_idle().await.unwrap();
    let entry = &site.deliveries().await[0];
    assert_eq!(entry.delivery.state, DeliveryState::Anomaly);
    let refusal = entry.delivery.refusal.as_ref().unwrap();
    assert_eq!(refusal.code, "pages_differentes");
    assert_eq!(refusal.message, "L’index annonce 4 pages, le pli en contient 3.");
    assert_eq!(entry.open_reviews, 1, "in front of a person");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_after_its_folder_was_taken_is_not_lost() {
    let site = Site::watching(sqlite(), STATION, &[]).await;
    let station = site.root().join("station");
    put(&station.join("lot"), "1.tif", &scan(1, 1));
    put(&station.join("lot"), "2.tif", &scan(2, 1));
    put(&station.join("lot.part"), "1.tif", &scan(3, 1));
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    assert_eq!(watcher.round(RESTED).await.unwrap().len(), 1, "a folder with the name of a copy in progress waits");
    put(&station.join("lot"), "3.tif", &scan(9, 1));
    std::fs::rename(station.join("lot.part"), station.join("lot-b")).unwrap();
    watcher.round(RESTED * 2).await.unwrap();
    assert_eq!(watcher.round(RESTED * 3).await.unwrap().len(), 2);
    assert_eq!(names(&station.join("traites/lot-2")), ["3.tif"], "the first folder of that name is kept as it was");
    assert_eq!(names(&station.join("traites/lot")), ["1.tif", "2.tif"]);
    assert_eq!(site.deliveries().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_under_a_day_and_a_batch_are_deliveries_of_their_own() {
    let site = Site::watching(sqlite(), &format!("{STATION}levels = 2\n"), &[]).await;
    let station = site.root().join("station");
    let mut watcher = site.watcher().await;
    for (number, batch) in [(1, "lot-1"), (2, "lot-1"), (3, "lot-2")] {
        let folder = station.join("20261123").join(batch).join("001").with_file_name(format!("{number:03}"));
        put(&folder, "p1.tif", &scan(number, 1));
        put(&folder, "p2.tif", &scan(number + 10, 1));
    }
    put(&station.join("20261123/lot-2/003"), ".done", b"");
    put(&station.join("20261123/lot-2"), "lettre.pdf", &pdf("seule"));
    let at_once: Vec<String> = watcher.round(NOW).await.unwrap().into_iter().map(|d| d.file).collect();
    assert_eq!(at_once, ["20261123/lot-2/003"], "closed by its mark");
    let mut rested: Vec<String> = watcher.round(RESTED).await.unwrap().into_iter().map(|d| d.file).collect();
    rested.sort();
    assert_eq!(rested, ["20261123/lot-1/001", "20261123/lot-1/002", "lettre.pdf"]);
    let treated: Vec<PathBuf> =
        tree(&station.join("traites")).iter().map(|p| p.strip_prefix(station.join("traites")).unwrap().to_owned()).collect();
    assert!(treated.contains(&PathBuf::from("20261123_lot-1_002/p2.tif")), "{treated:?}");
    assert!(tree(&station.join("20261123")).is_empty() && site.waiting().await.is_empty());
    assert!(watcher.round(RESTED * 3).await.unwrap().is_empty());
}
