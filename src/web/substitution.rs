//! *Rendez-vous*: the blocking that sent somebody to paper, and the individual appointment that is owed whatever way is finally
//! taken (CESEDA R431-2, arrêté of 1 August 2023). Nobody drops out of the list without an offer.

use super::call::{Answer, Call, Outcome, Stop};
use super::french;
use super::letters::since;
use super::review::request_words;
use super::shell::Shell;
use crate::catalogue::Worded;
use crate::domain::{AdmissibilityStatus, AppointmentAnswer, FieldValue, Substitution};
use crate::store::{StoreError, Unoffered};
use askama::Template;
use axum::http::StatusCode;
use jiff::civil::Date;

const MEANWHILE: &str = "Quelqu’un a complété cette fiche pendant que vous l’aviez ouverte. Rien n’a été enregistré : relisez-la.";
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "appointments.html", config = "src/web/askama.toml")]
struct ListPage {
    shell: Shell,
    rows: Vec<Row>,
}

struct Row {
    href: String,
    file: String,
    since: String,
}

#[derive(Template)]
#[template(path = "appointment.html", config = "src/web/askama.toml")]
struct RecordPage {
    shell: Shell,
    envelope: String,
    request: String,
    error: Option<String>,
    written: Option<String>,
    /// What the machine found in the envelope.
    found: String,
    seen: String,
    today: String,
    record: Shown,
    blockings: Vec<Choice>,
    vectors: Vec<Choice>,
    modes: Vec<Choice>,
}

struct Choice {
    id: String,
    label: String,
    chosen: bool,
}

/// The record as the form shows it.
struct Shown {
    blocked_on: String,
    ticket: String,
    evidence: String,
    /// `etablie`, `a_verifier` or nothing.
    admissibility: &'static str,
    invited_on: String,
    offered_on: String,
    appointment_on: String,
    /// `accepte`, `refuse` or nothing.
    answer: &'static str,
}

pub(super) async fn list(call: Call) -> Outcome {
    let desk = &call.desk;
    let today = call.now.date_in_paris();
    let row = |u: Unoffered| Row {
        href: format!("/rendez-vous/{}", u.envelope),
        file: u.file,
        since: since(u.registered_at.date_in_paris(), today),
    };
    let rows = desk.store.without_appointment(&desk.scope).await?.into_iter().map(row).collect();
    let shell = Shell::new(desk, call.session.as_ref(), "Rendez-vous", "rendez-vous").waiting(desk.waiting().await?);
    Ok(Answer::Page(ListPage { shell, rows }.render()?))
}

pub(super) async fn view(call: Call) -> Outcome {
    Ok(Answer::Page(page(&call, None, None).await?))
}

pub(super) async fn note(call: Call) -> Outcome {
    let id = call.envelope()?;
    let unreadable = |_| Stop::Unreadable("Le formulaire reçu n’est pas complet. Rien n’a été enregistré.");
    let seen: Option<Substitution> = serde_json::from_str(call.field("vu").unwrap_or_default()).map_err(unreadable)?;
    let record = match read(&call) {
        Ok(record) => record,
        Err(sentence) => return again(&call, StatusCode::UNPROCESSABLE_ENTITY, sentence, None).await,
    };
    if let Err(error) = record.check(call.now.date_in_paris()) {
        return again(&call, StatusCode::UNPROCESSABLE_ENTITY, error.to_string(), Some(record)).await;
    }
    match call.desk.store.note_substitution(&call.desk.scope, id, seen.as_ref(), &record, &call.agent()?, call.now).await {
        Ok(()) => Ok(Answer::Goto(format!("/rendez-vous/{id}"))),
        Err(StoreError::Refused(_)) => again(&call, StatusCode::CONFLICT, MEANWHILE.to_owned(), None).await,
        Err(error) => Err(error.into()),
    }
}

async fn again(call: &Call, status: StatusCode, sentence: String, typed: Option<Substitution>) -> Outcome {
    Ok(Answer::Again(status, page(call, Some(sentence), typed).await?))
}

/// The form as a record; a date that is none and a code that is not on the list are refused.
fn read(call: &Call) -> Result<Substitution, String> {
    let words = &call.desk.catalogue.substitution;
    let text = |name: &str| call.field(name).map(str::trim).filter(|t| !t.is_empty()).map(|t| t.chars().take(LONGEST).collect::<String>());
    let day = |name: &str, label: &str| -> Result<Option<Date>, String> {
        let wrong = |_| format!("« {label} » n’est pas une date : écrivez-la comme 2026-11-24.");
        text(name).map(|t| t.parse::<Date>().map_err(wrong)).transpose()
    };
    let code = |name: &str, list: &[Worded]| text(name).filter(|id| list.iter().any(|w| w.id == *id));
    Ok(Substitution {
        blocked_on: day("blocage_le", "Blocage signalé le")?,
        ticket: text("ticket"),
        blocking: code("blocage", &words.blockings),
        admissibility: match call.field("recevabilite") {
            Some("etablie") => Some(AdmissibilityStatus::Established),
            Some("a_verifier") => Some(AdmissibilityStatus::ToVerify),
            _ => None,
        },
        evidence: text("preuve"),
        invited_on: day("invite_le", "Invité à déposer autrement le")?,
        offered_on: day("propose_le", "Rendez-vous proposé le")?,
        offered_by: code("moyen", &words.vectors),
        appointment_on: day("rendez_vous_le", "Rendez-vous le")?,
        answer: match call.field("reponse") {
            Some("accepte") => Some(AppointmentAnswer::Accepted),
            Some("refuse") => Some(AppointmentAnswer::Declined),
            _ => None,
        },
        mode: code("mode", &words.modes),
    })
}

async fn page(call: &Call, error: Option<String>, typed: Option<Substitution>) -> Result<String, Stop> {
    let desk = &call.desk;
    let id = call.envelope()?;
    let case = desk.case(id).await?;
    let standing = desk.store.substitution(&desk.scope, id).await?;
    let seen = standing.as_ref().map(|v| v.record.clone());
    let record = typed.or_else(|| seen.clone()).unwrap_or_else(|| first(&case));
    let words = &desk.catalogue.substitution;
    let choices = |list: &[Worded], chosen: Option<&String>| -> Vec<Choice> {
        list.iter().map(|w| Choice { id: w.id.clone(), label: w.label.clone(), chosen: Some(&w.id) == chosen }).collect()
    };
    let page = RecordPage {
        shell: Shell::new(desk, call.session.as_ref(), "Blocage et rendez-vous", "rendez-vous").waiting(desk.waiting().await?),
        envelope: id.to_string(),
        request: request_words(&desk.catalogue, &case),
        error,
        written: standing.map(|v| format!("Fiche écrite par {} le {}.", v.agent, french::long_date(v.at.date_in_paris()))),
        found: case.constat.as_ref().map(|c| french::capital(&c.admissibility.because)).unwrap_or_default(),
        seen: serde_json::to_string(&seen).unwrap_or_default(),
        today: call.now.date_in_paris().to_string(),
        blockings: choices(&words.blockings, record.blocking.as_ref()),
        vectors: choices(&words.vectors, record.offered_by.as_ref()),
        modes: choices(&words.modes, record.mode.as_ref()),
        record: Shown::new(&record),
    };
    Ok(page.render()?)
}

/// What the papers say already: a proposal in the form, nothing until an agent writes it.
fn first(case: &super::review::case::Case) -> Substitution {
    let said = case.extraction.as_ref().map(|x| x.with_corrections(&case.corrections));
    let text = |field: &str| match said.as_ref()?.reading(&format!("field:{field}"))?.value.as_ref()? {
        FieldValue::Text(text) => Some(text.clone()),
        _ => None,
    };
    Substitution { ticket: text("ccc_ticket").or_else(|| text("numero_demande_anef")), ..Substitution::default() }
}

impl Shown {
    fn new(r: &Substitution) -> Self {
        let day = |d: Option<Date>| d.map(|d| d.to_string()).unwrap_or_default();
        Self {
            blocked_on: day(r.blocked_on),
            ticket: r.ticket.clone().unwrap_or_default(),
            evidence: r.evidence.clone().unwrap_or_default(),
            admissibility: match r.admissibility {
                Some(AdmissibilityStatus::Established) => "etablie",
                Some(AdmissibilityStatus::ToVerify) => "a_verifier",
                None => "",
            },
            invited_on: day(r.invited_on),
            offered_on: day(r.offered_on),
            appointment_on: day(r.appointment_on),
            answer: match r.answer {
                Some(AppointmentAnswer::Accepted) => "accepte",
                Some(AppointmentAnswer::Declined) => "refuse",
                None => "",
            },
        }
    }
}
