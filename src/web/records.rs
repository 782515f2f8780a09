//! What the pages ask of the ledger, the sealed files and the cells; always within the préfecture.

use super::call::Stop;
use super::review::case::{Case, OpenPoint, Standing};
use super::review::request_words;
use super::{Desk, french};
use crate::day::Books;
use crate::domain::{
    AgentId, BlobRef, Correction, Delivery, DeliveryId, DossierState, EnvelopeId, Instant, LetterMark, PrefectureId, Scope, Subject,
};
use crate::store::{EnvelopeState, EnvelopeView, Event, PagePicture, Review, StoreError};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long an answer waits for the line, so that the next page already shows what follows from it.
const PATIENCE: Duration = Duration::from_millis(1500);
const STEP: Duration = Duration::from_millis(50);

/// One thing of the queue: an envelope, or a delivery with a question of its own.
pub(super) struct Waiting {
    pub delivery: Delivery,
    pub envelope: Option<EnvelopeId>,
    pub pages: Vec<u32>,
    pub request: String,
    /// Open points that hold it.
    pub open: usize,
    pub urgency: u32,
    pub reasons: Vec<String>,
}

impl Waiting {
    pub(super) fn href(&self) -> String {
        self.envelope.map_or_else(|| format!("/depots/{}", self.delivery.id), |id| format!("/verifier/{id}"))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::NotFound,
            other => Self::Broken(other.to_string()),
        }
    }
}

impl Desk {
    /// What the account of a day is made of.
    pub(super) fn books(&self) -> Books<'_> {
        Books { store: &self.store, blobs: &self.blobs, places: &self.intake.places, scope: &self.scope }
    }

    pub(super) async fn alive(&self) -> Result<(), Stop> {
        self.store.open_reviews(&self.scope).await.map(drop).map_err(Stop::from)
    }

    pub(super) async fn delivery(&self, id: DeliveryId) -> Result<Delivery, Stop> {
        Ok(self.store.delivery(&self.scope, id).await?)
    }

    pub(super) async fn delivery_of(&self, id: EnvelopeId) -> Result<Delivery, Stop> {
        let view = Box::pin(self.store.envelope(&self.scope, id)).await?;
        self.delivery(view.delivery).await
    }

    pub(super) async fn pages_of(&self, id: EnvelopeId) -> Result<Vec<u32>, Stop> {
        Ok(Box::pin(self.store.envelope(&self.scope, id)).await?.pages)
    }

    pub(super) async fn page(&self, id: DeliveryId, number: u32) -> Result<PagePicture, Stop> {
        Ok(self.store.page_picture(&self.scope, id, number).await?)
    }

    /// A sealed file, opened away from the threads that answer.
    pub(super) async fn blob(&self, blob: BlobRef) -> Result<Vec<u8>, Stop> {
        let blobs = self.blobs.clone();
        let opened = tokio::task::spawn_blocking(move || blobs.get(&blob)).await;
        opened.map_err(|e| Stop::Broken(e.to_string()))?.map_err(|e| Stop::Broken(e.to_string()))
    }

    pub(super) async fn case(&self, id: EnvelopeId) -> Result<Case, Stop> {
        let view = Box::pin(self.store.envelope(&self.scope, id)).await?;
        let delivery = self.delivery(view.delivery).await?;
        let reviews = self.store.open_reviews(&self.scope).await?;
        let open: Vec<OpenPoint> = reviews.iter().filter(|r| r.envelope == Some(id)).map(point).collect();
        let standing = self.standing(&view, open.iter().any(|p| p.holds)).await?;
        Ok(Case {
            id,
            delivery,
            pages: view.pages,
            standing,
            extraction: view.read,
            constat: view.constat,
            open,
            corrections: view.corrections,
        })
    }

    /// An envelope whose questions are open waits for their answers, whatever the line does meanwhile.
    async fn standing(&self, view: &EnvelopeView, asked: bool) -> Result<Standing, Stop> {
        Ok(match view.state {
            EnvelopeState::Retired => Standing::Retired,
            EnvelopeState::Filed if view.joined_to.is_some() => Standing::Filed(joined_words(view)),
            // Also when the dossier stands: what came later raised questions.
            EnvelopeState::Filed | EnvelopeState::Review if asked => Standing::Waiting,
            EnvelopeState::Filed => Standing::Filed(self.dossier_words(view.id).await?),
            EnvelopeState::Open => Standing::Working,
            EnvelopeState::Review if self.store.is_on_line(&self.scope, view.delivery).await? => Standing::Working,
            EnvelopeState::Review => Standing::Waiting,
        })
    }

    async fn dossier_words(&self, id: EnvelopeId) -> Result<String, Stop> {
        let Some(dossier) = self.store.dossier_of(&self.scope, id).await? else {
            return Ok("Le dossier est en cours de dépôt.".to_owned());
        };
        let state = match dossier.state {
            DossierState::Complet => "complet",
            DossierState::Incomplet => "incomplet",
        };
        let day = french::long_date(dossier.created_at.date_in_paris());
        Ok(format!("Le dossier est déposé, {state}, depuis le {day}. Il a le numéro {}.", dossier.id))
    }

    /// Points of the delivery itself: an anomaly, a page that nobody could read.
    pub(super) async fn points_of_delivery(&self, id: DeliveryId) -> Result<Vec<OpenPoint>, Stop> {
        let reviews = self.store.open_reviews(&self.scope).await?;
        Ok(reviews.iter().filter(|r| r.delivery == id && r.envelope.is_none()).map(point).collect())
    }

    /// How many envelopes and deliveries wait for a person.
    pub(super) async fn waiting(&self) -> Result<u64, Stop> {
        Ok(self.waiting_ids().await?.len() as u64)
    }

    /// What waits for a person: the most urgent first, then the oldest.
    pub(super) async fn queue(&self) -> Result<Vec<Waiting>, Stop> {
        let reviews = self.store.open_reviews(&self.scope).await?;
        let mut queue = Vec::new();
        for (delivery, envelope) in self.waiting_ids().await? {
            let open = reviews.iter().filter(|r| r.holds && (r.delivery, r.envelope) == (delivery, envelope)).count();
            queue.push(self.one_waiting(delivery, envelope, open).await?);
        }
        queue.sort_by_key(|w| (std::cmp::Reverse(w.urgency), w.delivery.registered_at, w.pages.first().copied()));
        Ok(queue)
    }

    async fn one_waiting(&self, delivery: DeliveryId, envelope: Option<EnvelopeId>, open: usize) -> Result<Waiting, Stop> {
        let Some(id) = envelope else {
            let delivery = self.delivery(delivery).await?;
            let request = if delivery.refusal.is_some() { "Pli en anomalie" } else { "Dépôt à regarder" }.to_owned();
            return Ok(Waiting { delivery, envelope, pages: Vec::new(), request, open, urgency: 0, reasons: Vec::new() });
        };
        let case = self.case(id).await?;
        let request = request_words(&self.catalogue, &case);
        let urgency = case.constat.map(|c| c.urgency).unwrap_or_default();
        Ok(Waiting {
            delivery: case.delivery,
            envelope,
            pages: case.pages,
            request,
            open,
            urgency: urgency.score,
            reasons: urgency.reasons,
        })
    }

    async fn waiting_ids(&self) -> Result<BTreeSet<(DeliveryId, Option<EnvelopeId>)>, Stop> {
        let reviews = self.store.open_reviews(&self.scope).await?;
        Ok(reviews.iter().filter(|r| r.holds).map(|r| (r.delivery, r.envelope)).collect())
    }

    /// Writes an answer down; after the last one the line has a moment, so that its result is the next thing seen.
    pub(super) async fn correct(&self, case: &Case, correction: Correction) -> Result<(), Stop> {
        let now = correction.at;
        Box::pin(self.store.add_correction(&self.scope, Subject::Envelope(case.id), &correction, now)).await?;
        let last = !case.open.iter().any(|p| p.holds && p.subject != correction.subject);
        let patience = async {
            if !last {
                return Ok(());
            }
            while self.store.is_on_line(&self.scope, case.delivery.id).await? {
                tokio::time::sleep(STEP).await;
            }
            Ok::<(), Stop>(())
        };
        // A line that needs longer goes on by itself: the page says so.
        tokio::time::timeout(PATIENCE, patience).await.unwrap_or(Ok(()))
    }

    /// Writes down that an agent looked at a point of the delivery itself.
    pub(super) async fn acknowledge(&self, id: DeliveryId, correction: Correction) -> Result<(), Stop> {
        let now = correction.at;
        Ok(Box::pin(self.store.add_correction(&self.scope, Subject::Delivery(id), &correction, now)).await?)
    }

    pub(super) async fn record_view(
        &self,
        kind: &str,
        agent: &AgentId,
        delivery: Option<DeliveryId>,
        envelope: Option<EnvelopeId>,
        page: Option<u32>,
        at: Instant,
    ) -> Result<(), Stop> {
        let detail = page.map(|number| serde_json::json!({ "page": number }));
        self.record(kind, agent, delivery, envelope, detail, at).await
    }

    pub(super) async fn record_agent(&self, kind: &str, agent: &AgentId, at: Instant) -> Result<(), Stop> {
        self.record(kind, agent, None, None, None, at).await
    }

    async fn record(
        &self,
        kind: &str,
        agent: &AgentId,
        delivery: Option<DeliveryId>,
        envelope: Option<EnvelopeId>,
        detail: Option<serde_json::Value>,
        at: Instant,
    ) -> Result<(), Stop> {
        let (kind, actor) = (kind.to_owned(), agent.as_str().to_owned());
        let event = Event { prefecture: self.prefecture(), delivery, envelope, kind, actor, detail, at };
        Ok(self.store.record(&event).await?)
    }

    fn prefecture(&self) -> PrefectureId {
        match &self.scope {
            Scope::Prefecture(own) => own.clone(),
            Scope::Machine => PrefectureId(String::new()),
        }
    }
}

/// Where the papers of a joined envelope are now.
fn joined_words(view: &EnvelopeView) -> String {
    let reference = view.joined_to.map(|id| LetterMark::reference(&view.prefecture, id)).unwrap_or_default();
    format!("Ce pli est joint au dossier {reference} : il complète ce dossier et n’en fait pas un autre.")
}

fn point(review: &Review) -> OpenPoint {
    OpenPoint { subject: review.subject.clone(), reason: review.reason.clone(), holds: review.holds }
}
