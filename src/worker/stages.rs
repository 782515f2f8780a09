//! The stages after reading, each run off the async threads between two looks at the store.

use super::inputs::hash_of;
use super::questions::questions;
use super::{Reader, StageError, Worker};
use crate::domain::{Correction, Dossier, EnvelopeId, Extraction, Scope, Stage, Subject};
use crate::dossier::{self, Injector, Settled};
use crate::failpoint;
use crate::line::{self, Days, Rules};
use crate::store::{EnvelopeView, Injected, Job, NewArtefact, Store, StoreError, Verdict};
use serde::Serialize;
use std::sync::Arc;

/// Version of the form of what the stages make.
const SCHEMA: u32 = 1;

impl<R: Reader> Worker<R> {
    pub(super) async fn perform(&self, job: &Job) -> Result<(), StageError> {
        match (job.stage, job.subject) {
            (Stage::Read, _) if job.unit == 0 => self.count(job).await,
            (Stage::Read, _) => self.read(job).await,
            (Stage::Assemble, _) => self.assemble(job).await,
            (Stage::Extract, Subject::Envelope(id)) => Box::pin(self.extract(job, id)).await,
            (Stage::Validate, Subject::Envelope(id)) => Box::pin(self.validate(job, id)).await,
            (Stage::Dossier, Subject::Envelope(id)) => Box::pin(self.file(job, id)).await,
            (stage, Subject::Delivery(_)) => Err(StageError::Machine(format!("{} is no work on a delivery", stage.as_str()))),
        }
    }

    /// Names what makes the values here.
    #[must_use]
    pub fn recipe(&self) -> String {
        self.rules.recipe(&self.reader.engines())
    }

    async fn assemble(&self, job: &Job) -> Result<(), StageError> {
        let pages = self.store.pages(&Scope::Machine, job.delivery).await?;
        let corrections = up_to(&self.store.corrections_of_delivery(&Scope::Machine, job.delivery).await?, Stage::Assemble);
        let identities = self.store.pages_there(job.delivery).await?;
        let input = hash_of(&(&identities, &corrections))?;
        let cut = self.compute(move |rules| line::assemble(rules, &pages, &corrections)).await?;
        let made = self.made(job, Stage::Assemble, input, &cut)?;
        failpoint::hit("assemble.before");
        self.store.assembled(job, &made, &cut, self.clock.now()).await?;
        failpoint::hit("assemble.after");
        Ok(())
    }

    async fn extract(&self, job: &Job, id: EnvelopeId) -> Result<(), StageError> {
        let view = self.store.envelope(&Scope::Machine, id).await?;
        let (cut, corrections) = (view.cut(), up_to(&view.corrections, Stage::Extract));
        let pages = self.store.pages(&Scope::Machine, job.delivery).await?;
        let mut identities = self.store.pages_there(job.delivery).await?;
        identities.retain(|(page, ..)| cut.pages.contains(page));
        let input = hash_of(&(&identities, &cut, &corrections))?;
        let extraction = self.compute(move |rules| line::extract(rules, &pages, &cut, &corrections)).await?;
        let made = self.made(job, Stage::Extract, input, &extraction)?;
        failpoint::hit("extract.before");
        self.store.extracted(job, id, &made, self.clock.now()).await?;
        failpoint::hit("extract.after");
        Ok(())
    }

    async fn validate(&self, job: &Job, id: EnvelopeId) -> Result<(), StageError> {
        let view = self.store.envelope(&Scope::Machine, id).await?;
        let (read, days) = (read_of(&view)?, self.days(job).await?);
        let corrections = view.corrections.clone();
        let input = hash_of(&(&read, days.registered_on, days.received_on, &corrections))?;
        let constat = self.compute(move |rules| line::validate(rules, &read, days, &corrections)).await?;
        let confirmed = constat.incomplete_confirmed(&view.corrections);
        let verdict = if line::settled(&constat, confirmed) { Verdict::File } else { Verdict::Wait };
        let said = view.extraction.as_ref().map(|e| questions(e, &constat, confirmed)).unwrap_or_default();
        let made = self.made(job, Stage::Validate, input, &constat)?;
        failpoint::hit("validate.before");
        self.store.validated(job, id, &made, verdict, &said, self.clock.now()).await?;
        failpoint::hit("validate.after");
        Ok(())
    }

    async fn file(&self, job: &Job, id: EnvelopeId) -> Result<(), StageError> {
        let view = self.store.envelope(&Scope::Machine, id).await?;
        let delivery = self.store.delivery(&Scope::Machine, job.delivery).await?;
        let (Some(extraction), Some(constat)) = (&view.extraction, &view.constat) else {
            return Err(StageError::Machine("an envelope without a constat came to the dossier door".into()));
        };
        if !line::settled(constat, constat.incomplete_confirmed(&view.corrections)) {
            // An agent spoke since: the constat that follows from it decides.
            return Ok(self.store.not_filed(job).await?);
        }
        let recipe = view.recipe.clone().unwrap_or_default();
        let settled = Settled { envelope: id, delivery: &delivery, extraction, constat, corrections: &view.corrections, recipe: &recipe };
        let on_file = self.store.persons_like(&dossier::identity(extraction)).await?;
        let dossier = dossier::build(&settled, &on_file);
        failpoint::hit("dossier.before");
        let door = SharedTables { store: &self.store, now: self.clock.now() };
        let filed = door.inject(job, &dossier).await?;
        failpoint::hit("dossier.after");
        tracing::info!(envelope = %id, ?filed, "at the dossier door");
        Ok(())
    }

    async fn days(&self, job: &Job) -> Result<Days, StageError> {
        let delivery = self.store.delivery(&Scope::Machine, job.delivery).await?;
        Ok(Days { registered_on: delivery.registered_at.date_in_paris(), received_on: delivery.received_on })
    }

    /// Runs a stage where it may take its time.
    async fn compute<T: Send + 'static>(&self, stage: impl FnOnce(&Rules) -> T + Send + 'static) -> Result<T, StageError> {
        let rules = Arc::clone(&self.rules);
        Ok(tokio::task::spawn_blocking(move || stage(&rules)).await?)
    }

    fn made<T: Serialize>(&self, job: &Job, stage: Stage, input_hash: String, value: &T) -> Result<NewArtefact, StageError> {
        let body = serde_json::to_string(value)?;
        Ok(NewArtefact { subject: job.subject, stage, unit: 0, input_hash, recipe: self.recipe(), schema: SCHEMA, body })
    }
}

/// The door into the tables that the online system reads.
struct SharedTables<'a> {
    store: &'a Store,
    now: crate::domain::Instant,
}

impl Injector<Job> for SharedTables<'_> {
    type Filed = Injected;
    type Error = StoreError;

    async fn inject(&self, ending: &Job, dossier: &Dossier) -> Result<Injected, StoreError> {
        self.store.inject(ending, dossier, self.now).await
    }
}

fn read_of(view: &EnvelopeView) -> Result<Extraction, StageError> {
    view.read.clone().ok_or_else(|| StageError::Machine("an envelope without an extraction came to the constat".into()))
}

/// The corrections that a stage may see: its own and those before it.
fn up_to(corrections: &[Correction], stage: Stage) -> Vec<Correction> {
    corrections.iter().filter(|c| c.stage <= stage).cloned().collect()
}
