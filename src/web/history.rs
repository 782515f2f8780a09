//! What happened to a delivery, in words, oldest first. Who looked at what is in the journal and not here.

use super::anomaly::reason_words;
use super::french;
use crate::domain::{AnomalyAct, AnomalyStep};
use crate::store::Event;
use serde_json::Value;

/// One line of the history.
pub(super) struct Line {
    pub at: String,
    pub who: String,
    pub what: String,
    /// A reason, in the agent's words where there are any.
    pub why: Option<String>,
    /// The other delivery of a replacement.
    pub other: Option<String>,
}

/// The events of a delivery, with what agents wrote beside their acts.
pub(super) fn lines(events: &[Event], steps: &[AnomalyStep]) -> Vec<Line> {
    events.iter().filter_map(|event| line(event, steps)).collect()
}

fn line(event: &Event, steps: &[AnomalyStep]) -> Option<Line> {
    let text = |name: &str| event.detail.as_ref().and_then(|d| d.get(name)).and_then(Value::as_str);
    let what = match event.kind.as_str() {
        "depot_recu" => "Fichier reçu et enregistré".to_owned(),
        "depot_en_anomalie" => "Fichier reçu, en anomalie".to_owned(),
        "depot_en_double" => "Déposé de nouveau, même contenu".to_owned(),
        "plis_separes" => "Lu et séparé en plis".to_owned(),
        "travail_arrete" => "La lecture n’a pas pu aller plus loin".to_owned(),
        "pli_a_verifier" => "Pli à vérifier".to_owned(),
        "dossier_depose" => "Dossier déposé".to_owned(),
        "pli_retire" | "pli_depose_retire" => "Pli remplacé par une nouvelle séparation".to_owned(),
        "correction" => correction(text("subject")?, text("action")?)?,
        "anomalie_relue" if text("code").is_some() => "Relecture demandée : le fichier est toujours en anomalie".to_owned(),
        "anomalie_relue" => "Relecture demandée".to_owned(),
        "anomalie_remplacee" => "Remplacé par un autre dépôt".to_owned(),
        "depot_remplacant" => "Remplace un pli en anomalie".to_owned(),
        "anomalie_a_la_main" => "Traitement à la main demandé".to_owned(),
        "anomalie_mise_de_cote" => "Mis de côté".to_owned(),
        "anomalie_rouverte" => "Anomalie rouverte".to_owned(),
        "copie_retiree" => "Copie du fichier traité retirée après le délai de conservation ; l’original scellé est conservé".to_owned(),
        _ => return None,
    };
    let step = steps.iter().find(|s| s.act == AnomalyAct::SetAside && event.kind == "anomalie_mise_de_cote" && s.at == event.at);
    let why = step.map(|s| match (&s.reason, &s.note) {
        (Some(reason), Some(note)) => format!("{} : {note}", reason_words(reason)),
        (Some(reason), None) => reason_words(reason).to_owned(),
        _ => String::new(),
    });
    let who = if event.actor == "machine" { "Passerelle".to_owned() } else { event.actor.clone() };
    let at = format!("{} à {}", french::short_date(event.at.date_in_paris()), french::hour(event.at));
    Some(Line { at, who, what, why, other: text("par").or(text("remplace")).map(str::to_owned) })
}

/// Acts on the delivery or its pages; answers to the questions of a pli have their own page.
fn correction(subject: &str, action: &str) -> Option<String> {
    let place = match subject.split_once(':') {
        Some(("page", number)) => format!("Page {number}"),
        None if subject == "file" => "Fichier".to_owned(),
        _ => return None,
    };
    let what = match action {
        "turn" => "tournée",
        "read_again" => "à relire",
        "replace_page" => "remplacée par un nouveau fichier ; l’ancienne est conservée",
        "acknowledge" => "regardé, plus rien à faire",
        "reclassify" => "classée",
        _ => return None,
    };
    Some(format!("{place} : {what}"))
}
