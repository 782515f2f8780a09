//! The steps of the instruction: acts of the online system on a dossier that it has read.

use super::Parts;
use super::dossiers::{names_tag, tagged};
use super::gate::Caller;
use super::problem::Problem;
use super::query::{Asking, asked, named};
use super::wire::{Dossier, Sealed, Step};
use crate::domain::{ApiScope, DossierId};
use crate::store::{Act, DossierView, Instructed};
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use std::sync::Arc;
use uuid::Uuid;

const LONGEST_NOTE: usize = 500;

/// Takes a step. The dossier must be as it was read (`If-Match`); a step that does not follow is refused with those that may.
#[utoipa::path(post, path = "/v1/dossiers/{id}/instruction", tag = "instruction", operation_id = "instructDossier",
    params(("id" = Uuid, Path), Asking, ("If-Match" = String, Header, description = "ETag du dossier tel que lu")),
    request_body = Step, security(("key" = ["dossiers:instruct"])),
    responses((status = 200, description = "Le dossier après l’étape", body = Dossier, headers(("ETag" = String, description = "De cet état du dossier"))), Problem))]
pub(super) async fn step(
    State(parts): State<Arc<Parts>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<Uuid>, PathRejection>,
    query: Result<Query<Asking>, QueryRejection>,
    headers: HeaderMap,
    body: Result<Json<Step>, JsonRejection>,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::Instruct)?;
    let (id, _) = (named(path)?, asked(query)?);
    let Json(step) = body.map_err(|rejection| Problem::not_json(rejection.status()))?;
    if step.note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE || note.contains('\0')) {
        return Err(Problem::wrong("body:note", "au plus 500 caractères, sans caractère nul"));
    }
    if !headers.contains_key(header::IF_MATCH) {
        // A dossier that is not there is told first.
        parts.store.dossier(&scope, DossierId(id)).await?;
        return Err(Problem::no_condition());
    }
    let actor = caller.actor();
    let unchanged = |view: &DossierView| names_tag(&headers, header::IF_MATCH, &Sealed::from(view.clone()).tag);
    let act = Act { to: step.instruction, actor: &actor, note: step.note.as_deref(), unchanged: &unchanged };
    match parts.store.instruct(&scope, DossierId(id), &act, parts.clock.now()).await? {
        Instructed::Done(view) => Ok(tagged(Sealed::from(*view))),
        Instructed::Changed => Err(Problem::changed()),
        Instructed::NotFrom(here) => Err(Problem::not_from(here)),
    }
}
