//! The feed: every change of every dossier once, in the order in which they became visible.

use super::Parts;
use super::dossiers::{asked, limit};
use super::gate::Caller;
use super::problem::Problem;
use super::wire::{ChangeOf, Feed, reached, reached_of};
use crate::domain::ApiScope;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Which part of the feed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FeedQuery {
    /// SIRET of the service for which the data is asked.
    #[param(pattern = r"^[0-9]{14}$", example = "13001530000012")]
    #[expect(dead_code, reason = "read by the gate")]
    recipient: String,
    /// What the data is asked for.
    #[param(min_length = 3, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "instruction de la demande")]
    #[expect(dead_code, reason = "read by the gate")]
    motif: String,
    /// `cursor` of the part before; without it, from the beginning.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What changed since a cursor. Ids and kinds only: read the dossier for its values.
#[utoipa::path(get, path = "/v1/changes", tag = "changes", operation_id = "listChanges", params(FeedQuery), security(("key" = ["dossiers:read"])),
    responses((status = 200, description = "Une partie du fil", body = Feed),
        (status = "4XX", description = "Refus", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Indisponible", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn feed(
    State(parts): State<Arc<Parts>>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<FeedQuery>, QueryRejection>,
) -> Result<Json<Feed>, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let query = asked(query)?;
    let most = limit(query.limit)?;
    let since = query.cursor.as_deref().map_or(Ok(0), reached)?;
    let mut changes = parts.store.changes(&scope, since, most + 1).await?;
    let more = changes.len() > most as usize;
    changes.truncate(most as usize);
    let cursor = reached_of(changes.last().map_or(since, |last| last.sequence));
    Ok(Json(Feed { changes: changes.into_iter().map(ChangeOf::from).collect(), cursor, more }))
}
