//! A few of the files that `fixtures/hostile.py` draws, through the program: each comes to what is written for it, and the
//! letter behind them is read. `tests/figures/hostile` does it with all of them.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

const FEW: [&str; 12] = [
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

#[test]
fn hostile_files_come_to_what_is_written_for_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let drawn = Command::new("python3").arg(root.join("fixtures/hostile.py")).arg(folder.path()).output();
    let Ok(drawn) = drawn else {
        println!("skipped: python3 is not installed");
        return;
    };
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
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
