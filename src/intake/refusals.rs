//! Every reason for which intake sets a file aside: code, sentence, what to do. Codes are stable:
//! they stand in the database, in the contract and in the figures of an installation.

use crate::domain::{Format, Refusal};

/// A content that is no scan, or one that we do not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Foreign {
    Empty,
    Heic,
    OtherImage,
    Archive,
    OfficeDocument,
    Mail,
    Html,
    Text,
    Program,
    Unknown,
}

impl Foreign {
    /// Every case, for the test that looks at codes and sentences together.
    pub const ALL: [Self; 10] = [
        Self::Empty,
        Self::Heic,
        Self::OtherImage,
        Self::Archive,
        Self::OfficeDocument,
        Self::Mail,
        Self::Html,
        Self::Text,
        Self::Program,
        Self::Unknown,
    ];

    /// What the agent is told.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        let (code, message, next) = match self {
            Self::Empty => ("fichier_vide", "Le fichier ne contient rien (0 octet).", RESCAN),
            Self::Heic => (
                "type_heic",
                "C’est une photo au format HEIC (téléphone), qui n’est pas lu.",
                "Enregistrer la photo en JPEG ou en PDF, puis la déposer de nouveau.",
            ),
            Self::OtherImage => ("type_image", "C’est une image d’un format qui n’est pas lu (ni TIFF, ni JPEG, ni PNG).", CONVERT),
            Self::Archive => (
                "type_archive",
                "C’est une archive (ZIP ou semblable), qui n’est pas ouverte.",
                "Extraire les fichiers de l’archive sur un poste protégé, puis déposer chaque scan.",
            ),
            Self::OfficeDocument => (
                "type_bureautique",
                "C’est un document de bureautique (Word, tableur, message Outlook), et non un scan.",
                "L’imprimer en PDF, puis déposer le PDF.",
            ),
            Self::Mail => (
                "type_courriel",
                "C’est un courriel enregistré, et non un scan.",
                "Enregistrer ses pièces jointes, puis déposer chacune d’elles.",
            ),
            Self::Html => {
                ("type_page_web", "C’est une page web ou un fichier XML, et non un scan.", "L’imprimer en PDF, puis déposer le PDF.")
            }
            Self::Text => (
                "type_texte",
                "C’est un fichier de texte, et non un scan.",
                "Si un usager l’a envoyé, l’imprimer en PDF et déposer le PDF.",
            ),
            Self::Program => {
                ("type_programme", "C’est un programme, et non un scan.", "Ne pas l’ouvrir. Prévenir le service informatique.")
            }
            Self::Unknown => ("type_inconnu", "Le contenu n’est ni un PDF ni une image TIFF, JPEG ou PNG.", RESCAN),
        };
        Refusal::new(code, message, next)
    }
}

const RESCAN: &str = "Numériser le pli de nouveau, puis déposer le nouveau fichier.";
const CONVERT: &str = "L’enregistrer en PDF, TIFF, JPEG ou PNG, puis la déposer de nouveau.";

/// The file is larger than `limits.bytes`.
#[must_use]
pub fn too_large(bytes: u64, limit: u64) -> Refusal {
    Refusal::new(
        "fichier_trop_gros",
        format!("Le fichier pèse {} ; la limite est de {}.", megabytes(bytes), megabytes(limit)),
        "Numériser le pli en plusieurs fichiers ou à 300 points par pouce, puis les déposer.",
    )
}

/// The file's end is not there: a copy or a scan that broke off.
#[must_use]
pub fn truncated(format: Format) -> Refusal {
    let name = match format {
        Format::Pdf => "du PDF",
        Format::Tiff => "de l’image TIFF",
        Format::Jpeg => "de l’image JPEG",
        Format::Png => "de l’image PNG",
        Format::Bundle => "du pli",
    };
    Refusal::new("fichier_tronque", format!("La fin {name} manque : la copie ou la numérisation s’est interrompue."), RESCAN)
}

/// The file may not be read. It waits in the folder.
#[must_use]
pub fn unreadable_file() -> Refusal {
    Refusal::new(
        "acces_refuse",
        "Passerelle n’a pas le droit de lire ce fichier.",
        "Donner le droit de lecture au compte de Passerelle ; le fichier sera pris de lui-même.",
    )
}

/// The medium failed while the file was read. It waits in the folder.
#[must_use]
pub fn medium_failed() -> Refusal {
    Refusal::new(
        "lecture_impossible",
        "Le dossier ou le disque n’a pas rendu ce fichier en entier.",
        "Vérifier le partage réseau ou le disque ; Passerelle réessaie de lui-même.",
    )
}

/// A link, a folder, a pipe, a device: nothing that is opened. It waits in the folder.
#[must_use]
pub fn not_a_file(what: NotAFile) -> Refusal {
    let message = match what {
        NotAFile::Folder => "C’est un sous-dossier : seuls les fichiers déposés directement sont pris.",
        NotAFile::Link => "C’est un raccourci (lien) vers un autre fichier ; les liens ne sont pas suivis.",
        NotAFile::Special => "Ce n’est pas un fichier ordinaire (canal, prise ou périphérique).",
    };
    Refusal::new("pas_un_fichier", message, "Déposer les fichiers eux-mêmes, et retirer ceci du dossier.")
}

/// What stands in the folder instead of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAFile {
    Folder,
    Link,
    Special,
}

/// The file is in the ledger but cannot be taken out of the drop folder.
#[must_use]
pub fn cannot_be_moved() -> Refusal {
    Refusal::new(
        "deplacement_refuse",
        "Le fichier est bien enregistré, mais il ne peut pas être sorti du dossier de dépôt.",
        "Donner au compte de Passerelle le droit d’écrire dans le dossier de dépôt et dans le dossier des fichiers traités.",
    )
}

/// The drop folder is not mounted, or its rights are gone.
#[must_use]
pub fn folder_lost() -> Refusal {
    Refusal::new(
        "dossier_inaccessible",
        "Le dossier de dépôt ne peut pas être consulté.",
        "Rétablir le partage réseau ou les droits ; la prise en charge reprend d’elle-même.",
    )
}

/// Nothing can be taken now: the disk is full, the database or the store of scans does not answer.
#[must_use]
pub fn postponed() -> Refusal {
    Refusal::new(
        "prise_en_charge_differee",
        "Le fichier n’a pas encore pu être enregistré (disque plein ou base indisponible).",
        "Rien à faire sur le fichier : Passerelle réessaie. Prévenir le service informatique si cela dure.",
    )
}

fn megabytes(bytes: u64) -> String {
    let whole = bytes.div_ceil(1 << 20);
    format!("{whole} Mo")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all() -> Vec<Refusal> {
        let mut all: Vec<Refusal> = Foreign::ALL.iter().map(|f| f.refusal()).collect();
        all.extend([too_large(200 << 20, 100 << 20), truncated(Format::Pdf), unreadable_file(), medium_failed()]);
        all.extend([not_a_file(NotAFile::Link), cannot_be_moved(), postponed(), folder_lost()]);
        all
    }

    #[test]
    fn codes_are_unique_and_plain() {
        let codes: BTreeSet<String> = all().into_iter().map(|r| r.code).collect();
        assert_eq!(codes.len(), all().len());
        assert!(codes.iter().all(|c| c.chars().all(|c| c.is_ascii_lowercase() || c == '_')), "{codes:?}");
    }

    #[test]
    fn every_sentence_is_one_and_avoids_forbidden_words() {
        for refusal in all() {
            for text in [&refusal.message, &refusal.next] {
                assert!(text.ends_with('.') && text.chars().next().is_some_and(char::is_uppercase), "{text}");
                let lower = text.to_lowercase();
                assert!(["douteux", "quarantaine", "verdict", "score"].iter().all(|w| !lower.contains(w)), "{text}");
            }
        }
    }

    #[test]
    fn the_size_is_told_in_whole_megabytes() {
        assert!(too_large(105_000_000, 104_857_600).message.contains("101 Mo"));
    }
}
