//! Papers as their owner calls them: « votre passeport » and not « justificatif de nationalité ».

use super::privacy;
use crate::catalogue::Catalogue;
use crate::domain::INCONNU;
use crate::french::capital;
use crate::french::labels::document_label;

const NAMES: &[(&str, &str)] = &[
    ("acte_mariage", "votre acte de mariage"),
    ("ancien_titre_voyage", "votre ancien titre de voyage"),
    ("assurance_maladie", "votre attestation d’assurance maladie"),
    ("attestation_cir", "votre attestation du contrat d’intégration républicaine"),
    ("attestation_depot", "votre attestation de dépôt d’une demande en ligne"),
    ("attestation_employeur_rupture", "l’attestation de votre employeur sur la fin de votre contrat"),
    ("attestation_examen_civique", "votre attestation de réussite à l’examen civique"),
    ("attestation_hebergement", "l’attestation de la personne qui vous héberge"),
    ("attestation_linguistique", "votre diplôme ou certificat de langue française"),
    ("attestation_non_absence", "votre attestation sur l’honneur de présence en France"),
    ("attestation_reussite", "votre attestation de réussite"),
    ("autorisation_profession_reglementee", "votre autorisation d’exercer votre profession"),
    ("autorisation_travail", "votre autorisation de travail"),
    ("autorite_parentale", "le document sur l’autorité parentale"),
    ("avis_plateforme_mo", "l’avis de l’administration sur votre projet"),
    ("avis_situation_france_travail", "votre avis de situation de France Travail"),
    ("avis_structure_accueil", "l’avis de la structure qui vous accueille"),
    ("cerfa_talent", "le formulaire rempli par votre employeur"),
    ("certificat_inscription", "votre certificat d’inscription"),
    ("certificat_medical_ofii", "votre certificat médical"),
    ("communaute_vie", "votre déclaration de vie commune et ses preuves"),
    ("conditions_existence", "vos justificatifs de moyens d’existence"),
    ("contrat_engagement_republique", "votre contrat d’engagement à respecter les principes de la République"),
    ("contrat_travail", "votre contrat de travail"),
    ("contribution_entretien", "vos preuves de contribution à l’entretien de l’enfant"),
    ("contribution_parent_francais", "les preuves de contribution de l’autre parent"),
    ("convention_accueil", "votre convention d’accueil"),
    ("copie_titre_perdu", "la copie de votre titre perdu ou volé"),
    ("decision_protection", "la décision qui accorde la protection"),
    ("declaration_detachement", "la déclaration de détachement"),
    ("declaration_domiciliation", "votre attestation de domiciliation"),
    ("declaration_non_polygamie", "votre déclaration sur l’honneur de non-polygamie"),
    ("declaration_perte_vol", "votre déclaration de perte ou de vol"),
    ("dernier_diplome", "votre dernier diplôme"),
    ("diplome_master", "votre diplôme de niveau master"),
    ("domicile_hebergeant", "le justificatif de domicile de la personne qui vous héberge"),
    ("dossier_at_employeur", "la demande d’autorisation de travail de votre employeur"),
    ("engagement_non_travail", "votre engagement de ne pas travailler en France"),
    ("entree_reguliere", "votre justificatif d’entrée en France"),
    ("enveloppe", "l’enveloppe de votre envoi"),
    ("etat_civil_ofpra", "votre certificat de naissance délivré par l’Ofpra"),
    ("filiation_enfant", "l’acte de naissance de l’enfant"),
    ("formation_serieuse", "vos justificatifs de formation"),
    ("formulaire_demande", "votre formulaire de demande"),
    ("identite_hebergeant", "la pièce d’identité de la personne qui vous héberge"),
    ("immatriculation_entreprise", "l’immatriculation de votre entreprise"),
    ("insertion", "vos justificatifs d’insertion en France"),
    ("justificatif_domicile", "votre justificatif de domicile"),
    ("justificatif_etat_civil", "votre acte de naissance"),
    ("justificatif_nationalite", "votre passeport"),
    ("lettre_accompagnement", "votre lettre"),
    ("liens_familiaux", "vos justificatifs de liens en France"),
    ("liens_pays_origine", "vos justificatifs de liens avec votre pays d’origine"),
    ("livret_famille", "votre livret de famille ou extrait d’acte de naissance"),
    ("mandat_representant", "le mandat de la personne qui vous représente"),
    ("motifs_aes", "vos justificatifs de motifs exceptionnels ou humanitaires"),
    ("nationalite_francaise_conjoint", "le justificatif de nationalité française de votre conjoint"),
    ("nationalite_francaise_enfant", "le justificatif de nationalité française de l’enfant"),
    ("photos_2", "vos deux photos d’identité"),
    ("photos_identite", "vos photos d’identité"),
    ("placement_ase", "la décision de placement à l’aide sociale à l’enfance"),
    ("presence_france", "vos justificatifs de présence en France"),
    ("preuve_blocage_anef", "la preuve que vous n’avez pas pu faire la demande sur internet"),
    ("preuve_emploi", "vos preuves d’emploi"),
    ("preuve_entreprise_innovante", "la preuve que l’entreprise est innovante"),
    ("preuves_travail_anterieur", "vos preuves de travail passé"),
    ("programme_mobilite", "le document sur votre programme de mobilité"),
    ("releve_notes", "votre relevé de notes"),
    ("residence_enfant", "le justificatif de résidence de l’enfant"),
    ("ressources_etudiant", "vos justificatifs de ressources"),
    ("ressources_stables", "vos justificatifs de ressources stables"),
    ("ressources_visiteur", "vos justificatifs de ressources"),
    ("scolarite_5ans", "vos certificats de scolarité"),
    ("scolarite_mineur", "le certificat de scolarité ou de crèche"),
    ("sejour_ininterrompu", "vos justificatifs de séjour"),
    ("timbre_taxe", "le justificatif de paiement de la taxe et du timbre"),
    ("titre_sejour_en_cours", "votre titre de séjour"),
    ("titre_sejour_parent", "le titre de séjour du parent"),
    ("viabilite_activite", "les justificatifs de votre activité"),
    ("violences_rupture", "un justificatif de votre situation personnelle"),
    ("visa_ou_titre_sejour", "votre visa ou titre de séjour"),
];

/// « votre passeport »; a paper that an installation added is called by its label.
pub(super) fn name(catalogue: &Catalogue, kind: &str) -> String {
    if kind == INCONNU {
        return "un document que le programme n’a pas reconnu".to_owned();
    }
    let known = NAMES.iter().find(|(id, _)| *id == kind);
    known.map_or_else(|| format!("le document « {} »", document_label(catalogue, kind)), |(_, name)| (*name).to_owned())
}

/// The name on a list of papers to send: what it is called in the texts is said too.
pub(super) fn on_a_list(catalogue: &Catalogue, kind: &str) -> String {
    let name = capital(&name(catalogue, kind));
    let label = document_label(catalogue, kind);
    if privacy::is_intimate(kind) || !NAMES.iter().any(|(id, _)| *id == kind) { name } else { format!("{name} (« {label} »)") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paper_has_a_name_of_its_owner() {
        let catalogue = Catalogue::embedded().unwrap();
        for document in catalogue.documents.iter().filter(|d| !d.none) {
            assert!(NAMES.iter().any(|(id, _)| *id == document.id.as_str()), "{}", document.id);
        }
        for (id, _) in NAMES {
            assert!(catalogue.document(id).is_some(), "{id} is no document any more");
        }
    }
}
