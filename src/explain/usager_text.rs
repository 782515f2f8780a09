//! The applicant’s explanation as a text to print and to send.

use super::sheet::Sheet;
use super::understood::Understood;
use super::usager::{Asked, ForUsager, Found};
use crate::french::{list, long_date, pages};

pub(super) fn text(told: &ForUsager) -> String {
    let mut sheet = Sheet::default();
    sheet.title("Comment votre demande a été lue");
    if let Some(name) = &told.name {
        sheet.line(&format!("Demande de : {name}"));
    }
    sheet.line(&format!("Référence : {}", told.reference));
    sheet.line(&format!("Écrit le {}", long_date(told.explained_on)));
    sheet.section("Ce que nous avons reçu");
    told.received.iter().for_each(|words| sheet.line(words));
    values(&mut sheet, told);
    documents(&mut sheet, told);
    if !told.points.is_empty() {
        sheet.section("Ce qu’un agent vérifie");
        told.points.iter().for_each(|words| sheet.item(words));
    }
    let parts = [("Ce que fait le programme", &told.program), ("Ce qu’une personne a décidé", &told.people)];
    for (heading, words) in parts {
        sheet.section(heading);
        for sentence in words {
            sheet.item(sentence);
        }
    }
    law(&mut sheet, told);
    sheet.section("Vos droits");
    told.rights.iter().for_each(|words| sheet.item(words));
    sheet.done()
}

fn values(sheet: &mut Sheet, told: &ForUsager) {
    sheet.section("Ce que nous avons compris");
    if told.understood.is_empty() {
        sheet.line("Aucun renseignement n’est encore établi.");
    } else {
        sheet.line("Les pages sont comptées dans l’ordre de votre envoi, sans les pages blanches.");
    }
    told.understood.iter().for_each(|u| sheet.item(&value(u)));
    if !told.checking.is_empty() {
        sheet.line(&format!("En cours de vérification : {}.", list(&told.checking)));
    }
    if !told.empty.is_empty() {
        sheet.line(&format!("Rien n’est écrit pour : {}.", list(&told.empty)));
    }
    sheet.items("Ces renseignements ont aussi été lus. Ils ne sont pas recopiés ici :", &told.not_copied);
}

/// « Nom de naissance : DIALLO. Lu sur votre passeport, page 3. »
fn value(understood: &Understood) -> String {
    let places = if understood.read_on.is_empty() { String::new() } else { format!(" Lu sur {}.", list(&understood.read_on)) };
    let by = if understood.confirmed { " Vérifié par un agent." } else { "" };
    format!("{} : {}.{places}{by}", understood.label, understood.value)
}

fn documents(sheet: &mut Sheet, told: &ForUsager) {
    sheet.section("Vos documents");
    let found: Vec<String> = told.papers_found.iter().map(|f: &Found| format!("{} : {}", f.paper, pages(&f.pages))).collect();
    sheet.items("Documents trouvés dans votre envoi :", &found);
    sheet.items("Documents demandés :", &told.papers_asked.iter().map(asked).collect::<Vec<_>>());
    sheet.items("En cours de vérification (un agent regarde si ces documents sont là, et s’ils sont nécessaires) :", &told.papers_checking);
    sheet
        .items("À donner plus tard, au plus tard à la remise du titre :", &told.papers_at_collection.iter().map(asked).collect::<Vec<_>>());
}

fn asked(asked: &Asked) -> String {
    let must_be = if asked.must_be.is_empty() { String::new() } else { format!(". À respecter : {}", asked.must_be) };
    let article = if asked.article.is_empty() { String::new() } else { format!(". Règle : {}", asked.article) };
    format!("{}{must_be}{article}.", asked.paper)
}

fn law(sheet: &mut Sheet, told: &ForUsager) {
    sheet.section("Les règles et les dates");
    sheet.items("La liste de vos documents vient de ces textes :", &told.rules);
    let dates: Vec<String> = told.dates.iter().map(super::dates::Counts::words).collect();
    sheet.items("Dates qui comptent pour vous :", &dates);
}
