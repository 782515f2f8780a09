//! What is said of folders, indexes and page files that wait in a drop folder or do not agree.

use crate::domain::Refusal;

const ADD: &str = "Ajouter ce qui manque ou corriger l’index ; la prise en charge reprend d’elle-même.";

/// A single page where folders are delivered. It waits: it is no application by itself.
#[must_use]
pub fn to_attach() -> Refusal {
    Refusal::new(
        "a_rattacher",
        "C’est une page seule, hors de tout sous-dossier : elle n’est pas une demande à elle seule.",
        "Trouver le pli auquel elle appartient, et la placer dans le sous-dossier de ce pli avant de le déposer.",
    )
}

/// A folder without a single page.
#[must_use]
pub fn empty_folder() -> Refusal {
    Refusal::new("dossier_vide", "Ce sous-dossier ne contient aucune page.", "Y placer les pages du pli, ou le retirer.")
}

/// A folder with folders inside.
#[must_use]
pub fn nested_folder() -> Refusal {
    Refusal::new(
        "sous_dossier_imbrique",
        "Ce sous-dossier contient lui-même un dossier, un raccourci ou un fichier spécial.",
        "Placer les pages du pli directement dans un seul sous-dossier.",
    )
}

/// Nothing stands in the index about this file. It waits.
#[must_use]
pub fn index_awaited() -> Refusal {
    Refusal::new(
        "index_attendu",
        "Aucun index reçu ne nomme ce fichier.",
        "Attendre l’index de la station de numérisation, ou placer ce fichier dans un dépôt sans index.",
    )
}

/// The index never came.
#[must_use]
pub fn index_absent(name: &str) -> Refusal {
    Refusal::new(
        "index_absent",
        format!("L’index « {name} » de ce pli n’est pas arrivé."),
        "Comparer le nombre de pages avec le pli papier, puis déposer de nouveau le sous-dossier avec son index.",
    )
}

/// The index cannot be used.
#[must_use]
pub fn index_unreadable(name: &str, why: &str) -> Refusal {
    Refusal::new(
        "index_illisible",
        format!("L’index « {name} » ne peut pas être lu : {why}."),
        "Corriger l’index, ou la description de l’index dans la configuration.",
    )
}

/// Files that the index names are not there.
#[must_use]
pub fn pages_missing(names: &[String]) -> Refusal {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    let more = if names.len() > shown.len() { format!(" et {} autres", names.len() - shown.len()) } else { String::new() };
    Refusal::new("pages_manquantes", format!("L’index annonce des fichiers qui ne sont pas là : {}{more}.", shown.join(", ")), ADD)
}

/// A file stands among the pages and the index does not name it.
#[must_use]
pub fn not_in_index(file: &str) -> Refusal {
    Refusal::new(
        "page_hors_index",
        format!("Le fichier « {file} » n’est pas dans l’index du pli."),
        "Vérifier s’il appartient à ce pli ; corriger l’index ou retirer le fichier, puis déposer le sous-dossier de nouveau.",
    )
}

/// The pages found are not as many as the index says.
#[must_use]
pub fn pages_differ(found: u64, announced: u32) -> Refusal {
    let pages = |n: u64| if n < 2 { format!("{n} page") } else { format!("{n} pages") };
    Refusal::new(
        "pages_differentes",
        format!("L’index annonce {}, le pli en contient {}.", pages(u64::from(announced)), found),
        "Compter les pages du pli papier, numériser de nouveau celles qui manquent, puis déposer le pli entier.",
    )
}

/// A page file that cannot be read makes the whole pli an anomaly: `refusal` is what is wrong with it.
#[must_use]
pub fn of_page(file: &str, refusal: &Refusal) -> Refusal {
    Refusal { message: format!("Fichier « {file} » : {}", refusal.message), ..refusal.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_whole_and_say_numbers_right() {
        let names: Vec<String> = (1..=7).map(|n| format!("{n}.tif")).collect();
        let all = [to_attach(), empty_folder(), nested_folder(), index_awaited(), index_absent("i.csv"), pages_missing(&names)];
        for text in all
            .iter()
            .chain(&[index_unreadable("i.csv", "colonne absente"), pages_differ(2, 1), not_in_index("a.tif")])
            .flat_map(|r| [&r.message, &r.next])
        {
            assert!(text.ends_with('.') && text.chars().next().is_some_and(char::is_uppercase), "{text}");
        }
        assert!(pages_missing(&names).message.contains("5.tif et 2 autres"));
        assert!(pages_differ(3, 1).message.contains("annonce 1 page, le pli en contient 3."));
    }
}
