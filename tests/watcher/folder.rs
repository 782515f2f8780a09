//! Complete, incomplete, declared, doubled and foreign files.

use super::{RESTED, Site, files, names, pdf};
use passerelle::domain::{DeliveryState, Format, Scope};
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_there_at_start_are_taken_once_they_have_rested() {
    let site = Site::new().await;
    site.drop("lot 03 été.pdf", &pdf("a"));
    site.drop("sans-extension", &pdf("b"));
    let mut watcher = site.watcher().await;
    assert!(watcher.round(NOW).await.unwrap().is_empty(), "their age is no proof");
    assert_eq!(site.waiting().await, [("lot 03 été.pdf".into(), "-".into()), ("sans-extension".into(), "-".into())]);
    let taken = watcher.round(RESTED).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|d| d.state == DeliveryState::Received && d.format == Some(Format::Pdf)));
    assert_eq!(names(&site.config.drop.done), ["lot 03 été.pdf", "sans-extension"]);
    assert!(files(site.folder()).is_empty() && site.waiting().await.is_empty());
    assert_eq!(site.store.open_jobs().await.unwrap(), 2);
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_copy_is_taken_whole_or_not_at_all() {
    let site = Site::new().await;
    let whole = pdf("lent");
    let mut watcher = site.watcher().await;
    // Each pause is longer than the rest that a file needs.
    for (pause, end) in [10, whole.len() / 2, whole.len() - 3].into_iter().enumerate() {
        site.drop("lent.pdf", &whole[..end]);
        let now = Duration::from_secs(20 * pause as u64);
        assert!(watcher.round(now).await.unwrap().is_empty());
        assert!(watcher.round(now + RESTED).await.unwrap().is_empty(), "taken with {end} bytes of {}", whole.len());
    }
    site.drop("lent.pdf", &whole);
    let now = Duration::from_secs(80);
    assert!(watcher.round(now).await.unwrap().is_empty());
    let taken = watcher.round(now + RESTED).await.unwrap();
    assert_eq!(site.original(&taken[0]).await, whole);
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_broke_off_becomes_an_anomaly_and_keeps_its_bytes() {
    let site = Site::new().await;
    let half = &pdf("coupé")[..90];
    site.drop("coupe.pdf", half);
    site.drop("vide.pdf", b"");
    let mut watcher = site.watcher().await;
    for second in [0, 6, 59] {
        assert!(watcher.round(Duration::from_secs(second)).await.unwrap().is_empty());
    }
    let taken = watcher.round(Duration::from_secs(60)).await.unwrap();
    let mut codes: Vec<&str> = taken.iter().map(|d| d.refusal.as_ref().unwrap().code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["fichier_tronque", "fichier_vide"]);
    assert!(taken.iter().all(|d| d.state == DeliveryState::Anomaly));
    assert_eq!(names(&site.config.drop.anomalies), ["coupe.pdf", "vide.pdf"]);
    assert_eq!(site.store.open_jobs().await.unwrap(), 0, "nothing to read");
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_scan_is_an_anomaly_whatever_its_name() {
    let site = Site::new().await;
    site.drop("note.pdf", "Bonjour, ci-joint mon dossier".as_bytes());
    site.drop("photo.jpg", b"\0\0\0\x24ftypheic\0\0\0\0mif1heic");
    site.drop("pieces.zip", b"PK\x03\x04\x0a\0\0\0\0\0aaaaaaaaaaaaaaaaascan.pdf%PDF-1.4");
    site.drop("scan.tif", &pdf("un PDF sous un autre nom"));
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    let taken = watcher.round(RESTED).await.unwrap();
    let mut said: Vec<(&str, &str)> =
        taken.iter().map(|d| (d.file.as_str(), d.refusal.as_ref().map_or("-", |r| r.code.as_str()))).collect();
    said.sort_unstable();
    assert_eq!(said, [("note.pdf", "type_texte"), ("photo.jpg", "type_heic"), ("pieces.zip", "type_archive"), ("scan.tif", "-")]);
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_renamed_from_tmp_or_marked_is_taken_at_once() {
    let site = Site::new().await;
    let mut watcher = site.watcher().await;
    let in_tmp = site.folder().join("tmp/un.pdf");
    std::fs::write(&in_tmp, pdf("un")).unwrap();
    site.drop("deux.pdf", &pdf("deux"));
    assert!(watcher.round(NOW).await.unwrap().is_empty());
    std::fs::rename(&in_tmp, site.folder().join("un.pdf")).unwrap();
    site.drop("deux.pdf.done", b"");
    let taken = watcher.round(NOW).await.unwrap();
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert!(files(site.folder()).is_empty(), "the mark goes with its file");
    site.holds().await;
}

/// No look sees the file in `tmp/`: only the message of the system tells.
#[tokio::test(flavor = "multi_thread")]
async fn a_quick_rename_from_tmp_is_heard() {
    let site =
        Site::on(crate::support::sqlite(), &[("PASSERELLE_DROP__REST_SECONDS", "50"), ("PASSERELLE_DROP__SCAN_SECONDS", "50")]).await;
    let watcher = site.watcher().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(watcher.run(async { stopped.await.unwrap() }));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let in_tmp = site.folder().join("tmp/vite.pdf");
    std::fs::write(&in_tmp, pdf("vite")).unwrap();
    std::fs::rename(&in_tmp, site.folder().join("vite.pdf")).unwrap();
    let started = std::time::Instant::now();
    while site.deliveries().await.is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20), "not taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    eprintln!("taken {:?} after the rename", started.elapsed());
    stop.send(()).unwrap();
    task.await.unwrap().unwrap();
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_left_over_does_not_make_a_half_file_whole() {
    let site = Site::new().await;
    site.drop("lot.pdf.done", b"");
    site.drop("lot.pdf", &pdf("lot")[..100]);
    let mut watcher = site.watcher().await;
    assert!(watcher.round(NOW).await.unwrap().is_empty());
    assert!(watcher.round(RESTED).await.unwrap().is_empty());
    site.drop("lot.pdf", &pdf("lot"));
    assert_eq!(watcher.round(RESTED).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_twice_are_one_delivery_with_two_drops() {
    let site = Site::new().await;
    site.drop("a.pdf", &pdf("x"));
    site.drop("b.pdf", &pdf("x"));
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    watcher.round(RESTED).await.unwrap();
    let again = site.drop("a.pdf", &pdf("x"));
    watcher.round(RESTED).await.unwrap();
    watcher.round(RESTED * 2).await.unwrap();
    assert!(!again.exists());
    let deliveries = site.deliveries().await;
    assert_eq!(deliveries.len(), 1);
    let mut links: Vec<&str> = deliveries[0].links.iter().map(|l| l.file.as_str()).collect();
    links.sort_unstable();
    assert_eq!(links, ["a.pdf", "a.pdf", "b.pdf"]);
    assert_eq!(names(&site.config.drop.done), ["a-2.pdf", "a.pdf", "b.pdf"], "every source is kept");
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_for_two_contents_overwrites_nothing() {
    let site = Site::new().await;
    let mut watcher = site.watcher().await;
    for (turn, text) in ["lundi", "mardi", "mercredi"].into_iter().enumerate() {
        site.drop("scan.pdf", &pdf(text));
        watcher.round(RESTED * (2 * turn as u32)).await.unwrap();
        watcher.round(RESTED * (2 * turn as u32 + 1)).await.unwrap();
    }
    assert_eq!(site.deliveries().await.len(), 3);
    assert_eq!(names(&site.config.drop.done), ["scan-2.pdf", "scan-3.pdf", "scan.pdf"]);
    site.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_pipes_sockets_and_folders_are_shown_and_never_opened() {
    let site = Site::new().await;
    let outside = site.root().join("secret.pdf");
    std::fs::write(&outside, pdf("secret")).unwrap();
    std::os::unix::fs::symlink(&outside, site.folder().join("lien.pdf")).unwrap();
    std::os::unix::fs::symlink("boucle.pdf", site.folder().join("boucle.pdf")).unwrap();
    std::fs::create_dir(site.folder().join("dossier.pdf")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(site.folder().join("canal.pdf")).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(site.folder().join("prise.pdf")).unwrap();
    site.drop(".cache.pdf", &pdf("caché"));
    site.drop("en-cours.pdf.part", &pdf("en cours"));
    let mut watcher = site.watcher().await;
    for turn in 0..3 {
        let round = tokio::time::timeout(Duration::from_secs(10), watcher.round(RESTED * turn)).await;
        assert!(round.expect("a pipe was waited for").unwrap().is_empty());
    }
    let expected = ["boucle.pdf", "canal.pdf", "dossier.pdf", "en-cours.pdf.part", "lien.pdf", "prise.pdf"];
    let code = |name: &str| if name.ends_with(".part") { "-" } else { "pas_un_fichier" };
    assert_eq!(site.waiting().await, expected.map(|n| (n.to_owned(), code(n).to_owned())));
    std::fs::rename(site.folder().join("en-cours.pdf.part"), site.folder().join("fini.pdf")).unwrap();
    watcher.round(RESTED * 3).await.unwrap();
    assert_eq!(watcher.round(RESTED * 4).await.unwrap().len(), 1);
    assert!(outside.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_any_disk_waits_with_its_reason_and_is_not_copied() {
    let site = Site::on(crate::support::sqlite(), &[("PASSERELLE_LIMITS__BYTES", "100000")]).await;
    let path = site.drop("gros.pdf", &pdf("gros"));
    // Sparse: claims a terabyte and holds none.
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    let mut watcher = site.watcher().await;
    let started = std::time::Instant::now();
    for second in [0, 6, 60, 70] {
        assert!(watcher.round(Duration::from_secs(second)).await.unwrap().is_empty());
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(site.waiting().await, [("gros.pdf".to_owned(), "fichier_trop_gros".to_owned())]);
    assert!(path.exists() && site.store.waiting(&Scope::Machine).await.unwrap()[0].refusal.as_ref().unwrap().next.len() > 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_made_to_do_harm_do_none() {
    use std::os::unix::ffi::OsStrExt;
    let site = Site::new().await;
    let hostile: [&[u8]; 6] =
        [b"-rf", b"$(reboot).pdf", b"a\nb.pdf", b"\xff\xfe.pdf", "\u{202e}fdp.exe".as_bytes(), b"'; DROP TABLE delivery;--.pdf"];
    for (i, name) in hostile.iter().enumerate() {
        std::fs::write(site.folder().join(std::ffi::OsStr::from_bytes(name)), pdf(&i.to_string())).unwrap();
    }
    let mut watcher = site.watcher().await;
    watcher.round(NOW).await.unwrap();
    let taken = watcher.round(RESTED).await.unwrap();
    assert_eq!(taken.len(), hostile.len());
    assert!(taken.iter().all(|d| !d.file.chars().any(char::is_control)));
    assert_eq!(files(&site.config.drop.done).len(), hostile.len());
    site.holds().await;
}
