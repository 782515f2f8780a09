//! `passerelle explain` on a dossier that the program filed from a scan: both texts, both objects, and who is refused.

use crate::filed::filed;
use passerelle::domain::*;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn explain(demo: &Path, prefecture: Option<&str>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
    command.arg("--config").arg(demo.join("passerelle.toml")).arg("explain").args(arguments);
    command.envs(prefecture.map(|p| ("PASSERELLE_PREFECTURE", p))).output().unwrap()
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    // Where a line of a text ends is no matter here.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filed_dossier_is_explained_to_the_agent_and_to_the_applicant() {
    let done = filed("adresse-heberge").await;
    let dossier = done.store.dossiers(&Scope::Machine).await.unwrap().remove(0);
    let envelope = dossier.envelope.unwrap();
    let view = done.store.envelope(&Scope::Machine, envelope).await.unwrap();
    let (id, delivery) = (envelope.to_string(), view.delivery.to_string());

    let agent = text(&explain(&done.demo, None, &[&id]));
    for words in ["confirmé par a.martin", "Raison : ", "CESEDA", "en vigueur depuis le", "dossier déposé, complet", "Recette du constat"]
    {
        assert!(agent.contains(words), "{words}: {agent}");
    }
    let usager = text(&explain(&done.demo, None, &[&id, "--usager"]));
    for words in ["Votre dossier est complet", "Lu sur ", "Un agent a vérifié ces renseignements", "article 16", "R311-3-1-2", &id] {
        assert!(usager.contains(words), "{words}: {usager}");
    }
    assert!(!usager.contains("a.martin") && !usager.contains("adresse-heberge"), "{usager}");
    let host = view.extraction.as_ref().and_then(|x| x.fields.get(&FieldId::from("hebergeant_nom"))).and_then(|r| r.value.clone());
    if let Some(FieldValue::Text(host)) = host {
        assert!(!usager.contains(&host) && agent.contains(&host), "{host}: {usager}");
    }
    assert_eq!(text(&explain(&done.demo, None, &[&delivery])), agent, "a delivery of one envelope is that envelope");

    let object: Value = serde_json::from_str(&text(&explain(&done.demo, None, &[&id, "--json"]))).unwrap();
    assert_eq!((object["explanation"].as_u64(), object["envelope"].as_str()), (Some(1), Some(id.as_str())));
    assert_eq!(object["rules"].as_array().unwrap().len(), view.constat.unwrap().checklist.len());
    let object: Value = serde_json::from_str(&text(&explain(&done.demo, None, &[&id, "--usager", "--json"]))).unwrap();
    assert_eq!(object["reference"].as_str(), Some(id.as_str()));

    let elsewhere = explain(&done.demo, Some("99"), &[&id]);
    let unknown = explain(&done.demo, None, &["00000000-0000-7000-8000-000000000000"]);
    for refused in [elsewhere, unknown] {
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("no envelope or delivery"));
    }
}
