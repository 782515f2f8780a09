//! The dates that count for the applicant, with what each means. A date that hangs on a value under verification is named without
//! its day.

use super::{Matter, law, settled};
use crate::domain::{Extraction, FilingBasis, Reading};
use crate::french::{capital, long_date};
use jiff::civil::Date;
use serde::Serialize;

/// One date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// `None` while it is under verification.
    pub date: Option<Date>,
    pub means: String,
}

impl Counts {
    pub(super) fn words(&self) -> String {
        let day = self.date.map_or_else(|| "Date en cours de vérification".to_owned(), |d| capital(&long_date(d)));
        format!("{day} : {}", self.means)
    }
}

pub(super) fn dates(matter: &Matter<'_>, said: &Extraction) -> Vec<Counts> {
    let means = |rule: &str, due: Date| meaning(rule, due < matter.constat.filing_date.value);
    let deadlines = matter.constat.deadlines.iter();
    let told = deadlines.filter_map(|d| {
        let (words, article) = means(&d.rule, d.due)?;
        let article = law::in_words(article.unwrap_or_else(|| silence_article(matter, said)));
        let known =
            hangs_on(&d.rule).iter().all(|subject| said.reading(subject).is_some_and(settled)) && clock_is_known(&d.rule, matter, said);
        Some(Counts { date: known.then_some(d.due), means: format!("{words} ({article}).") })
    });
    told.collect()
}

/// What the day means, and the article; no article of its own where the permit gives it.
fn meaning(rule: &str, late: bool) -> Option<(&'static str, Option<&'static str>)> {
    Some(match rule {
        "silence" => (
            "si la préfecture ne vous a pas répondu à cette date, sa réponse est en principe un refus. Vous pouvez alors le contester. \
             Ce délai peut être arrêté quand des pièces vous sont demandées. Il peut aussi ne pas courir si la demande devait être faite \
             sur internet",
            None,
        ),
        "fenetre_renouvellement_anef" | "fenetre_renouvellement_papier" if late => (
            "c’était le dernier jour pour demander le renouvellement à temps. Votre demande est venue après. Un droit supplémentaire peut \
             être dû",
            Some("CESEDA R431-5, L436-5"),
        ),
        "fenetre_renouvellement_anef" | "fenetre_renouvellement_papier" => {
            ("c’est le dernier jour pour demander le renouvellement. Votre demande n’est pas en retard", Some("CESEDA R431-5"))
        }
        "six_mois" => ("après cette date, les conditions du visa sont à prouver de nouveau", Some("CESEDA R431-8")),
        "L433_3" => ("jusqu’à cette date, votre titre expiré prouve que votre séjour est régulier", Some("CESEDA L433-3")),
        "dix_neuf_ans" => {
            ("c’est le dernier jour pour déposer cette première demande, la veille de vos dix-neuf ans", Some("CESEDA R431-5"))
        }
        "dix_huit_ans_2_mois" => {
            ("cette première demande se dépose dans les deux mois qui suivent vos dix-huit ans", Some("CESEDA R431-5"))
        }
        _ => return None,
    })
}

fn silence_article<'a>(matter: &Matter<'a>, said: &Extraction) -> &'a str {
    let permit = super::text(&said.permit).and_then(|id| matter.catalogue.permit(id));
    permit.and_then(|p| p.silence_article.as_deref()).unwrap_or("CESEDA R*432-1, R432-2")
}

/// Readings without which the day may be another.
fn hangs_on(rule: &str) -> &'static [&'static str] {
    match rule {
        "silence" => &["permit"],
        "six_mois" => &["request", "field:titre_fin"],
        "L433_3" => &["permit", "request", "field:titre_fin", "field:titre_debut"],
        "dix_neuf_ans" | "dix_huit_ans_2_mois" => &["permit", "request", "field:date_naissance"],
        _ => &["permit", "request", "field:titre_fin"],
    }
}

/// Silence runs from the reception.
fn clock_is_known(rule: &str, matter: &Matter<'_>, said: &Extraction) -> bool {
    rule != "silence" || matter.delivery.received_on.is_some() || !open(said.dates.reception.as_ref())
}

/// Something was read that nobody settled yet.
fn open(reading: Option<&Reading>) -> bool {
    reading.is_some_and(|r| !settled(r) && r.value.is_some())
}

/// The day of filing with its reason, in a sentence.
pub(super) fn filing(matter: &Matter<'_>, said: &Extraction) -> String {
    let filing = &matter.constat.filing_date;
    let (reading, why) = match filing.basis {
        FilingBasis::Cachet => (said.dates.envoi.as_ref(), "C’est la date du cachet de la poste"),
        FilingBasis::Recommande => (None, "C’est la date de votre envoi recommandé"),
        FilingBasis::Reception if matter.delivery.received_on.is_some() => (None, "C’est le jour où la préfecture l’a reçue"),
        FilingBasis::Reception => (said.dates.reception.as_ref(), "C’est le jour où la préfecture l’a reçue"),
        FilingBasis::Numerisation => {
            (said.dates.reception.as_ref(), "C’est le jour où elle a été numérisée, car aucune autre date n’est établie")
        }
    };
    if open(reading) || open(said.dates.envoi.as_ref()) {
        return "La date de dépôt de votre demande est en cours de vérification.".to_owned();
    }
    format!("Votre demande compte comme déposée le {}. {why}.", long_date(filing.value))
}
