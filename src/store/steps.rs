//! The boundaries of the line: each is one transaction that touches the delivery first, stores what the
//! stage made, ends the job where it is still this worker's, and adds the next jobs.

use super::db::Tx;
use super::event::{Happened, MACHINE};
use super::review::{Place, Question};
use super::{EnvelopeState, Job, NewArtefact, Store, StoreError, artefact, blob, correction, delivery, envelope, event, job, page, review};
use crate::domain::{
    Assembly, BlobRef, CorrectionAct, Delivery, DeliveryId, DeliveryState, EnvelopeId, Instant, OtherKind, PAGES_PER_READ, PageRead,
    Refusal, ReviewNeed, Scope, Stage, Subject,
};

/// Why a job is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The file or page cannot be processed, whoever tries.
    Refused(Refusal),
    /// The last attempt failed too.
    GaveUp(String),
}

/// What comes after the constat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Through the dossier door.
    File,
    /// A person first.
    Wait,
}

impl Store {
    /// The file has so many pages: they become reading jobs.
    pub async fn counted(&self, done: &Job, pages: u32, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, done.delivery).await?;
        job::finish(&mut tx, done).await?;
        delivery::set_pages(&mut tx, done.delivery, pages).await?;
        for unit in 1..=pages.div_ceil(PAGES_PER_READ) {
            job::enqueue(&mut tx, Subject::Delivery(done.delivery), Stage::Read, unit, done.delivery, now).await?;
        }
        tx.commit().await
    }

    /// One page of a reading job that is still going on.
    pub async fn page_read(
        &self,
        running: &Job,
        made: &NewArtefact,
        read: &PageRead,
        picture: Option<&BlobRef>,
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, running.delivery).await?;
        job::still_ours(&mut tx, running).await?;
        if let Some(picture) = picture {
            blob::add(&mut tx, picture, "image/jpeg", now).await?;
        }
        let id = artefact::add(&mut tx, made, now).await?;
        page::set(&mut tx, running.delivery, read, id, picture.map(|p| p.address.as_str())).await?;
        tx.commit().await
    }

    /// The pages of a reading job are all there. The last such job of a delivery, and no other, adds the cut.
    pub async fn pages_read(&self, done: &Job, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, done.delivery).await?;
        job::finish(&mut tx, done).await?;
        if job::open_of_stage(&mut tx, done.delivery, Stage::Read).await? == 0 {
            job::enqueue(&mut tx, Subject::Delivery(done.delivery), Stage::Assemble, 0, done.delivery, now).await?;
        }
        tx.commit().await
    }

    /// The delivery is cut: its envelopes go on.
    pub async fn assembled(&self, done: &Job, made: &NewArtefact, cut: &Assembly, now: Instant) -> Result<Vec<EnvelopeId>, StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, done.delivery).await?;
        job::finish(&mut tx, done).await?;
        let delivery = delivery::get(&mut tx, &Scope::Machine, done.delivery).await?.into_delivery()?;
        let id = artefact::add(&mut tx, made, now).await?;
        delivery::set_assembly(&mut tx, delivery.id, id).await?;
        let recut = envelope::recut(&mut tx, &delivery, &cut.envelopes, now).await?;
        for (id, state) in &recut.retired {
            retire(&mut tx, &delivery, *id, *state, now).await?;
        }
        for id in &recut.live {
            job::enqueue(&mut tx, Subject::Envelope(*id), Stage::Extract, 0, delivery.id, now).await?;
        }
        let retired_filed = recut.retired.iter().any(|(_, state)| *state == EnvelopeState::Filed);
        let questions = questions_of_cut(&mut tx, &delivery, cut, retired_filed).await?;
        review::reconcile(&mut tx, &Place::of(&delivery, None), &questions, now).await?;
        event::add(&mut tx, &Happened::of_delivery("plis_separes", &delivery), now).await?;
        leave_line(&mut tx, delivery.id).await?;
        tx.commit().await?;
        Ok(recut.live)
    }

    /// The envelope is read: its constat comes next.
    pub async fn extracted(&self, done: &Job, envelope: EnvelopeId, made: &NewArtefact, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, done.delivery).await?;
        job::finish(&mut tx, done).await?;
        let id = artefact::add(&mut tx, made, now).await?;
        envelope::set_extraction(&mut tx, envelope, id).await?;
        job::enqueue(&mut tx, Subject::Envelope(envelope), Stage::Validate, 0, done.delivery, now).await?;
        tx.commit().await
    }

    /// The constat stands: through the dossier door, or in front of a person.
    pub async fn validated(
        &self,
        done: &Job,
        envelope: EnvelopeId,
        made: &NewArtefact,
        verdict: Verdict,
        questions: &[Question],
        now: Instant,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, done.delivery).await?;
        job::finish(&mut tx, done).await?;
        let delivery = delivery::get(&mut tx, &Scope::Machine, done.delivery).await?.into_delivery()?;
        let id = artefact::add(&mut tx, made, now).await?;
        envelope::set_constat(&mut tx, envelope, id).await?;
        review::reconcile(&mut tx, &Place::of(&delivery, Some(envelope)), questions, now).await?;
        match verdict {
            Verdict::File => {
                job::enqueue(&mut tx, Subject::Envelope(envelope), Stage::Dossier, 0, delivery.id, now).await?;
            }
            Verdict::Wait => wait_for_person(&mut tx, &delivery, envelope, now).await?,
        }
        leave_line(&mut tx, delivery.id).await?;
        tx.commit().await
    }

    /// The job is given up, and a person is asked, in one transaction: nothing on paper is ever dropped.
    pub async fn failed(&self, lost: &Job, failure: &Failure, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        delivery::touch(&mut tx, lost.delivery).await?;
        let delivery = delivery::get(&mut tx, &Scope::Machine, lost.delivery).await?.into_delivery()?;
        let (code, reason, technical) = words_of(failure);
        job::hold(&mut tx, lost, &technical).await?;
        let (envelope, subject) = match lost.subject {
            Subject::Envelope(id) => (Some(id), "envelope"),
            Subject::Delivery(_) => (None, "file"),
        };
        match (envelope, failure) {
            (Some(id), _) => set_waiting(&mut tx, id).await?,
            (None, Failure::Refused(refusal)) => {
                delivery::refuse(&mut tx, delivery.id, refusal).await?;
                job::end_others(&mut tx, lost).await?;
            }
            (None, Failure::GaveUp(_)) => {}
        }
        let place = Place::of(&delivery, envelope);
        let standing = review::open_of(&mut tx, &place).await?;
        if !standing.iter().any(|item| item.subject == subject) {
            let need = ReviewNeed { subject: subject.into(), reason };
            review::open(&mut tx, &place, &need, Some(&code), true, now).await?;
        }
        let happened =
            Happened { envelope, detail: Some(serde_json::json!({ "code": code })), ..Happened::of_delivery("travail_arrete", &delivery) };
        event::add(&mut tx, &happened, now).await?;
        if envelope.is_some() {
            leave_line(&mut tx, delivery.id).await?;
        }
        tx.commit().await
    }
}

/// A delivery is processed when nothing of it is on the line any more and it was cut.
pub(super) async fn leave_line(tx: &mut Tx, id: DeliveryId) -> Result<(), StoreError> {
    let row = delivery::get(tx, &Scope::Machine, id).await?;
    let cut = row.assembly().is_some();
    let received = row.into_delivery()?.state == DeliveryState::Received;
    if received && cut && job::open_of_delivery(tx, id).await? == 0 {
        delivery::set_state(tx, id, DeliveryState::Processed).await?;
    }
    Ok(())
}

async fn wait_for_person(tx: &mut Tx, delivery: &Delivery, envelope: EnvelopeId, now: Instant) -> Result<(), StoreError> {
    set_waiting(tx, envelope).await?;
    let happened = Happened {
        prefecture: &delivery.prefecture,
        delivery: Some(delivery.id),
        envelope: Some(envelope),
        kind: "pli_a_verifier",
        actor: MACHINE,
        detail: None,
    };
    event::add(tx, &happened, now).await
}

/// A filed envelope stays filed: its dossier stands, whatever is asked later.
async fn set_waiting(tx: &mut Tx, id: EnvelopeId) -> Result<(), StoreError> {
    let row = envelope::get(tx, &Scope::Machine, id).await?;
    match row.state.as_str() {
        "filed" | "retired" => Ok(()),
        _ => envelope::set_state(tx, id, EnvelopeState::Review).await,
    }
}

async fn retire(tx: &mut Tx, delivery: &Delivery, id: EnvelopeId, state: EnvelopeState, now: Instant) -> Result<(), StoreError> {
    job::end_all(tx, Subject::Envelope(id)).await?;
    review::reconcile(tx, &Place::of(delivery, Some(id)), &[], now).await?;
    let kind = if state == EnvelopeState::Filed { "pli_depose_retire" } else { "pli_retire" };
    let happened = Happened { envelope: Some(id), ..Happened::of_delivery(kind, delivery) };
    event::add(tx, &happened, now).await
}

/// What a person must look at of the delivery itself, unless somebody did.
async fn questions_of_cut(tx: &mut Tx, delivery: &Delivery, cut: &Assembly, retired_filed: bool) -> Result<Vec<Question>, StoreError> {
    let mut questions: Vec<Question> = Vec::new();
    for other in cut.other_pages.iter().filter(|p| p.kind == OtherKind::Unreadable) {
        let refusal = other.code.clone();
        let reason = refusal.as_ref().map_or("Cette page n'a pas pu être lue.".into(), |r| format!("{} {}", r.message, r.next));
        questions.push(Question::holding(format!("page:{}", other.page), reason, refusal.map(|r| r.code)));
    }
    if cut.envelopes.is_empty() {
        questions.push(Question::holding("file", "Aucun pli n'a été trouvé dans ce fichier.", Some("aucun_pli".into())));
    }
    if retired_filed {
        let reason = "Un dossier a été déposé pour un pli que la nouvelle séparation ne contient plus.";
        questions.push(Question::holding("file", reason, Some("pli_depose_retire".into())));
    }
    let corrections = correction::of_delivery(tx, delivery.id).await?;
    // The last word: a page that was replaced or read again since somebody looked is looked at again.
    let last = |q: &Question| corrections.iter().rev().find(|c| c.subject == q.need.subject);
    let seen = |q: &Question| last(q).is_some_and(|c| c.act == CorrectionAct::Acknowledge);
    questions.retain(|q| !seen(q));
    Ok(questions)
}

fn words_of(failure: &Failure) -> (String, String, String) {
    match failure {
        Failure::Refused(refusal) => (refusal.code.clone(), format!("{} {}", refusal.message, refusal.next), refusal.to_string()),
        Failure::GaveUp(error) => {
            let reason = "Le traitement a échoué plusieurs fois. Le document est conservé ; une fois vu, il sera relancé.";
            ("traitement_impossible".into(), reason.into(), error.clone())
        }
    }
}
