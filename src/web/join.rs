//! A letter of ours came back: what its slip says and which missing papers came with it is offered line by line, and the agent joins
//! the envelope to the dossier that the letter was about.

use super::call::{Answer, Call, Outcome, Stop};
use super::review::case::{Case, Standing, document_label, label, words};
use super::review::request_words;
use super::{Desk, notice};
use crate::catalogue::Catalogue;
use crate::domain::{
    AgentId, Correction, CorrectionAct, EnvelopeId, FieldId, FieldValue, Instant, LetterMark, LineStatus, Piece, Rank, Stage,
};
use crate::store::{Join, StoreError};
use axum::http::StatusCode;

/// The finding that one of our own letters is among the papers of an envelope.
const RETURNED: &str = "retour_courrier";
const MEANWHILE: &str = "Le pli ou le dossier a changé pendant que vous aviez cette page, ou le dossier n’est pas encore déposé. \
                         Rien n’a été enregistré : rouvrez le pli.";

/// The dossier that an envelope answers, as its page shows it.
pub(super) struct Offer {
    pub into: String,
    pub reference: String,
    pub request: String,
    /// False while the dossier itself is not filed: it comes first.
    pub filed: bool,
    /// Subject, label, what stands in the dossier, what came.
    pub lines: Vec<(String, String, String, String)>,
}

/// One thing that may be taken over.
struct Line {
    subject: String,
    act: CorrectionAct,
    label: String,
    before: String,
    now: String,
}

impl Desk {
    /// The dossier that our letter among the papers of a waiting envelope was about; none when its code was not made here or leads
    /// out of the préfecture.
    async fn answered(&self, case: &Case) -> Result<Option<Case>, Stop> {
        let is_answer = case.extraction.as_ref().is_some_and(|x| x.findings.iter().any(|f| f.code == RETURNED));
        if !is_answer || case.standing != Standing::Waiting {
            return Ok(None);
        }
        let pages = self.store.pages(&self.scope, case.delivery.id).await?;
        let own = pages.iter().filter(|p| case.pages.contains(&p.number)).flat_map(|p| &p.codes);
        for mark in own.filter_map(|code| LetterMark::read(&code.text, &self.marks)) {
            match Box::pin(self.case(mark.envelope)).await {
                Ok(found) if found.id != case.id => return Ok(Some(found)),
                Ok(_) | Err(Stop::NotFound) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(None)
    }
}

/// What the page of an envelope offers, if it answers a letter and still waits for a person.
pub(super) async fn offer(call: &Call, case: &Case) -> Result<Option<Offer>, Stop> {
    let catalogue = &call.desk.catalogue;
    let Some(dossier) = Box::pin(call.desk.answered(case)).await? else { return Ok(None) };
    let lines = lines(catalogue, case, &dossier);
    Ok(Some(Offer {
        into: dossier.id.to_string(),
        reference: LetterMark::reference(&dossier.delivery.prefecture, dossier.id),
        request: request_words(catalogue, &dossier),
        filed: matches!(dossier.standing, Standing::Filed(_)),
        lines: lines.into_iter().map(|l| (l.subject, l.label, l.before, l.now)).collect(),
    }))
}

/// Values that an agent confirmed here and that differ there, papers that are missing there and came here.
fn lines(catalogue: &Catalogue, case: &Case, dossier: &Case) -> Vec<Line> {
    let Some(said) = case.extraction.as_ref().map(|x| x.with_corrections(&case.corrections)) else { return Vec::new() };
    let there = dossier.extraction.as_ref().map(|x| x.with_corrections(&dossier.corrections));
    let asked: Vec<&str> = catalogue.letters.iter().flat_map(|l| &l.reads_back).map(FieldId::as_str).collect();
    let mut lines = Vec::new();
    for (field, reading) in said.fields.iter().filter(|(id, _)| asked.contains(&id.as_str())) {
        let Some(value) = reading.settled() else { continue };
        let subject = format!("field:{field}");
        let before = there.as_ref().and_then(|x| x.reading(&subject)).and_then(|r| r.value.clone());
        if before.as_ref() == Some(value) {
            continue;
        }
        lines.push(Line {
            label: label(catalogue, dossier, &subject),
            before: before.map_or_else(|| "rien".to_owned(), |v| words(catalogue, &subject, &v)),
            now: words(catalogue, &subject, value),
            act: CorrectionAct::Value { value: value.clone() },
            subject,
        });
    }
    let open =
        |l: &&crate::domain::ChecklistLine| matches!(l.status, LineStatus::Missing | LineStatus::Doubtful) && l.rank != Rank::Pratique;
    for line in dossier.constat.iter().flat_map(|c| &c.checklist).filter(open) {
        let Some(piece) = papers(catalogue, case).into_iter().find(|p| p.kind == line.piece) else { continue };
        lines.push(Line {
            subject: format!("checklist:{}", line.piece),
            act: CorrectionAct::Checklist { status: LineStatus::Present },
            label: document_label(catalogue, line.piece.as_str()),
            before: super::french::line_status(line.status).to_lowercase(),
            now: super::french::pages(&piece.pages),
        });
    }
    lines
}

/// The papers that came, without our own letters and what is surely none.
fn papers(catalogue: &Catalogue, case: &Case) -> Vec<Piece> {
    let said = case.extraction.as_ref().map(|x| x.with_corrections(&case.corrections));
    let real = |p: &Piece| catalogue.document(p.kind.as_str()).is_some_and(|d| !d.none);
    said.map(|x| x.pieces.into_iter().filter(real).collect()).unwrap_or_default()
}

/// Joins the envelope; only ticked lines are taken over.
pub(super) async fn join(call: Call) -> Outcome {
    let case = call.desk.case(call.envelope()?).await?;
    let refused = || Answer::Again(StatusCode::CONFLICT, notice::page(&call.desk, call.session.as_ref(), "Pli non joint", MEANWHILE));
    let Some(dossier) = Box::pin(call.desk.answered(&case)).await?.filter(|d| call.field("dossier") == Some(d.id.to_string().as_str()))
    else {
        return Ok(refused());
    };
    let ticked: Vec<&str> = call.form.iter().filter(|(name, _)| name == "reprendre").map(|(_, subject)| subject.as_str()).collect();
    let offered = lines(&call.desk.catalogue, &case, &dossier);
    if ticked.iter().any(|subject| !offered.iter().any(|l| l.subject == *subject)) {
        return Ok(refused());
    }
    let agent = call.agent()?;
    let kept = offered.into_iter().filter(|l| ticked.contains(&l.subject.as_str()));
    let taken: Vec<Correction> = kept.map(|line| word(line, &dossier, &agent, call.now)).collect();
    let pieces = papers(&call.desk.catalogue, &case);
    let joining = Join { envelope: case.id, into: dossier.id, taken: &taken, pieces: &pieces, agent: &agent };
    match Box::pin(call.desk.store.join_envelope(&call.desk.scope, &joining, call.now)).await {
        Ok(()) => Ok(Answer::Goto(here(dossier.id))),
        Err(StoreError::Refused(_)) => Ok(refused()),
        Err(error) => Err(error.into()),
    }
}

fn here(id: EnvelopeId) -> String {
    format!("/verifier/{id}")
}

fn word(line: Line, dossier: &Case, agent: &AgentId, at: Instant) -> Correction {
    let seen: Option<FieldValue> = dossier.shown(&line.subject);
    Correction { stage: Stage::Validate, subject: line.subject, act: line.act, seen, page: None, rect: None, agent: agent.clone(), at }
}
