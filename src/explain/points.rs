//! What an agent is asked to look at, said to the applicant: what it is about, never a suspicion and nobody else’s name.

use super::{Matter, privacy, settled};
use crate::catalogue::Holds;
use crate::domain::{AdmissibilityStatus, Extraction, Finding};
use crate::french::{capital, labels, list};
use std::collections::BTreeSet;

pub(super) fn points(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let told = matter.constat.findings.iter().filter_map(|f| point(matter, said, f));
    told.chain(online(matter, said)).filter(|words| seen.insert(words.clone())).collect()
}

fn point(matter: &Matter<'_>, said: &Extraction, finding: &Finding) -> Option<String> {
    let own = |words: &str| Some(words.to_owned());
    match finding.code.as_str() {
        "contradiction" | "identite_discordante" => Some(disagreement(matter, finding)),
        "formulaire_non_signe" => own("La signature de votre formulaire n’a pas été trouvée. Un agent vérifie."),
        "page_illisible" => own("Une page n’a pas pu être lue. Un agent la regarde."),
        "date_depot_decisive" => own("La liste des pièces dépend du jour de votre dépôt. Un agent établit ce jour."),
        "depot_hors_delai" if said.reading("field:titre_fin").is_some_and(settled) => None,
        "depot_hors_delai" => own("Un agent vérifie si votre demande a été déposée à temps."),
        "titre_expire_6_mois" => own("Un agent vérifie depuis quand votre titre de séjour est expiré."),
        "duplicata_a_renouveler" => own("Votre titre perdu ou volé finit bientôt. Un agent regarde s’il faut plutôt le renouveler."),
        "titre_sans_liste" | "demande_sans_liste" | "hors_catalogue" | "regle_absente" => {
            own("Le programme n’a pas de liste de pièces pour votre demande. Un agent établit lui-même cette liste.")
        }
        code if matter.catalogue.holds(code) == Holds::Nothing => None,
        _ => own("Un agent vérifie encore un autre point."),
    }
}

fn disagreement(matter: &Matter<'_>, finding: &Finding) -> String {
    let own = finding.subjects.iter().filter(|s| s.strip_prefix("field:").is_some_and(|id| privacy::kept(id).is_none()));
    let labels: Vec<String> = own.map(|s| labels::subject_label(matter.catalogue, &[], s)).collect();
    let about = if labels.is_empty() { String::new() } else { format!(" ({})", list(&labels)) };
    format!("Vos documents ne disent pas tous la même chose{about}. Un agent vérifie.")
}

/// The way of the request, where it is in question.
fn online(matter: &Matter<'_>, said: &Extraction) -> Option<String> {
    let permit = super::text(&said.permit).and_then(|id| matter.catalogue.permit(id))?;
    let closed = permit.anef_since.is_some_and(|since| since <= matter.constat.filing_date.value);
    let asked = closed && matter.constat.admissibility.status == AdmissibilityStatus::ToVerify;
    asked.then(|| "Cette demande se fait en principe sur internet. Un agent vérifie que vous pouviez l’envoyer sur papier.".to_owned())
}

/// Values under verification, by label; those of other people are named as such.
pub(super) fn checking(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
    let fields = matter.fields(said);
    let subjects = ["permit", "request"].into_iter().chain(fields.iter().map(String::as_str));
    let open = subjects.filter(|s| said.reading(s).is_some_and(|r| r.decision == crate::domain::Decision::Review && !super::nowhere(r)));
    let own = open.filter(|s| {
        let id = s.strip_prefix("field:").unwrap_or_default();
        privacy::kept(id).is_none() && !privacy::is_said_elsewhere(id)
    });
    own.map(|s| capital(&labels::subject_label(matter.catalogue, &said.pieces, s))).collect()
}
