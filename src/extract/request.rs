//! Which permit is asked for, and what kind of request it is.

use super::person::People;
use super::text::{alike, find_within, fold, slack, squeeze};
use crate::catalogue::{Catalogue, PermitDef};
use crate::domain::{Candidate, Decision, FieldValue, HORS_CATALOGUE, PermitId, Person, Profile, Reading, Sheet, Source};

/// The permit that these few words name: the words of a box, a card's category, a visa's type.
pub(super) fn permit_named(catalogue: &Catalogue, words: &str) -> Option<PermitId> {
    let key = squeeze(words);
    if key.len() < 4 {
        return None;
    }
    if let Some(same) = catalogue.permits.iter().find(|p| p.names.iter().any(|n| squeeze(n) == key)) {
        return Some(same.id.clone());
    }
    if let Some(near) = catalogue.permits.iter().find(|p| p.names.iter().any(|n| alike(n, words))) {
        return Some(near.id.clone());
    }
    let mut best: Option<(usize, &PermitId)> = None;
    for permit in &catalogue.permits {
        for name in permit.names.iter().map(|n| squeeze(n)).filter(|n| n.len() >= 6) {
            let longer = best.is_none_or(|(length, _)| name.len() > length);
            if longer && find_within(&key, &name, slack(name.len()) / 2).is_some() && nothing_else(&key, permit) {
                best = Some((name.len(), &permit.id));
            }
        }
    }
    best.map(|(_, id)| id.clone())
}

/// Words beside a permit's name that make no other permit of it.
const BESIDE: &str = "VIEPRIVEEETFAMILIALE SEJOURPLURIANNUELLE SEJOURTEMPORAIRE RENOUVELLEMENT SONTITULAIRE PLURIANNUELLE DELIVRANCE LONGSEJOUR \
    TRAVAILLER AUTORISE PREMIERE DEMANDE ARTICLE MENTION PORTANT TRAVAIL CESEDA LIMITE SEJOUR VLSTS CARTE TITRE VISA VPF CDI CDD ANS ART";

/// True when the words say nothing but this permit. « Talent – famille » holds the name of a permit of the catalogue and is another one:
/// the law has more permits than the catalogue, and what is added to a name mostly makes one of those.
fn nothing_else(key: &str, permit: &PermitDef) -> bool {
    let own = permit.names.iter().chain(std::iter::once(&permit.label));
    let mut known: Vec<String> =
        own.flat_map(|n| fold(n).split(' ').map(str::to_owned).chain(std::iter::once(squeeze(n))).collect::<Vec<_>>()).collect();
    known.extend(BESIDE.split(' ').map(str::to_owned));
    known.retain(|w| w.len() >= 3);
    // The longest first, lest a short word cut a long one.
    known.sort_by_key(|w| std::cmp::Reverse(w.len()));
    let rest = known.iter().fold(key.to_owned(), |rest, word| rest.replace(word, " "));
    rest.split(|c: char| !c.is_alphabetic()).all(|run| run.len() <= 2)
}

/// The request and the permit, each with what speaks for it.
pub(super) fn decide(sheets: &[Sheet], people: &People, catalogue: &Catalogue, profile: Profile) -> (Reading, Reading) {
    let own: Vec<&Sheet> = sheets.iter().zip(&people.of_sheet).filter(|(_, p)| **p == Person::Applicant).map(|(s, _)| s).collect();
    let request = request(&own, catalogue, profile);
    let permit = permit(&own, catalogue, profile, &request);
    (request, permit)
}

/// What the form ticks; papers that speak for it or, without a tick, in its place.
fn request(own: &[&Sheet], catalogue: &Catalogue, profile: Profile) -> Reading {
    let asked = own.iter().flat_map(|s| &s.candidates).filter(|c| c.field.as_str() == "type_demande" && c.value.is_some());
    let best = asked.max_by(|a, b| a.confidence.total_cmp(&b.confidence));
    let implied = implied(own);
    if let Some(candidate) = best {
        let value = text(candidate);
        let also = implied.iter().find(|(_, request)| Some(*request) == value.as_deref());
        return settled(candidate, value, also.map(|(page, _)| *page), profile);
    }
    let guess = implied.first();
    let known = |r: &String| catalogue.field("type_demande").is_some_and(|f| f.choices.iter().any(|c| c.id == *r));
    let value = guess.map(|(_, request)| (*request).to_owned()).filter(known);
    open(value, guess.map(|(page, _)| *page), "d’après les pièces du pli, aucune case n’ayant été lue sur le formulaire")
}

/// Requests that the papers imply, strongest first: a loss was declared, a card is held, only a visa is held.
fn implied(own: &[&Sheet]) -> Vec<(u32, &'static str)> {
    let page_of =
        |kind: &str| own.iter().find(|s| s.kinds.first().is_some_and(|k| k.kind.as_str() == kind && k.confidence >= 0.45)).map(|s| s.page);
    let card = own.iter().find(|s| s.candidates.iter().any(|c| c.field.as_str() == "numero_titre" && c.value.is_some())).map(|s| s.page);
    let mut out = Vec::new();
    out.extend(page_of("declaration_perte_vol").map(|p| (p, "duplicata")));
    out.extend(card.map(|p| (p, "renouvellement")));
    out.extend(card.map(|p| (p, "changement_adresse")));
    out.extend(card.map(|p| (p, "changement_statut")));
    if card.is_none() {
        out.extend(page_of("visa_ou_titre_sejour").map(|p| (p, "premiere")));
        out.extend(page_of("decision_protection").map(|p| (p, "premiere")));
    }
    out
}

/// A request that is a permit of its own (duplicata, change of address), else what the form names, else what papers name.
fn permit(own: &[&Sheet], catalogue: &Catalogue, profile: Profile, request: &Reading) -> Reading {
    if let Some(FieldValue::Text(id)) = &request.value
        && catalogue.permit(id).is_some()
    {
        return request.clone();
    }
    let asked = own.iter().flat_map(|s| &s.candidates).filter(|c| c.field.as_str() == "permit_id" && c.value.is_some());
    // What a form says goes before what a letter tells.
    let form = |c: &&Candidate| c.evidence.source == Source::Form;
    let best = asked.max_by(|a, b| form(a).cmp(&form(b)).then(a.confidence.total_cmp(&b.confidence)));
    let papers: Vec<(u32, &String)> = own
        .iter()
        .filter(|s| s.kinds.first().is_none_or(|k| k.kind.as_str() != super::page::FORM))
        .flat_map(|s| s.permits.iter().map(|p| (s.page, p)))
        .collect();
    let Some(candidate) = best else {
        // Who holds a card and asks for a first permit or another status asks for another than the card's.
        let other = matches!(&request.value, Some(FieldValue::Text(r)) if r == "premiere" || r == "changement_statut");
        let card = |page: u32| {
            own.iter().any(|s| s.page == page && s.candidates.iter().any(|c| c.field.as_str() == "numero_titre" && c.value.is_some()))
        };
        let named = papers.iter().find(|(page, _)| !(other && card(*page)));
        return open(
            named.map(|(_, p)| (*p).clone()),
            named.map(|(page, _)| *page),
            "d’après les autres pièces, le titre demandé n’ayant pas été lu sur le formulaire",
        );
    };
    let value = text(candidate).map(|words| {
        if catalogue.permit(&words).is_some() {
            words
        } else {
            permit_named(catalogue, &words).map_or_else(|| HORS_CATALOGUE.to_owned(), |p| p.0)
        }
    });
    let also = papers.iter().find(|(page, p)| Some(*p) == value.as_ref() && *page != candidate.evidence.page);
    settled(candidate, value, also.map(|(page, _)| *page), profile)
}

fn text(candidate: &Candidate) -> Option<String> {
    match &candidate.value {
        Some(FieldValue::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// What the form asks, accepted when another paper says the same.
fn settled(candidate: &Candidate, value: Option<String>, also: Option<u32>, profile: Profile) -> Reading {
    let clear = candidate.confidence >= 0.6 && value.as_deref() != Some(HORS_CATALOGUE);
    // A letter may tell of the permit that is held and the one that is asked for: a person reads it.
    let form = candidate.evidence.source == Source::Form;
    let fit = also.is_some() && clear && form && profile == Profile::Evaluation;
    let page = candidate.evidence.page;
    let place = if form { "sur le formulaire" } else { "dans la lettre" };
    let because = match also {
        Some(other) => format!("Demandé {place} (page {page}), en accord avec la page {other}."),
        None => format!("Demandé {place} (page {page}) : rien d’autre ne le confirme."),
    };
    Reading {
        value: value.map(FieldValue::Text),
        decision: if fit { Decision::Accepted } else { Decision::Review },
        confidence: if fit { 0.99 } else { candidate.confidence.min(0.95) },
        source: if fit { Source::Agreement } else { candidate.evidence.source },
        page: Some(page),
        rect: Some(candidate.evidence.rect),
        because,
        evidence: vec![candidate.evidence.clone()],
    }
}

/// A guess that a person confirms, or nothing.
fn open(value: Option<String>, page: Option<u32>, how: &str) -> Reading {
    let because = match page {
        Some(page) => format!("Déduit {how} (page {page}) : à confirmer."),
        None => "Rien dans le pli ne le dit clairement.".to_owned(),
    };
    Reading {
        confidence: if value.is_some() { 0.5 } else { 0.0 },
        value: value.map(FieldValue::Text),
        decision: Decision::Review,
        source: Source::Text,
        page,
        rect: None,
        because,
        evidence: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(words: &str) -> Option<String> {
        permit_named(&Catalogue::embedded().unwrap(), words).map(|p| p.0)
    }

    #[test]
    fn a_permit_of_the_law_that_holds_the_name_of_another_is_not_taken_for_it() {
        for words in [
            "Talent – famille",
            "TALENT FAMILLE",
            "Talent – renommée nationale ou internationale",
            "Talent – mandataire social",
            "Recherche d’emploi ou création d’entreprise",
            "Salarié détaché ICT",
            "Salarié détaché ICT (famille)",
            "Salarié saisonnier",
            "Travailleur saisonnier",
            "Stagiaire",
            "Jeune au pair",
            "Vie privée et familiale – étranger malade",
            "Ordonnance de protection",
            "Bénéficiaire du statut d’apatride",
            "Carte de résident apatride",
            "Carte de résident – ascendant de Français",
            "Retraité",
            "Membre de la famille d’un réfugié",
            "Regroupement familial",
        ] {
            assert_eq!(named(words), None, "{words}");
        }
    }

    #[test]
    fn what_goes_with_a_name_leaves_it_what_it_is() {
        for (words, permit) in [
            ("Carte de séjour temporaire mention « étudiant »", "etudiant"),
            ("CARTE DE SEJOUR PLURIANNUELLE SALARIÉ", "salarie"),
            ("Salarié(e) (CDI)", "salarie"),
            ("Passeport talent – création d’entreprise", "talent_creation_entreprise"),
            ("Commerçant, artisan, profession libérale", "entrepreneur_liberal"),
            ("Carte de résident (10 ans)", "carte_resident_renouvellement"),
            ("Mention : visiteur, 1 an", "visiteur"),
            ("Réfugié reconnu", "refugie"),
        ] {
            assert_eq!(named(words).as_deref(), Some(permit), "{words}");
        }
    }
}
