//! What an applicant’s text names without quoting it: other people’s details, health, private life. The paper may lie open on a
//! table at home, and somebody else may read it.

/// Why a value is not quoted, as the heading under which it is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kept {
    Host,
    Spouse,
    Parents,
    /// Health and private life.
    Intimate,
}

/// Fields about the health or the private life of the applicant.
const INTIMATE: [&str; 3] = ["titulaire_aah_asi", "violences_subies", "vie_commune_rompue"];
/// Papers that must not be named by what they prove.
const INTIMATE_PAPERS: [&str; 1] = ["violences_rupture"];

/// `None` where the value is the applicant’s own to read.
pub(super) fn kept(field: &str) -> Option<Kept> {
    let of = |prefix: &str| field.starts_with(prefix);
    match field {
        _ if of("hebergeant_") || field.ends_with("_hebergeant") => Some(Kept::Host),
        _ if of("conjoint_") => Some(Kept::Spouse),
        _ if of("pere_") || of("mere_") => Some(Kept::Parents),
        _ if INTIMATE.contains(&field) => Some(Kept::Intimate),
        _ => None,
    }
}

pub(super) fn is_intimate(kind: &str) -> bool {
    INTIMATE_PAPERS.contains(&kind)
}

/// Fields that say again what the text says elsewhere, or that mean nothing outside the office.
pub(super) fn is_said_elsewhere(field: &str) -> bool {
    ["type_demande", "permit_id", "code_postal", "commune", "titre_code_agdref", "date_envoi", "date_reception", "date_signature"]
        .contains(&field)
}

impl Kept {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Host => "Des renseignements sur la personne qui vous héberge.",
            Self::Spouse => "Des renseignements sur votre conjoint.",
            Self::Parents => "Des renseignements sur vos parents.",
            Self::Intimate => "Des renseignements sur votre santé ou votre vie privée.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    /// The sections of forms say which fields speak of somebody else.
    #[test]
    fn no_field_of_another_person_is_quoted() {
        let catalogue = Catalogue::embedded().unwrap();
        for id in ["conjoint", "pere", "mere", "filiation", "hebergeant"] {
            let section = catalogue.section(id).unwrap();
            for field in section.fields.values() {
                assert!(kept(field.as_str()).is_some(), "{field}");
            }
        }
        for field in INTIMATE {
            assert!(catalogue.field(field).is_some(), "{field}");
        }
        assert!(kept("nom_naissance").is_none() && kept("adresse").is_none());
        assert!(INTIMATE_PAPERS.iter().all(|kind| catalogue.document(kind).is_some()));
    }
}
