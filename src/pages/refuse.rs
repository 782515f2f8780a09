//! The refusals of the decoders: stable codes, French sentences, what the agent can do.

use crate::domain::Refusal;

const SCAN_AGAIN: &str = "Numérisez de nouveau l’original, puis redéposez le fichier.";

pub fn empty_file() -> Refusal {
    Refusal::new("fichier_vide", "Le fichier ne contient aucun octet.", SCAN_AGAIN)
}

pub fn pdf_unreadable(detail: &str) -> Refusal {
    Refusal::new("pdf_illisible", format!("Le PDF ne peut pas être ouvert ({detail})."), SCAN_AGAIN)
}

pub fn pdf_encrypted() -> Refusal {
    Refusal::new(
        "pdf_chiffre",
        "Le PDF est protégé par un mot de passe.",
        "Demandez à l’expéditeur un fichier sans mot de passe, ou imprimez-le et numérisez-le.",
    )
}

pub fn pdf_truncated() -> Refusal {
    Refusal::new("pdf_tronque", "Le PDF est coupé : sa fin manque, des pages peuvent être perdues.", SCAN_AGAIN)
}

pub fn pdf_without_page() -> Refusal {
    Refusal::new("pdf_sans_page", "Le PDF ne contient aucune page.", SCAN_AGAIN)
}

pub fn pdf_incomplete(declared: u64, found: u64) -> Refusal {
    Refusal::new("pdf_incomplet", format!("Le PDF annonce {declared} pages, mais {found} seulement sont lisibles."), SCAN_AGAIN)
}

pub fn tiff_unreadable(detail: &str) -> Refusal {
    Refusal::new("tiff_illisible", format!("Le fichier TIFF ne peut pas être ouvert ({detail})."), SCAN_AGAIN)
}

pub fn tiff_truncated() -> Refusal {
    Refusal::new("tiff_tronque", "Le fichier TIFF est coupé : la suite de ses pages manque.", SCAN_AGAIN)
}

pub fn picture_unreadable(detail: &str) -> Refusal {
    Refusal::new("image_illisible", format!("L’image ne peut pas être ouverte ({detail})."), SCAN_AGAIN)
}

pub fn too_many_pages(pages: u32, limit: u32) -> Refusal {
    Refusal::new(
        "trop_de_pages",
        format!("Le fichier contient {pages} pages ; la limite est de {limit}."),
        "Séparez le lot en plusieurs fichiers.",
    )
}

pub fn too_large(width: u32, height: u32) -> Refusal {
    Refusal::new(
        "page_trop_grande",
        format!("La page mesure {width} × {height} pixels, plus que la limite."),
        "Numérisez la page à 300 points par pouce.",
    )
}

pub fn unread_compression(name: &str) -> Refusal {
    Refusal::new(
        "compression_non_lue",
        format!("La page est comprimée d’une manière que Passerelle ne lit pas ({name})."),
        "Réglez le scanner sur CCITT groupe 4 ou JPEG, ou sur PDF, puis numérisez de nouveau.",
    )
}

pub fn decompression(limit: u64) -> Refusal {
    Refusal::new(
        "decompression",
        format!("Ce qui est comprimé dans le fichier dépasse {} Mo une fois ouvert.", limit.div_ceil(1 << 20)),
        "Numérisez le papier de nouveau. Si un usager a envoyé ce fichier, prévenez le service informatique.",
    )
}

const PHOTOGRAPH_AGAIN: &str =
    "Demandez une nouvelle photo : la feuille entière, à plat, vue de face, nette et bien éclairée ; ou numérisez l’original.";

pub fn photo_too_small(dpi: u32) -> Refusal {
    Refusal::new(
        "photo_trop_petite",
        format!("C’est la photo d’une feuille prise de trop loin : {dpi} points par pouce, trop peu pour la lire."),
        PHOTOGRAPH_AGAIN,
    )
}

pub fn photo_blurred() -> Refusal {
    Refusal::new("photo_floue", "C’est la photo d’une feuille, trop floue pour être lue.", PHOTOGRAPH_AGAIN)
}

#[must_use]
pub fn photo_without_sheet() -> Refusal {
    Refusal::new(
        "photo_sans_feuille",
        "C’est une photo où aucune feuille entière n’est trouvée et où presque rien ne se lit.",
        PHOTOGRAPH_AGAIN,
    )
}

pub fn empty_page() -> Refusal {
    Refusal::new("page_illisible", "La page n’a pas de surface.", SCAN_AGAIN)
}

pub fn page_damaged(detail: &str) -> Refusal {
    Refusal::new("page_illisible", format!("La page ne peut pas être lue ({detail})."), SCAN_AGAIN)
}
