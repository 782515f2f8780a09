//! The agent’s explanation as a text, in the order in which one asks: what, when, from where, by which rule, by whom.

use super::agent::{ForAgent, Told};
use super::datum::Datum;
use super::decided::at;
use super::listed::{Paper, Rule};
use super::sheet::Sheet;
use super::source::Trace;
use crate::domain::french;
use crate::french::{count, pages};
use jiff::civil::Date;

pub(super) fn text(told: &ForAgent) -> String {
    let mut sheet = Sheet::default();
    sheet.title("Explication du traitement – pour l’agent");
    head(&mut sheet, told);
    dates(&mut sheet, told);
    sheet.section("Données et sources");
    told.data.iter().for_each(|d| datum(&mut sheet, d));
    sheet.section("Pièces du pli");
    told.pieces.iter().for_each(|p| paper(&mut sheet, p));
    sheet.section("Règles appliquées : la liste des pièces");
    if told.rules.is_empty() {
        sheet.line("Aucune liste n’a été appliquée : la demande n’en désigne pas encore une.");
    }
    told.rules.iter().for_each(|r| rule(&mut sheet, r));
    sheet.section("Constats");
    told.findings.iter().for_each(|f| finding(&mut sheet, f));
    follow_up(&mut sheet, told);
    people(&mut sheet, told);
    versions(&mut sheet, told);
    sheet.done()
}

fn head(sheet: &mut Sheet, told: &ForAgent) {
    sheet.line(&format!("Établie le {}", french(told.explained_on)));
    sheet.line(&format!("Pli {} du lot {}", told.envelope, told.delivery));
    sheet.line(&format!("Fichier {}, {}", told.file, pages(&told.pages)));
    sheet.section("La demande");
    told.request.iter().for_each(|d| datum(sheet, d));
    sheet.item(&format!("Constat de complétude : {}", told.outcome_words));
    sheet.item(&format!("État : {}", told.state));
}

fn dates(sheet: &mut Sheet, told: &ForAgent) {
    sheet.section("Dates");
    sheet.item(&format!("Enregistrement : {}, par {}", at(told.registered_at), told.channel));
    if let Some(day) = told.received_on {
        sheet.item(&format!("Réception : {}, donnée par le service du courrier", french(day)));
    }
    sheet.item(&format!("Dépôt retenu : {} ({})", french(told.filed_on), told.filing_basis));
    told.dates.iter().for_each(|d| datum(sheet, d));
}

fn datum(sheet: &mut Sheet, datum: &Datum) {
    let value = datum.words.as_ref().map_or_else(String::new, |w| format!(" : {w}"));
    sheet.item(&format!("{}{value} – {}", datum.label, datum.state));
    if let Some(page) = datum.page {
        sheet.detail(&format!("Source : page {page}, {}", datum.document.as_deref().unwrap_or("hors pièce")));
    }
    if let Some(machine) = &datum.machine {
        sheet.detail(&format!("Lu par le programme : {machine}"));
    }
    sheet.detail(&format!("Raison : {}", datum.because));
    traces(sheet, "Appuis", &datum.evidence, Trace::words);
    traces(sheet, "Autres lectures", &datum.alternatives, |t| format!("« {} » {}", t.read, t.words()));
}

fn traces(sheet: &mut Sheet, heading: &str, traces: &[Trace], words: impl Fn(&Trace) -> String) {
    let mut told: Vec<String> = traces.iter().map(words).collect();
    told.dedup();
    if !told.is_empty() {
        sheet.detail(&format!("{heading} : {}", told.join(" ; ")));
    }
}

fn paper(sheet: &mut Sheet, paper: &Paper) {
    sheet.item(&format!("{} ({}) – {}", paper.document, paper.person, pages(&paper.pages)));
    for fact in &paper.facts {
        let value = fact.words.as_deref().unwrap_or("sans valeur");
        sheet.detail(&format!("{} : {value} – {} ; {}", fact.label, fact.state, fact.because));
    }
}

fn rule(sheet: &mut Sheet, rule: &Rule) {
    sheet.item(&format!("{} – {}", rule.document, rule.status_words));
    sheet.detail(&format!("Raison : {}", rule.because));
    if !rule.pages.is_empty() {
        sheet.detail(&format!("Pièces regardées : {}", pages(&rule.pages)));
    }
    let in_force = rule.in_force_since.parse::<Date>().map_or_else(|_| rule.in_force_since.clone(), french);
    sheet.detail(&format!("Règle : {}, en vigueur depuis le {in_force} ({})", rule.article, rule.rank));
    sheet.detail(&format!("Effet : {}", rule.class));
    let terms = [("Due", &rule.due), ("Exigences", &rule.must_be)];
    for (heading, words) in terms.iter().filter(|(_, words)| !words.is_empty()) {
        sheet.detail(&format!("{heading} : {words}"));
    }
}

fn finding(sheet: &mut Sheet, finding: &Told) {
    sheet.item(&finding.message);
    sheet.detail(&format!("Objet : {} ; {}", finding.about.join(", "), finding.effect));
}

fn follow_up(sheet: &mut Sheet, told: &ForAgent) {
    let admissible = if told.admissibility.established { "établie" } else { "à vérifier" };
    let shown = told.admissibility.evidence.join(", ");
    let evidence = if shown.is_empty() { String::new() } else { format!(" ({shown})") };
    sheet.item(&format!("Recevabilité de l’envoi sur papier {admissible} : {}{evidence}", told.admissibility.because));
    sheet.section("Échéances et urgence");
    told.deadlines.iter().for_each(|d| sheet.item(&format!("{} : {}", french(d.due), d.because)));
    told.urgency.iter().for_each(|reason| sheet.item(&format!("Urgence : {reason}")));
}

fn people(sheet: &mut Sheet, told: &ForAgent) {
    sheet.section("Part du programme et part des agents");
    let share = told.share;
    let data = |n: usize| count(n as u64, "donnée", "données");
    sheet.item(&format!("Établies par le programme : {}", data(share.by_program)));
    sheet.item(&format!("Décidées par un agent : {}", data(share.by_agents)));
    sheet.item(&format!("À vérifier : {}", data(share.waiting)));
    for decision in &told.decisions {
        let seen = decision.seen.as_ref().map_or_else(String::new, |s| format!(" (vu : {s})"));
        sheet.item(&format!("{}, {} – {} : {}{seen}", at(decision.at), decision.agent, decision.label, decision.answer));
    }
    if told.decisions.is_empty() {
        sheet.item("Aucun agent n’a encore rien décidé.");
    }
    for waits in &told.waiting {
        sheet.item(&format!("Attend un agent – {} : {}", waits.label, waits.reason));
    }
}

fn versions(sheet: &mut Sheet, told: &ForAgent) {
    sheet.section("Versions");
    sheet.item(&format!("Catalogue des règles : {}", told.catalogue));
    sheet.item(&format!("Recette du constat : {}", told.recipe));
    if !told.recipe_is_current {
        sheet.item("Le programme ou ses règles ont changé depuis ce constat : il est celui d’alors, le catalogue celui d’aujourd’hui.");
    }
    sheet.item(&format!("Empreinte du fichier (SHA-256) : {}", told.sha256));
}
