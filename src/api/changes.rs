//! The feed: every change of every dossier once, in the order in which they became visible.

use super::Parts;
use super::gate::Caller;
use super::problem::Problem;
use super::query::{FeedQuery, asked, limit, more_follows};
use super::wire::{ChangeOf, Feed, reached, reached_of};
use crate::domain::ApiScope;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use std::sync::Arc;

/// What changed since a cursor. Ids and kinds only: read the dossier for its values.
#[utoipa::path(get, path = "/v1/changes", tag = "changes", operation_id = "listChanges", params(FeedQuery), security(("key" = ["dossiers:read"])),
    responses((status = 200, description = "Une partie du fil", body = Feed), Problem))]
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
    let more = more_follows(&mut changes, most);
    let cursor = reached_of(changes.last().map_or(since, |last| last.sequence));
    Ok(Json(Feed { changes: changes.into_iter().map(ChangeOf::from).collect(), cursor, more }))
}
