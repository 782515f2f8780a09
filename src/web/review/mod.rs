//! *À vérifier*: one envelope, one open point at a time, until nothing is left.

mod answer;
pub(super) mod case;
mod question;
mod summary;

use super::call::{Answer, Call, Outcome, Stop};
use super::join::Offer;
use super::shell::Shell;
use super::values::Entry;
use crate::domain::{AgentId, Correction, CorrectionAct, FieldValue, Stage};
use answer::{Answered, Form};
use askama::Template;
use axum::http::StatusCode;
use case::{Case, OpenPoint, Standing, act_words, rank, words};
use question::{Conflict, Input, Question};
use summary::{Done, Head, Notice, Point, Summary};

#[derive(Template)]
#[template(path = "review.html", config = "src/web/askama.toml")]
struct ReviewPage {
    shell: Shell,
    id: String,
    head: Head,
    notice: Option<Notice>,
    points: Vec<Point>,
    question: Option<Question>,
    done: Done,
    constat: Summary,
    /// Address and name of each letter that may be written.
    letters: Vec<(String, String)>,
    /// The dossier that this envelope answers.
    offer: Option<Offer>,
}

pub(super) async fn view(call: Call) -> Outcome {
    let case = call.desk.case(call.envelope()?).await?;
    let question = chosen(&call, &case).map(|point| Question::new(&call.desk.catalogue, &case, &point));
    Ok(Answer::Page(Box::pin(page(&call, &case, question, "")).await?))
}

/// The point of the address, else the first that holds the dossier.
fn chosen(call: &Call, case: &Case) -> Option<OpenPoint> {
    match call.asked("point") {
        Some(subject) => case.point(subject),
        None => ordered(call, case).into_iter().find(|p| p.holds && case.standing == Standing::Waiting && !case.is_confirmation(p)),
    }
}

fn ordered(call: &Call, case: &Case) -> Vec<OpenPoint> {
    let mut open = case.open.clone();
    open.sort_by_key(|p| rank(&call.desk.catalogue, p));
    open
}

async fn page(call: &Call, case: &Case, question: Option<Question>, title: &str) -> Result<String, Stop> {
    let catalogue = &call.desk.catalogue;
    let head = Head::new(catalogue, case);
    let current = question.as_ref().map(|q| q.subject.clone());
    let points = Point::all(catalogue, case, &ordered(call, case), current.as_deref());
    let shell = Shell::new(&call.desk, call.session.as_ref(), format!("{title}{} – À vérifier", head.request), "verifier");
    let view = ReviewPage {
        shell: shell.waiting(call.desk.waiting().await?),
        id: case.id.to_string(),
        notice: Notice::of(catalogue, case, call.agent().ok().as_ref(), call.now),
        head,
        points,
        question,
        done: Done::new(catalogue, case),
        constat: Summary::new(catalogue, case),
        letters: super::letters::links(catalogue, case.id),
        offer: super::join::offer(call, case).await?,
    };
    Ok(view.render()?)
}

pub(super) async fn act(call: Call) -> Outcome {
    let case = call.desk.case(call.envelope()?).await?;
    let subject = call.field("sujet").unwrap_or_default().to_owned();
    let here = format!("/verifier/{}", case.id);
    let Some(point) = case.point(&subject) else { return Ok(Answer::Goto(here)) };
    let question = Question::new(&call.desk.catalogue, &case, &point);
    let entry = entry_of(&call);
    let form = Form { act: call.field("acte").unwrap_or("valeur"), taken: call.field("prendre"), entry: entry.clone() };
    let read = answer::read(&call.desk.catalogue, &case, &subject, &form);
    let seen = serde_json::from_str::<Option<FieldValue>>(call.field("vu").unwrap_or_default());
    let seen = seen.map_err(|_| Stop::Unreadable("Le formulaire reçu n’est pas complet. Rien n’a été enregistré."))?;
    let version = call.field("etat").and_then(|n| n.parse::<usize>().ok());
    if seen != case.shown(&subject) || version != Some(question.state) {
        let conflict = conflict(&call, &case, &subject, seen.as_ref(), read.as_ref());
        let again = Question { conflict: Some(conflict), ..question };
        return Ok(Answer::Again(StatusCode::CONFLICT, Box::pin(page(&call, &case, Some(again), "Lecture changée : ")).await?));
    }
    match read {
        Ok(answered) => {
            call.desk.correct(&case, correction(&call, &case, subject, answered, seen)?).await?;
            Ok(Answer::Goto(here))
        }
        Err(error) => {
            let again = question.refused(entry, error);
            Ok(Answer::Again(StatusCode::UNPROCESSABLE_ENTITY, Box::pin(page(&call, &case, Some(again), "Erreur : ")).await?))
        }
    }
}

fn entry_of(call: &Call) -> Entry {
    let typed = |name| call.field(name).unwrap_or_default().to_owned();
    Entry { text: typed("valeur"), address: ["numero", "voie", "complement", "code_postal", "commune", "pays"].map(typed) }
}

fn conflict(call: &Call, case: &Case, subject: &str, seen: Option<&FieldValue>, read: Result<&Answered, &String>) -> Conflict {
    let catalogue = &call.desk.catalogue;
    let said = |v: Option<&FieldValue>| v.map_or_else(|| "rien de lu".to_owned(), |v| words(catalogue, subject, v));
    let now = match case.spoken(subject) {
        Some(c) => format!("{} (réponse de {} : {})", said(case.shown(subject).as_ref()), c.agent, act_words(catalogue, subject, &c.act)),
        None => said(case.shown(subject).as_ref()),
    };
    let answer = read.map_or_else(|_| call.field("valeur").unwrap_or_default().to_owned(), |a| act_words(catalogue, subject, &a.act));
    Conflict { seen: said(seen), now, answer }
}

fn correction(call: &Call, case: &Case, subject: String, answered: Answered, seen: Option<FieldValue>) -> Result<Correction, Stop> {
    let reading = case.reading(&subject);
    let page = case.page_of(&subject);
    // A page is turned whatever piece it belongs to.
    let subject = match (&answered.act, page) {
        (CorrectionAct::Turn { .. }, Some(number)) => format!("page:{number}"),
        _ => subject,
    };
    // Seeing a constat is not confirming its missing documents: that word has its own form.
    let seen = if subject == "envelope" { Some(FieldValue::Text("vu".to_owned())) } else { seen };
    Ok(Correction {
        stage: answered.stage,
        subject,
        act: answered.act,
        seen,
        page,
        rect: reading.and_then(|r| r.rect),
        agent: call.agent()?,
        at: call.now,
    })
}

/// A dossier becomes incomplete only by the word of a named agent on exactly these missing documents.
pub(super) async fn confirm_incomplete(call: Call) -> Outcome {
    let case = call.desk.case(call.envelope()?).await?;
    let done = Done::new(&call.desk.catalogue, &case);
    if !done.confirm_incomplete || call.field("etat") != Some(done.state.as_str()) {
        let page = Box::pin(page(&call, &case, None, "Liste changée : ")).await?;
        return Ok(Answer::Again(StatusCode::CONFLICT, page));
    }
    let agent: AgentId = call.agent()?;
    let missing = case.constat.as_ref().map(crate::domain::Constat::missing);
    let act = CorrectionAct::Acknowledge;
    let word =
        Correction { stage: Stage::Validate, subject: "envelope".into(), act, seen: missing, page: None, rect: None, agent, at: call.now };
    call.desk.correct(&case, word).await?;
    Ok(Answer::Goto(format!("/verifier/{}", case.id)))
}

pub(super) use summary::request as request_words;
