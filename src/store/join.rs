//! Papers that answer one of our letters: their envelope is joined to the dossier that the letter was about, with what the agent took
//! over from it. Two people's papers are never joined by the machine: a named agent saw both.

use super::event::Happened;
use super::review::{Place, ReviewState};
use super::{EnvelopeState, Store, StoreError, correction, delivery, dossier_later, envelope, event, job, review, steps};
use crate::domain::{AgentId, Correction, DeliveryId, EnvelopeId, Instant, Piece, Scope, Subject};
use crate::store::convert::name_of;
use serde_json::json;

/// One joining.
#[derive(Clone, Copy, Debug)]
pub struct Join<'a> {
    /// Waits for a person; stands for nothing of its own afterwards.
    pub envelope: EnvelopeId,
    /// Its dossier is filed.
    pub into: EnvelopeId,
    /// What the agent took over, as corrections of `into`.
    pub taken: &'a [Correction],
    /// The papers that came, with their pages in their own delivery.
    pub pieces: &'a [Piece],
    pub agent: &'a AgentId,
}

impl Store {
    /// Joins an envelope to a filed dossier: corrections, pieces, the end of its questions and the journal in one transaction. The
    /// constat of the dossier is established again; if nothing is missing any more, the dossier becomes complete.
    pub async fn join_envelope(&self, scope: &Scope, join: &Join<'_>, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let (from, to) = (envelope::get(&mut tx, scope, join.envelope).await?, envelope::get(&mut tx, scope, join.into).await?);
        let filed = name_of(&EnvelopeState::Filed);
        if join.envelope == join.into || from.state != name_of(&EnvelopeState::Review) {
            return Err(StoreError::Refused("only an envelope that waits for a person is joined to another one".into()));
        }
        if to.state != filed || to.joined_to.is_some() {
            return Err(StoreError::Refused("papers are joined to a dossier that is filed".into()));
        }
        let (own, other) = (DeliveryId(from.delivery_id), DeliveryId(to.delivery_id));
        // Always in one order: two joinings across each other wait instead of stopping each other.
        for id in [own.min(other), own.max(other)] {
            delivery::touch(&mut tx, id).await?;
        }
        let (own, other) =
            (delivery::get(&mut tx, scope, own).await?.into_delivery()?, delivery::get(&mut tx, scope, other).await?.into_delivery()?);
        for word in join.taken {
            correction::speak(&mut tx, &other, Some(join.into), word, now).await?;
        }
        dossier_later::add_pieces(&mut tx, join.into, own.id, join.pieces, join.agent, now).await?;
        for item in review::open_of(&mut tx, &Place::of(&own, Some(join.envelope))).await? {
            review::close(&mut tx, item.id, ReviewState::Settled, Some(join.agent), now).await?;
        }
        job::end_all(&mut tx, Subject::Envelope(join.envelope)).await?;
        envelope::join(&mut tx, join.envelope, join.into).await?;
        steps::leave_line(&mut tx, own.id).await?;
        for (at, kind, envelope, detail) in [
            (&own, "pli_joint", join.envelope, json!({ "a": join.into.to_string() })),
            (&other, "pli_recu", join.into, json!({ "de": join.envelope.to_string(), "reprises": join.taken.len() })),
        ] {
            let happened =
                Happened { actor: join.agent.as_str(), envelope: Some(envelope), detail: Some(detail), ..Happened::of_delivery(kind, at) };
            event::add(&mut tx, &happened, now).await?;
        }
        tx.commit().await
    }
}
