//! *Dépôts du jour*: every file of a day with its state, and counters that must add up.

mod balance;
mod closing;

use super::call::{Answer, Call, Outcome};
use super::french;
use super::shell::Shell;
use crate::day::{Difference, Signals};
use crate::domain::{Closure, Delivery, DeliveryState, Refusal};
use crate::store::{DayEntry, DayEnvelope, EnvelopeState};
use askama::Template;
use balance::Balance;
use jiff::civil::Date;

#[derive(Template)]
#[template(path = "deposits.html", config = "src/web/askama.toml")]
struct DepositsPage {
    shell: Shell,
    day: String,
    day_words: String,
    previous: String,
    next: Option<String>,
    balances: Vec<Balance>,
    /// What is not in exactly one place.
    differences: Vec<Named>,
    /// Open anomalies of the days before: identifier, file, arrival.
    older: Vec<(String, String, String)>,
    /// What cannot wait for the end of the day.
    alarms: Vec<String>,
    /// What is open of this day; empty when it closes at zero.
    open: Vec<String>,
    /// What stands in the drop folder now and is no deposit yet.
    waiting: Vec<Waiting>,
    rows: Vec<Row>,
}

/// A difference, with the way to its delivery.
struct Named {
    href: Option<String>,
    file: String,
    what: String,
    todo: &'static str,
}

/// A file of the drop folder that is not taken, with the reason when there is one.
struct Waiting {
    since: String,
    file: String,
    refusal: Option<Refusal>,
}

struct Row {
    id: String,
    hour: String,
    file: String,
    duplicates: Vec<Again>,
    pages: String,
    state: &'static str,
    tone: &'static str,
    refusal: Option<Refusal>,
    progress: Option<String>,
    envelopes: Vec<Envelope>,
}

/// A further drop of the same bytes.
struct Again {
    hour: String,
    file: String,
}

/// One envelope of a delivery, with where it stands.
pub(super) struct Envelope {
    pub name: String,
    pub about: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub action: &'static str,
    pub href: Option<String>,
}

pub(super) async fn day(call: Call) -> Outcome {
    let today = call.now.date_in_paris();
    let day = call.asked("jour").and_then(|d| d.parse::<Date>().ok()).unwrap_or(today);
    let books = call.desk.books();
    let (account, entries) = Box::pin(books.account(day, false, &call.desk.clock)).await?;
    let files = if day == today { call.desk.store.waiting(&call.desk.scope).await? } else { Vec::new() };
    let (mut alarms, mut older) = (Vec::new(), Vec::new());
    if day == today {
        let signals = Signals::take(&books, &call.desk.opening_hours, &entries, account.difference(), call.now).await?;
        alarms = closing::alarms(&signals);
        let open = call.desk.store.open_anomalies(&call.desk.scope).await?;
        let before = open.into_iter().filter(|d| d.registered_at.date_in_paris() < day);
        older = before.map(|d| (d.id.to_string(), d.file, when(d.registered_at, day))).collect();
    }
    let next = day.tomorrow().ok().filter(|d| *d <= today);
    let shell = Shell::new(&call.desk, call.session.as_ref(), "Dépôts du jour", "depots");
    let page = DepositsPage {
        shell: shell.waiting(call.desk.waiting().await?),
        day: day.to_string(),
        day_words: french::long_date(day),
        previous: day.yesterday().unwrap_or(day).to_string(),
        next: next.map(|d| d.to_string()),
        balances: balance::of_day(&account, &entries),
        differences: account.differences.iter().map(difference).collect(),
        older,
        alarms,
        open: closing::of_day(&entries, account.files.in_folder).open,
        waiting: files.into_iter().map(|f| Waiting { since: when(f.since, day), file: f.file, refusal: f.refusal }).collect(),
        rows: entries.iter().rev().map(|e| row(e, day)).collect(),
    };
    Ok(Answer::Page(page.render()?))
}

fn difference(d: &Difference) -> Named {
    let href = d.delivery.map(|id| d.page.map_or_else(|| format!("/depots/{id}"), |page| format!("/depots/{id}/pages/{page}")));
    Named { href, file: d.file.clone(), what: d.what.clone(), todo: d.todo }
}

fn row(entry: &DayEntry, day: Date) -> Row {
    let delivery = &entry.delivery;
    let (state, tone) = state(entry);
    let reading = delivery.state == DeliveryState::Received && entry.pages_read < delivery.pages.unwrap_or(u32::MAX);
    Row {
        id: delivery.id.to_string(),
        hour: when(delivery.registered_at, day),
        file: delivery.file.clone(),
        duplicates: entry.links.iter().skip(1).map(|l| Again { hour: when(l.dropped_at, day), file: l.file.clone() }).collect(),
        pages: delivery.pages.map_or_else(|| "–".to_owned(), |n| n.to_string()),
        state,
        tone,
        refusal: delivery.refusal.clone().filter(|_| delivery.closure.is_none()),
        progress: reading.then(|| match delivery.pages {
            Some(pages) => format!("{} sur {pages}", french::count(u64::from(entry.pages_read), "page lue", "pages lues")),
            None => "lecture pas encore commencée".to_owned(),
        }),
        envelopes: envelopes(&entry.envelopes),
    }
}

/// The hour, with the date when it is another day's.
fn when(at: crate::domain::Instant, day: Date) -> String {
    let own = at.date_in_paris();
    if own == day { french::hour(at) } else { format!("{} à {}", french::short_date(own), french::hour(at)) }
}

/// The state of a delivery in the words of the operator.
pub(super) fn state(entry: &DayEntry) -> (&'static str, &'static str) {
    let waits = entry.open_reviews > 0 || entry.envelopes.iter().any(|e| e.state == EnvelopeState::Review);
    state_words(&entry.delivery, waits)
}

/// A delivery with the question whether anything of it waits for a person.
pub(super) fn state_words(delivery: &Delivery, waits: bool) -> (&'static str, &'static str) {
    match delivery.closure {
        Some(Closure::Replaced) => return ("Remplacé", ""),
        Some(Closure::SetAside) => return ("Mis de côté", ""),
        None => {}
    }
    match delivery.state {
        DeliveryState::Anomaly => ("En anomalie", "red"),
        _ if waits => ("À vérifier", "amber"),
        DeliveryState::Received => ("En cours", "blue"),
        DeliveryState::Processed => ("Traité", "green"),
    }
}

pub(super) fn envelopes(envelopes: &[DayEnvelope]) -> Vec<Envelope> {
    let name = |index: usize| if envelopes.len() == 1 { "Pli".to_owned() } else { format!("Pli {}", index + 1) };
    envelopes.iter().enumerate().map(|(index, envelope)| one(name(index), envelope)).collect()
}

fn one(name: String, envelope: &DayEnvelope) -> Envelope {
    use crate::domain::Outcome::Incomplete;
    let (state, tone, action) = match (envelope.state, envelope.outcome) {
        (EnvelopeState::Open, _) => ("en cours", "blue", ""),
        (EnvelopeState::Review, _) => ("à vérifier", "amber", "Vérifier ce pli"),
        (EnvelopeState::Filed, _) if envelope.joined => ("joint à un dossier", "green", "Voir le pli"),
        (EnvelopeState::Filed, Some(Incomplete)) => ("dossier déposé, incomplet", "green", "Voir le pli"),
        (EnvelopeState::Filed, _) => ("dossier déposé, complet", "green", "Voir le pli"),
        (EnvelopeState::Retired, _) => ("remplacé", "", ""),
    };
    let href = (!action.is_empty()).then(|| format!("/verifier/{}", envelope.id));
    Envelope { name, about: french::pages(&envelope.pages), state, tone, action, href }
}
