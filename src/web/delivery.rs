//! One delivery: what it is, its envelopes, its pages with their role, and the points of its own.

use super::anomaly::{REASONS, reason_words};
use super::call::{Answer, Call, Outcome, Stop};
use super::deposits::{Envelope, envelopes, state_words};
use super::french;
use super::history::{self, Line};
use super::review::case::{OpenPoint, document_label};
use super::shell::Shell;
use crate::catalogue::Catalogue;
use crate::domain::{
    AnomalyAct, AnomalyStep, Closure, Correction, CorrectionAct, Delivery, DeliveryId, INCONNU, PageRead, PageState, Stage,
};
use crate::store::{DayEnvelope, EnvelopeView, Export};
use askama::Template;
use axum::http::StatusCode;

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
    anomaly: Option<Anomaly>,
    closed: Option<Closed>,
    /// Anomalies that this delivery stands for: address and file.
    stands_for: Vec<(String, String)>,
    points: Vec<Point>,
    history: Vec<Line>,
    error: Option<String>,
    facts: Vec<(&'static str, String)>,
    envelopes: Vec<Envelope>,
    pages: Vec<Page>,
    no_pages: &'static str,
}

/// A file that waits for what an agent does with it.
struct Anomaly {
    title: &'static str,
    message: String,
    next: String,
    code: String,
    /// Deliveries that may stand for it: identifier and words.
    others: Vec<(String, String)>,
    reasons: &'static [(&'static str, &'static str)],
    pages_in_view: bool,
}

/// How the file was closed, and by whom.
struct Closed {
    title: &'static str,
    words: String,
    /// The delivery that stands for it: address and file.
    by: Option<(String, String)>,
}

/// A question of the delivery itself that is not about the whole file.
struct Point {
    name: String,
    reason: String,
    subject: String,
    /// The page that may be read again or replaced.
    page: Option<u32>,
}

struct Page {
    number: u32,
    picture: bool,
    missing: &'static str,
    role: String,
    place: String,
}

pub(super) async fn view(call: Call) -> Outcome {
    Ok(Answer::Page(Box::pin(page_of(&call, None)).await?))
}

/// The page once more, because what was sent lacks something.
pub(super) async fn again(call: Call, error: &str) -> Outcome {
    let page = Box::pin(page_of(&call, Some(error.to_owned()))).await?;
    Ok(Answer::Again(StatusCode::UNPROCESSABLE_ENTITY, page))
}

async fn page_of(call: &Call, error: Option<String>) -> Result<String, Stop> {
    let id = call.delivery()?.id;
    let export = Box::pin(call.desk.store.export(&call.desk.scope, id)).await?;
    let points = call.desk.points_of_delivery(id).await?;
    let day = export.delivery.registered_at.date_in_paris();
    let (state, tone) = state(&export, !points.is_empty());
    let (store, scope) = (&call.desk.store, &call.desk.scope);
    let steps = store.anomaly_steps(scope, id).await?;
    let anomaly = anomaly(call, &export, points.iter().find(|p| p.subject == "file")).await?;
    let points = points.into_iter().filter(|p| p.subject != "file").map(point).collect();
    let page = DeliveryPage {
        shell: Shell::new(&call.desk, call.session.as_ref(), export.delivery.file.clone(), "depots").waiting(call.desk.waiting().await?),
        id: id.to_string(),
        file: export.delivery.file.clone(),
        day: day.to_string(),
        day_words: french::long_date(day),
        state,
        tone,
        anomaly,
        closed: closed(call, &export.delivery, &steps).await?,
        stands_for: store.stands_for(scope, id).await?.into_iter().map(|d| (format!("/depots/{}", d.id), d.file)).collect(),
        points,
        history: history::lines(&store.events(scope, id).await?, &steps),
        error,
        facts: facts(call, &export).await?,
        envelopes: envelopes(&export.envelopes.iter().map(of_day).collect::<Vec<_>>()),
        pages: export.pages.iter().map(|p| self::page(&call.desk.catalogue, &export, p)).collect(),
        no_pages: if export.delivery.refusal.is_some() || steps.iter().any(|s| s.act == AnomalyAct::ByHand) {
            "Aucune page n’a pu être lue."
        } else {
            "La lecture commence."
        },
    };
    Ok(page.render()?)
}

/// An agent looked at a point of the delivery itself: nothing in it is changed, it no longer waits.
pub(super) async fn acknowledge(call: Call) -> Outcome {
    let id = call.delivery()?.id;
    let here = format!("/depots/{id}");
    let subject = call.field("sujet").unwrap_or_default().to_owned();
    if call.desk.points_of_delivery(id).await?.iter().all(|p| p.subject != subject) {
        return Ok(Answer::Goto(here));
    }
    if subject == "file" && call.delivery()?.is_open_anomaly() {
        // A file that could not be read is dealt with, not looked at.
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
    state_words(&export.delivery, waits)
}

fn point(point: OpenPoint) -> Point {
    let page: Option<u32> = point.subject.strip_prefix("page:").and_then(|number| number.parse().ok());
    let name = page.map_or_else(|| "Dépôt".to_owned(), |number| format!("Page {number}"));
    Point { name, reason: point.reason, subject: point.subject, page }
}

/// What can be done with a file that was refused, or that the line gave up.
async fn anomaly(call: &Call, export: &Export, asked: Option<&OpenPoint>) -> Result<Option<Anomaly>, Stop> {
    let delivery = &export.delivery;
    if delivery.closure.is_some() || (!delivery.is_open_anomaly() && asked.is_none()) {
        return Ok(None);
    }
    let at = |d: &Delivery| format!("{} à {}", french::short_date(d.registered_at.date_in_paris()), french::hour(d.registered_at));
    let since = call.desk.store.registered_since(&call.desk.scope, delivery.registered_at).await?;
    let mut others: Vec<Delivery> = since.into_iter().filter(|d| d.id != delivery.id && !d.is_open_anomaly()).collect();
    // A second scan often has the name of the first: it stands on top.
    others.sort_by_key(|d| d.file != delivery.file);
    let (title, message, next, code) = match (&delivery.refusal, asked) {
        (Some(refusal), _) => ("Pli en anomalie", refusal.message.clone(), refusal.next.clone(), refusal.code.clone()),
        (None, asked) => ("Dépôt à regarder", asked.map(|p| p.reason.clone()).unwrap_or_default(), String::new(), String::new()),
    };
    Ok(Some(Anomaly {
        title,
        message,
        next,
        code,
        others: others.iter().map(|d| (d.id.to_string(), format!("{}, reçu le {}", d.file, at(d)))).collect(),
        reasons: &REASONS,
        pages_in_view: export.pages.iter().any(|p| !matches!(p.state, PageState::Unreadable(_))),
    }))
}

async fn closed(call: &Call, delivery: &Delivery, steps: &[AnomalyStep]) -> Result<Option<Closed>, Stop> {
    let Some(closure) = delivery.closure else { return Ok(None) };
    let act = match closure {
        Closure::Replaced => AnomalyAct::Replace,
        Closure::SetAside => AnomalyAct::SetAside,
    };
    let Some(step) = steps.iter().rev().find(|s| s.act == act) else { return Ok(None) };
    let by = match step.replaced_by {
        Some(other) => Some((format!("/depots/{other}"), call.desk.delivery(other).await?.file)),
        None => None,
    };
    let at = format!("le {} à {}", french::short_date(step.at.date_in_paris()), french::hour(step.at));
    let why = step.reason.as_deref().map(|reason| format!(" {}.", reason_words(reason))).unwrap_or_default();
    let note = step.note.as_deref().map(|note| format!(" « {note} »")).unwrap_or_default();
    let title = match closure {
        Closure::Replaced => "Pli remplacé",
        Closure::SetAside => "Pli mis de côté",
    };
    Ok(Some(Closed { title, words: format!("Par {}, {at}.{why}{note}", step.agent), by }))
}

fn of_day(view: &EnvelopeView) -> DayEnvelope {
    DayEnvelope {
        id: view.id,
        state: view.state,
        pages: view.pages.clone(),
        outcome: view.constat.as_ref().map(|c| c.outcome),
        joined: view.joined_to.is_some(),
    }
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
