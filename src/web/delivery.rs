//! One delivery: what it is, its envelopes, its pages with their role, and the points of its own.

use super::call::{Answer, Call, Outcome, Stop};
use super::deposits::{Envelope, envelopes, state_words};
use super::french;
use super::review::case::document_label;
use super::shell::Shell;
use crate::catalogue::Catalogue;
use crate::domain::{Correction, CorrectionAct, DeliveryId, INCONNU, PageRead, PageState, Refusal, Stage};
use crate::store::{DayEnvelope, EnvelopeView, Export};
use askama::Template;

#[derive(Template)]
#[template(path = "delivery.html", config = "src/web/askama.toml")]
struct DeliveryPage {
    shell: Shell,
    id: String,
    file: String,
    day: String,
    day_words: String,
    state: &'static str,
    tone: &'static str,
    refusal: Option<Refusal>,
    points: Vec<(String, String, String)>,
    facts: Vec<(&'static str, String)>,
    envelopes: Vec<Envelope>,
    pages: Vec<Page>,
    no_pages: &'static str,
}

struct Page {
    number: u32,
    picture: bool,
    missing: &'static str,
    role: String,
    place: String,
}

pub(super) async fn view(call: Call) -> Outcome {
    let id = call.delivery()?.id;
    let export = Box::pin(call.desk.store.export(&call.desk.scope, id)).await?;
    let points = call.desk.points_of_delivery(id).await?;
    let day = export.delivery.registered_at.date_in_paris();
    let (state, tone) = state(&export, !points.is_empty());
    let page = DeliveryPage {
        shell: Shell::new(&call.desk, call.session.as_ref(), export.delivery.file.clone(), "depots").waiting(call.desk.waiting().await?),
        id: id.to_string(),
        file: export.delivery.file.clone(),
        day: day.to_string(),
        day_words: french::long_date(day),
        state,
        tone,
        refusal: export.delivery.refusal.clone(),
        points: points.into_iter().map(|p| (point_name(&p.subject), p.reason, p.subject)).collect(),
        facts: facts(&call, &export).await?,
        envelopes: envelopes(&export.envelopes.iter().map(of_day).collect::<Vec<_>>()),
        pages: export.pages.iter().map(|p| self::page(&call.desk.catalogue, &export, p)).collect(),
        no_pages: if export.delivery.refusal.is_some() { "Aucune page n’a pu être lue." } else { "La lecture commence." },
    };
    Ok(Answer::Page(page.render()?))
}

/// An agent looked at a point of the delivery itself: nothing in it is changed, it no longer waits.
pub(super) async fn acknowledge(call: Call) -> Outcome {
    let id = call.delivery()?.id;
    let here = format!("/depots/{id}");
    let subject = call.field("sujet").unwrap_or_default().to_owned();
    if call.desk.points_of_delivery(id).await?.iter().all(|p| p.subject != subject) {
        return Ok(Answer::Goto(here));
    }
    let (stage, act) = (Stage::Assemble, CorrectionAct::Acknowledge);
    let word = Correction { stage, subject, act, seen: None, page: None, rect: None, agent: call.agent()?, at: call.now };
    call.desk.acknowledge(id, word).await?;
    Ok(Answer::Goto(here))
}

/// What a page is, in words, with its document when an envelope holds it.
pub(super) async fn role(call: &Call, id: DeliveryId, read: &PageRead) -> Result<String, Stop> {
    let export = Box::pin(call.desk.store.export(&call.desk.scope, id)).await?;
    Ok(page(&call.desk.catalogue, &export, read).role)
}

fn state(export: &Export, points: bool) -> (&'static str, &'static str) {
    let waits = points || export.envelopes.iter().any(|e| e.state == crate::store::EnvelopeState::Review);
    state_words(export.delivery.state, waits)
}

fn point_name(subject: &str) -> String {
    subject.strip_prefix("page:").map_or_else(|| "Fichier".to_owned(), |number| format!("Page {number}"))
}

fn of_day(view: &EnvelopeView) -> DayEnvelope {
    DayEnvelope { id: view.id, state: view.state, pages: view.pages.clone(), outcome: view.constat.as_ref().map(|c| c.outcome) }
}

async fn facts(call: &Call, export: &Export) -> Result<Vec<(&'static str, String)>, Stop> {
    let delivery = &export.delivery;
    let at = |at: crate::domain::Instant| format!("{} à {}", french::short_date(at.date_in_paris()), french::hour(at));
    let mut facts = vec![
        ("Enregistré le", at(delivery.registered_at)),
        ("Pages", delivery.pages.map_or_else(|| "pas encore comptées".to_owned(), |n| n.to_string())),
        ("Arrivé par", french::channel(delivery.channel).to_owned()),
        ("Taille", format!("{} ko", delivery.bytes.div_ceil(1000))),
        ("Empreinte", delivery.sha256.get(..16).unwrap_or(&delivery.sha256).to_owned()),
    ];
    if let Some(day) = delivery.received_on {
        facts.push(("Reçu le", french::short_date(day)));
    }
    for link in call.desk.store.links(&call.desk.scope, delivery.id).await?.iter().skip(1) {
        facts.push(("Déposé de nouveau", format!("{}, {}", at(link.dropped_at), link.file)));
    }
    Ok(facts)
}

fn page(catalogue: &Catalogue, export: &Export, read: &PageRead) -> Page {
    let holder = export.envelopes.iter().position(|e| e.pages.contains(&read.number));
    let envelope = holder.and_then(|index| export.envelopes.get(index));
    let other = export.assembly.as_ref().and_then(|a| a.other_pages.iter().find(|p| p.page == read.number));
    let document = || {
        let piece = envelope?.extraction.as_ref()?.pieces.iter().find(|p| p.pages.contains(&read.number))?;
        let shown = if piece.kind.as_str() == INCONNU && piece.surely_none {
            "Courrier ou autre papier".to_owned()
        } else {
            document_label(catalogue, piece.kind.as_str())
        };
        Some(shown)
    };
    let role = match (&read.state, other) {
        (PageState::Unreadable(_), _) => "Page illisible".to_owned(),
        (PageState::Blank, _) => "Page blanche".to_owned(),
        (PageState::Read, Some(other)) => french::other_page(other.kind).to_owned(),
        (PageState::Read, None) => document().unwrap_or_else(|| "lue, pas encore classée".to_owned()),
    };
    let place = match (holder, export.envelopes.len()) {
        (Some(_), 1) => "Pli".to_owned(),
        (Some(index), _) => format!("Pli {}", index + 1),
        (None, _) if export.assembly.is_some() => "hors pli".to_owned(),
        (None, _) => String::new(),
    };
    let picture = !matches!(read.state, PageState::Unreadable(_));
    Page { number: read.number, picture, missing: "pas d’image", role, place }
}
