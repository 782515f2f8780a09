//! Who asked for what, when it came, and where it stands.

use super::dates::filing;
use super::{Matter, Standing, settled};
use crate::domain::{DossierState, Extraction, Reading};
use crate::french::{count, labels, long_date, values};

/// The applicant, once settled.
pub(super) fn name(said: &Extraction) -> Option<String> {
    let value = |subject: &str| said.reading(subject).filter(|r| settled(r)).and_then(|r| r.value.as_ref()).map(|v| values::show(v, None));
    let given = value("field:prenoms").map(|names| names.replace(", ", " "));
    let both = [value("field:nom_naissance"), given];
    let both: Vec<String> = both.into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(" "))
}

pub(super) fn received(matter: &Matter<'_>, said: &Extraction) -> Vec<String> {
    let settled_text = |reading: &Reading| Some(reading).filter(|r| settled(r)).and_then(super::text).map(str::to_owned);
    let permit = settled_text(&said.permit).map(|id| labels::permit_label(matter.catalogue, &id));
    let request = settled_text(&said.request).map(|id| labels::request_label(matter.catalogue, &id));
    let mut about: Vec<String> = permit.into_iter().chain(request).collect();
    about.dedup();
    let mut words = vec![if about.is_empty() {
        "Votre demande de titre de séjour est en cours de lecture.".to_owned()
    } else {
        format!("Votre demande : {}.", about.join(", "))
    }];
    let day = matter.delivery.received_on.unwrap_or_else(|| matter.delivery.registered_at.date_in_paris());
    let arrived = if matter.delivery.received_on.is_some() { "reçue" } else { "enregistrée" };
    let size = count(said.pages.len() as u64, "page", "pages");
    words.push(format!("Elle a été {arrived} le {}, {}. Elle compte {size}.", long_date(day), channel(said)));
    words.push(filing(matter, said));
    words.push(standing(matter.standing).to_owned());
    words
}

fn channel(said: &Extraction) -> &'static str {
    use crate::domain::Channel::{Courriel, EnLigne, Guichet, Pan, Postal};
    match said.channel {
        EnLigne => "par internet",
        Postal => "par la poste",
        Courriel => "par courriel",
        Guichet => "au guichet",
        Pan => "dans un point d’accueil numérique",
    }
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Working => "Elle est en cours de lecture.",
        Standing::Waiting => "Un agent vérifie encore certains points.",
        Standing::Filed(DossierState::Complet) => "Votre dossier est complet et enregistré.",
        Standing::Filed(DossierState::Incomplet) => "Un agent a confirmé que votre dossier est incomplet.",
    }
}
