//! Table `artefact`: what each stage made of its input. Rows are added and never changed.

use super::StoreError;
use super::convert::{parse, subject_columns};
use super::db::{Tx, maybe, run};
use crate::domain::{Instant, Scope, Stage, Subject};
use serde::de::DeserializeOwned;
use uuid::Uuid;

const INSERT: &str = "INSERT INTO artefact (id, subject_kind, subject_id, stage, unit, input_hash, recipe, schema, body, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (subject_kind, subject_id, stage, unit, input_hash, recipe) DO NOTHING";
const FIND: &str = "SELECT id, recipe, body FROM artefact
    WHERE subject_kind = $1 AND subject_id = $2 AND stage = $3 AND unit = $4 AND input_hash = $5 AND recipe = $6";
const BY_ID: &str = "SELECT id, recipe, body FROM artefact WHERE id = $1";

/// What a stage made, with what it was made from.
#[derive(Clone, Debug)]
pub struct NewArtefact {
    pub subject: Subject,
    pub stage: Stage,
    /// The page for `read`, else 0.
    pub unit: u32,
    /// Hash of everything that the stage read.
    pub input_hash: String,
    /// Hash of everything that the stage is: versions, engines, catalogue, profile.
    pub recipe: String,
    /// Version of the form of `body`.
    pub schema: u32,
    /// JSON.
    pub body: String,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) recipe: String,
    body: String,
}

impl Row {
    pub(super) fn parse<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, StoreError> {
        parse(what, &self.body)
    }
}

/// Adds an artefact, or finds the one that was made of the same input before.
pub(super) async fn add(tx: &mut Tx, new: &NewArtefact, now: Instant) -> Result<Uuid, StoreError> {
    let (kind, subject) = subject_columns(new.subject);
    let (stage, unit, schema) = (new.stage.as_str(), i64::from(new.unit), i64::from(new.schema));
    run!(tx, INSERT, Uuid::now_v7(), kind, subject, stage, unit, &new.input_hash, &new.recipe, schema, &new.body, now)?;
    let row = maybe!(tx, Row, FIND, kind, subject, stage, unit, &new.input_hash, &new.recipe)?;
    row.map(|r| r.id).ok_or_else(|| StoreError::missing("artefact", &new.input_hash, &Scope::Machine))
}

pub(super) async fn get(tx: &mut Tx, id: Uuid) -> Result<Row, StoreError> {
    maybe!(tx, Row, BY_ID, id)?.ok_or_else(|| StoreError::missing("artefact", id, &Scope::Machine))
}
