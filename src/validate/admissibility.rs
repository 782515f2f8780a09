//! Whether the paper channel was open to this applicant (R431-2, arrêté du 1er août 2023): a matter for the
//! agent, never a refusal and no row of the list.

use super::case::Case;
use crate::domain::{Admissibility, AdmissibilityStatus, Finding, french};

pub(super) fn admissibility(case: &Case<'_>) -> Admissibility {
    let proof = |kind: &str| case.catalogue.document(kind).is_some_and(|d| d.admissibility);
    let papers = case.extraction.pieces.iter().filter(|p| proof(p.kind.as_str()) && !Case::uncertain(p));
    let evidence: Vec<String> = papers.flat_map(|p| &p.pages).map(|n| format!("page:{n}")).collect();
    if !evidence.is_empty() {
        let because = "une preuve de l’impossibilité d’utiliser le téléservice est jointe".into();
        return Admissibility { status: AdmissibilityStatus::Established, evidence, because };
    }
    let online = case.permit().and_then(|p| case.catalogue.permit(p)).and_then(|p| p.anef_since).filter(|d| *d <= case.filing);
    let because = match online {
        Some(since) => format!("titre demandé sur le téléservice depuis le {}, aucune preuve d’impossibilité n’est jointe", french(since)),
        None => "aucune preuve d’impossibilité n’est jointe ; que le titre relève du téléservice n’est pas établi".into(),
    };
    Admissibility { status: AdmissibilityStatus::ToVerify, evidence, because }
}

/// Tells the absence of the proof where the téléservice was the way.
pub(super) fn finding(admissibility: &Admissibility) -> Option<Finding> {
    (admissibility.status == AdmissibilityStatus::ToVerify).then(|| Finding {
        code: "preuve_blocage_absente".into(),
        subjects: vec!["envelope".into()],
        message: format!("Recevabilité à vérifier : {}.", admissibility.because),
    })
}
