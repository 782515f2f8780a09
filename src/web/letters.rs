//! *Courriers*: letters to write, to sign line by line, to print and to post. The machine prepares; a named agent signs.

use super::call::{Answer, Call, Outcome, Stop};
use super::french;
use super::review::case::{Case, Standing};
use super::review::request_words;
use super::shell::Shell;
use crate::catalogue::{Catalogue, LetterDef, LetterDue};
use crate::domain::{AgentId, BlobKind, EnvelopeId, Letter, LetterPart, hexadecimal};
use crate::letters::{Known, NotReady, prepare, print};
use crate::store::{LetterState, LetterView, NewLetter, StoreError};
use crate::validate::reception;
use askama::Template;
use axum::http::StatusCode;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

/// Printed where the name of the agent will stand.
const DRAFT: &str = "PROJET, non signé";
const MEANWHILE: &str = "Ce courrier a changé pendant que vous aviez cette page. Rien n’a été enregistré : relisez-le.";

#[derive(Template)]
#[template(path = "letters.html", config = "src/web/askama.toml")]
struct ListPage {
    shell: Shell,
    kinds: Vec<Kind>,
    to_post: Vec<Row>,
}

/// Letters of one kind that are due.
struct Kind {
    label: String,
    rows: Vec<Row>,
}

struct Row {
    href: String,
    file: String,
    about: String,
    since: String,
}

#[derive(Template)]
#[template(path = "letter.html", config = "src/web/askama.toml")]
struct LetterPage {
    shell: Shell,
    here: String,
    envelope: String,
    label: String,
    request: String,
    error: Option<String>,
    /// Why it cannot be prepared.
    not_ready: Option<String>,
    /// What was signed, when, by whom, and where it is now.
    signed: Option<String>,
    waits_for_post: bool,
    today: String,
    recipient: Vec<String>,
    parts: Vec<Part>,
    /// Hash of what is shown: comes back with the signature.
    state: String,
    agent: String,
    sources: String,
}

/// A part of the letter on the screen. Lines have a number: each is confirmed by itself.
enum Part {
    Heading(String),
    Paragraph(String),
    Lines(Vec<(usize, String, String, String)>),
}

/// The letters of an application, for its page.
pub(super) fn links(catalogue: &Catalogue, id: EnvelopeId) -> Vec<(String, String)> {
    catalogue.letters.iter().map(|l| (format!("/courriers/{id}/{}", l.id), l.label.clone())).collect()
}

pub(super) async fn list(call: Call) -> Outcome {
    let desk = &call.desk;
    let today = call.now.date_in_paris();
    let mut kinds = Vec::new();
    for def in &desk.catalogue.letters {
        let due = match def.due {
            LetterDue::Always => desk.store.without_letter(&desk.scope, &def.id).await?,
            LetterDue::Incomplete => desk.store.incomplete_without_letter(&desk.scope, &def.id).await?,
        };
        let row = |l: crate::store::Unwritten| Row {
            href: format!("/courriers/{}/{}", l.envelope, def.id),
            file: l.file,
            about: if l.filed { "dossier déposé" } else { "à vérifier" }.to_owned(),
            since: since(l.registered_at.date_in_paris(), today),
        };
        kinds.push(Kind { label: def.label.clone(), rows: due.into_iter().map(row).collect() });
    }
    let open = desk.store.letters_to_post(&desk.scope).await?;
    let label = |kind: &str| desk.catalogue.letter(kind).map_or_else(|| kind.to_owned(), |l| l.label.clone());
    let row = |l: crate::store::OpenLetter| Row {
        href: format!("/courriers/{}/{}", l.envelope, l.kind),
        about: format!("{}, signé par {}", label(&l.kind), l.agent),
        file: l.file,
        since: since(l.signed_at.date_in_paris(), today),
    };
    let shell = Shell::new(desk, call.session.as_ref(), "Courriers", "courriers").waiting(desk.waiting().await?);
    Ok(Answer::Page(ListPage { shell, kinds, to_post: open.into_iter().map(row).collect() }.render()?))
}

/// « 12/11/2026, depuis 3 jours »
pub(super) fn since(day: Date, today: Date) -> String {
    let days = today.since(day).map_or(0, |span| span.get_days());
    let age = match days {
        0 => "aujourd’hui".to_owned(),
        n => format!("depuis {}", french::count(u64::from(n.unsigned_abs()), "jour", "jours")),
    };
    format!("{}, {age}", french::short_date(day))
}

pub(super) async fn view(call: Call) -> Outcome {
    let opened = Opened::new(&call).await?;
    Ok(Answer::Page(opened.page(&call, None).await?))
}

pub(super) async fn pdf(call: Call) -> Outcome {
    let opened = Opened::new(&call).await?;
    let name = format!("{}-{}.pdf", opened.def.id, opened.case.id);
    if let Some(signed) = &opened.signed {
        let blob = call.desk.store.blob(&signed.pdf).await?;
        return Ok(Answer::Pdf(name, call.desk.blob(blob).await?));
    }
    match opened.prepared(&call, &AgentId(DRAFT.to_owned())) {
        Ok(letter) => Ok(Answer::Pdf(format!("projet-{name}"), printed(&call, &opened.def, &letter)?)),
        Err(_) => Err(Stop::NotFound),
    }
}

pub(super) async fn sign(call: Call) -> Outcome {
    let opened = Opened::new(&call).await?;
    let agent = call.agent()?;
    let shown = |letter: &Letter| opened.signed.is_none() && call.field("etat") == Some(state_of(letter).as_str());
    let Some(letter) = opened.prepared(&call, &agent).ok().filter(shown) else {
        return opened.again(&call, StatusCode::CONFLICT, MEANWHILE).await;
    };
    let confirmed: Vec<&str> = call.form.iter().filter(|(name, _)| name == "ligne").map(|(_, line)| line.as_str()).collect();
    if (0..letter.lines().count()).any(|line| !confirmed.contains(&line.to_string().as_str())) {
        let sentence =
            "Chaque ligne se confirme : cochez celles que vous avez vérifiées. Une ligne fausse se corrige dans le pli, pas ici.";
        return opened.again(&call, StatusCode::UNPROCESSABLE_ENTITY, sentence).await;
    }
    let bytes = printed(&call, &opened.def, &letter)?;
    let (blobs, prefecture, delivery) = (call.desk.blobs.clone(), opened.case.delivery.prefecture.clone(), opened.case.delivery.id);
    let sealed = tokio::task::spawn_blocking(move || blobs.put(&prefecture, delivery, BlobKind::Export, &bytes)).await;
    let pdf = sealed.map_err(|e| Stop::Broken(e.to_string()))?.map_err(|e| Stop::Broken(e.to_string()))?;
    let new = NewLetter { envelope: opened.case.id, content: &letter, pdf: &pdf, agent: &agent };
    let signed = call.desk.store.sign_letter(&call.desk.scope, &new, call.now).await.map(drop);
    if signed.is_err() && matches!(call.desk.store.blob(&pdf.address).await, Err(StoreError::NotFound(_))) {
        // Sealed for nobody: another agent signed meanwhile, or the ledger did not take it.
        let blobs = call.desk.blobs.clone();
        tokio::task::spawn_blocking(move || blobs.forget(&pdf)).await.map_err(|e| Stop::Broken(e.to_string()))?.ok();
    }
    done(&opened, signed)
}

pub(super) async fn post(call: Call) -> Outcome {
    let opened = Opened::new(&call).await?;
    let day = call.field("jour").and_then(|d| d.parse::<Date>().ok());
    let signed_on = opened.signed.as_ref().map(|l| l.signed_at.date_in_paris());
    let Some(day) = day.filter(|d| *d <= call.now.date_in_paris() && signed_on.is_none_or(|s| s <= *d)) else {
        let sentence = "Le jour de l’envoi va du jour de la signature à aujourd’hui.";
        return opened.again(&call, StatusCode::UNPROCESSABLE_ENTITY, sentence).await;
    };
    let posted = call.desk.store.post_letter(&call.desk.scope, opened.case.id, &opened.def.id, day, &call.agent()?, call.now).await;
    done(&opened, posted)
}

pub(super) async fn cancel(call: Call) -> Outcome {
    let opened = Opened::new(&call).await?;
    let Some(reason) = call.field("raison").map(str::trim).filter(|r| !r.is_empty()) else {
        let sentence = "Dites pourquoi ce courrier est annulé.";
        return opened.again(&call, StatusCode::UNPROCESSABLE_ENTITY, sentence).await;
    };
    let agent = call.agent()?;
    let cancelled = call.desk.store.cancel_letter(&call.desk.scope, opened.case.id, &opened.def.id, reason, &agent, call.now).await;
    done(&opened, cancelled)
}

/// Back to the letter; an act that another one overtook changes nothing and the page shows what stands.
fn done(opened: &Opened, result: Result<(), StoreError>) -> Outcome {
    match result {
        Ok(()) | Err(StoreError::Refused(_)) => Ok(Answer::Goto(opened.here())),
        Err(error) => Err(error.into()),
    }
}

fn printed(call: &Call, def: &LetterDef, letter: &Letter) -> Result<Vec<u8>, Stop> {
    print(letter, &call.desk.catalogue.slip_boxes(def)).map_err(|e| Stop::Broken(e.to_string()))
}

/// What the agent has before the eyes, without the name that will be signed with.
fn state_of(letter: &Letter) -> String {
    let shown = Letter { signatory: String::new(), ..letter.clone() };
    hexadecimal(&Sha256::digest(serde_json::to_vec(&shown).unwrap_or_default()))
}

/// One letter of one application.
struct Opened {
    case: Case,
    def: LetterDef,
    signed: Option<LetterView>,
}

impl Opened {
    async fn new(call: &Call) -> Result<Self, Stop> {
        let kind = call.param("kind").unwrap_or_default();
        let def = call.desk.catalogue.letter(kind).cloned().ok_or(Stop::NotFound)?;
        let case = call.desk.case(call.envelope()?).await?;
        let signed = call.desk.store.standing_letter(&call.desk.scope, case.id, &def.id).await?;
        Ok(Self { case, def, signed })
    }

    fn here(&self) -> String {
        format!("/courriers/{}/{}", self.case.id, self.def.id)
    }

    fn prepared(&self, call: &Call, agent: &AgentId) -> Result<Letter, String> {
        let catalogue = &call.desk.catalogue;
        let case = &self.case;
        let (Some(extraction), Some(constat)) = (&case.extraction, &case.constat) else {
            return Err("Le pli est encore en cours de lecture : revenez dans un instant.".to_owned());
        };
        if case.standing == Standing::Retired {
            return Err("Ce pli a été remplacé : écrivez depuis le nouveau pli.".to_owned());
        }
        let extraction = extraction.with_corrections(&case.corrections);
        let known = Known {
            catalogue,
            service: &call.desk.service,
            prefecture: &case.delivery.prefecture,
            envelope: case.id,
            extraction: &extraction,
            constat,
            incomplete_confirmed: constat.incomplete_confirmed(&case.corrections),
            // The day from which the constat lets the silence run.
            received_on: reception(&extraction, case.delivery.registered_at.date_in_paris(), case.delivery.received_on),
            day: call.now.date_in_paris(),
            request: request_words(catalogue, case),
            key: &call.desk.marks,
        };
        prepare(&self.def, &known, agent).map_err(|e: NotReady| e.to_string())
    }

    async fn again(&self, call: &Call, status: StatusCode, sentence: &str) -> Outcome {
        Ok(Answer::Again(status, self.page(call, Some(sentence.to_owned())).await?))
    }

    async fn page(&self, call: &Call, error: Option<String>) -> Result<String, Stop> {
        let desk = &call.desk;
        let agent = call.agent()?;
        let prepared = match &self.signed {
            Some(signed) => Ok(signed.content.clone()),
            None => self.prepared(call, &agent),
        };
        let (letter, not_ready) = match prepared {
            Ok(letter) => (Some(letter), None),
            Err(sentence) => (None, Some(sentence)),
        };
        let title = format!("{} – Courriers", self.def.label);
        let page = LetterPage {
            shell: Shell::new(desk, call.session.as_ref(), title, "courriers").waiting(desk.waiting().await?),
            here: self.here(),
            envelope: self.case.id.to_string(),
            label: self.def.label.clone(),
            request: request_words(&desk.catalogue, &self.case),
            error,
            not_ready,
            signed: self.signed.as_ref().map(told),
            waits_for_post: self.signed.as_ref().is_some_and(|l| l.state == LetterState::Signed),
            today: call.now.date_in_paris().to_string(),
            recipient: letter.as_ref().map(|l| l.recipient.clone()).unwrap_or_default(),
            parts: letter.as_ref().map(|l| parts(l, &self.case.id)).unwrap_or_default(),
            state: letter.as_ref().map(state_of).unwrap_or_default(),
            agent: agent.as_str().to_owned(),
            sources: self.def.sources.join(" ; "),
        };
        Ok(page.render()?)
    }
}

fn told(letter: &LetterView) -> String {
    let signed = format!("Signé par {} le {}.", letter.agent, french::long_date(letter.signed_at.date_in_paris()));
    match (letter.posted_on, &letter.posted_by) {
        (Some(day), Some(agent)) => format!("{signed} Posté le {} par {agent}.", french::long_date(day)),
        _ => format!("{signed} Il n’est pas encore posté."),
    }
}

fn parts(letter: &Letter, id: &EnvelopeId) -> Vec<Part> {
    let mut number = 0;
    let mut parts = Vec::new();
    for part in &letter.parts {
        match part {
            LetterPart::Heading { text } => parts.push(Part::Heading(text.clone())),
            LetterPart::Paragraph { text } => parts.push(Part::Paragraph(text.clone())),
            LetterPart::Values { lines } | LetterPart::Pieces { lines } => {
                let numbered = lines.iter().map(|line| {
                    number += 1;
                    (number - 1, line.label.clone(), line.text.clone(), format!("/verifier/{id}?point={}", line.subject))
                });
                parts.push(Part::Lines(numbered.collect()));
            }
            LetterPart::Help { .. } => {}
        }
    }
    parts
}
