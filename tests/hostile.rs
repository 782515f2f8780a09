//! A few of the files that `fixtures/hostile.py` draws, through the program: each comes to what is written for it, and the
//! letter behind them is read. `tests/figures/hostile` does it with all of them.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

const FEW: [&str; 18] = [
    "vide.pdf",
    "photo.heic",
    "zero-page.pdf",
    "boucle-de-pages.pdf",
    "mot-de-passe.pdf",
    "bombe-colonnes.pdf",
    "png-30000.png",
    "tiff-2-31.tif",
    "fax-groupe-3.tif",
    "grand-tiff.tif",
    "exif-6.jpg",
    "pieces-jointes-verrouillees.pdf",
    "verrou-par-certificat.pdf",
    "bombe-double.pdf",
    "zstandard.tif",
    "compression-jbig2.tif",
    "courriel.eml",
    "a\nb.pdf",
];

/// `processed`, `page:CODE` of the first page that is not shown, or the code of the anomaly.
fn outcome(result: &Value) -> String {
    if result["status"] != "processed" {
        return result["reason"]["code"].as_str().unwrap().to_owned();
    }
    let unread = result["other_pages"].as_array().unwrap().iter().find(|page| page["kind"] == "unreadable");
    unread.map_or("processed".to_owned(), |page| format!("page:{}", page["code"].as_str().unwrap()))
}

/// Draws the files; `None` where that cannot be done.
fn drawn() -> Option<tempfile::TempDir> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let Ok(drawn) = Command::new("python3").arg(root.join("fixtures/hostile.py")).arg(folder.path()).output() else {
        println!("skipped: python3 is not installed");
        return None;
    };
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    Some(folder)
}

/// Every limit is configuration, and bites with its code.
#[test]
fn each_limit_bites_where_the_file_passes_without_it() {
    let Some(folder) = drawn() else { return };
    let outcome_under = |limits: &[(&str, &str)], file: &str| {
        let run = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .args(["process", "--json", "--"])
            .arg(folder.path().join(file))
            .envs(limits.iter().map(|(key, value)| (format!("PASSERELLE_LIMITS__{key}"), *value)))
            .output()
            .unwrap();
        let line = serde_json::from_slice(&run.stdout);
        outcome(&line.unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&run.stderr))))
    };
    for (key, value, file, code) in [
        ("BYTES", "900", "fin .pdf", "fichier_trop_gros"),
        ("PIXELS", "10000", "16-bits.tif", "page:page_trop_grande"),
        ("DECOMPRESSED", "10000", "deflate.tif", "page:decompression"),
        ("MEMORY", "436207616", "bombe-lzw.tif", "page:page_illisible"),
    ] {
        assert_eq!(outcome_under(&[(key, value)], file), code, "{key}");
        assert_eq!(outcome_under(&[], file), "processed", "{file}");
    }
    assert_eq!(outcome_under(&[("PAGES", "1")], concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/adresse/adresse.pdf")), "trop_de_pages");
    assert_eq!(outcome_under(&[("PAGE_SECONDS", "1")], "bombe-50-images.pdf"), "page:page_illisible");
}

#[test]
fn hostile_files_come_to_what_is_written_for_them() {
    let Some(folder) = drawn() else { return };
    let expected: Value = serde_json::from_slice(&std::fs::read(folder.path().join("expected.json")).unwrap()).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["process", "--json", "--"])
        .args(FEW.map(|name| folder.path().join(name)))
        .arg(folder.path().join("fin .pdf"))
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stderr));
    let results: Vec<Value> =
        run.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
    assert_eq!(results.len(), FEW.len() + 1);
    for (name, result) in FEW.iter().zip(&results) {
        let outcomes = expected[*name].as_array().unwrap();
        assert!(outcomes.iter().any(|o| *o == outcome(result)), "{name:?}: {} where {outcomes:?} was due", outcome(result));
    }
    assert_eq!(outcome(&results[FEW.len()]), "processed");
    assert_eq!(results[FEW.len() - 1]["file"], "a\u{fffd}b.pdf");
}
