//! The account of a day by the command, over real folders and a real ledger: what the page says, as JSON.

use crate::support::{databases, new_delivery};
use passerelle::blobs::Blobs;
use passerelle::clock::Clock;
use passerelle::domain::*;
use passerelle::store::NewDelivery;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::{Command, Output};
use uuid::Uuid;

fn configuration(folder: &Path, url: &str) -> String {
    let at = |name: &str| format!("{:?}", folder.join(name).display().to_string());
    format!(
        "prefecture = \"75\"\n[drop]\nfolder = {}\ndone = {}\nanomalies = {}\nspool = {}\n[store]\nurl = \"{url}\"\n[blobs]\nfolder = {}\nkey_file = {}\n",
        at("depot"),
        at("traites"),
        at("anomalies"),
        at("spool"),
        at("blobs"),
        at("key")
    )
}

fn passerelle(folder: &Path, arguments: &[&str]) -> Output {
    let config = folder.join("passerelle.toml");
    Command::new(env!("CARGO_BIN_EXE_passerelle")).arg("--config").arg(config).args(arguments).output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text} {}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_is_told_as_json_and_what_does_not_add_up_is_named() {
    for database in databases() {
        let folder = database.folder.path();
        std::fs::write(folder.join("passerelle.toml"), configuration(folder, &database.url)).unwrap();
        for made in ["depot", "depot/tmp", "traites", "anomalies"] {
            std::fs::create_dir_all(folder.join(made)).unwrap();
        }
        let store = database.open().await;
        let blobs = Blobs::open(&folder.join("blobs"), &folder.join("key")).unwrap();
        let now = Clock::System.now();
        for (file, refusal) in [("lot.pdf", None), ("chiffre.pdf", Some(Refusal::new("pdf_chiffre", "Protégé.", "Demander.")))] {
            let id = DeliveryId(Uuid::now_v7());
            let original = blobs.put(&"75".into(), id, BlobKind::Original, file.as_bytes()).unwrap();
            let sha256: String = Sha256::digest(file.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
            let new = NewDelivery { file: file.into(), refusal, ..new_delivery(&sha256, original) };
            store.register_delivery(&Scope::Machine, &new, now).await.unwrap();
            store.register_delivery(&Scope::Machine, &NewDelivery { file: "encore.pdf".into(), ..new }, now).await.unwrap();
        }
        // One copy as it was moved, one file that waits, one mark that is no file of anybody.
        std::fs::write(folder.join("traites/lot.pdf"), "lot.pdf").unwrap();
        std::fs::write(folder.join("depot/nouveau.pdf"), "x").unwrap();
        std::fs::write(folder.join("depot/nouveau.pdf.done"), "").unwrap();
        let output = passerelle(folder, &["day", "--json", "--hash"]);
        let said = json(&output);
        let files = serde_json::json!({
            "dropped": 5, "deliveries": 1, "anomalies_open": 1, "anomalies_closed": 0, "duplicates": 2, "in_folder": 1
        });
        assert_eq!((&said["files"], &said["difference"]), (&files, &serde_json::json!(0)), "{}: {said}", database.name);
        assert_eq!(output.status.code(), Some(0));
        // A treated file that nobody registered, and one that was changed under its own name and size.
        std::fs::write(folder.join("traites/inconnu.pdf"), "unknown").unwrap();
        std::fs::write(folder.join("traites/lot.pdf"), "lot.PDF").unwrap();
        let quick = json(&passerelle(folder, &["day", "--json"]));
        assert_eq!(quick["differences"].as_array().unwrap().len(), 1, "{quick}");
        let output = passerelle(folder, &["day", "--json", "--hash"]);
        let named: Vec<String> =
            json(&output)["differences"].as_array().unwrap().iter().map(|d| d["file"].as_str().unwrap().to_owned()).collect();
        assert_eq!((named.len(), output.status.code()), (2, Some(1)), "{}: {named:?}", database.name);
        let text = String::from_utf8(passerelle(folder, &["day", "--hash"]).stdout).unwrap();
        assert!(text.contains("Écart : 2") && text.contains("« inconnu.pdf »") && text.contains("À faire"), "{text}");
        // Nothing is due today, and the command must be told which of the two it is to do.
        let output = passerelle(folder, &["purge", "--dry-run", "--json"]);
        assert_eq!((json(&output)["young"].as_u64(), output.status.code()), (Some(2), Some(0)), "{}", database.name);
        assert_eq!(passerelle(folder, &["purge"]).status.code(), Some(2));
        assert!(folder.join("traites/inconnu.pdf").exists());
    }
}
