//! Reading: the list in the order of filing, one dossier, its history, the pictures of its pages.

use super::Parts;
use super::gate::Caller;
use super::problem::Problem;
use super::query::{Asking, ListQuery, asked, limit, more_follows, named};
use super::wire::{Dossier, History, Line, Page, Sealed, place, place_of};
use crate::domain::{ApiScope, DossierId};
use crate::store::{Listed, Past};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use uuid::Uuid;

/// Dossiers of every channel, the earliest filing first.
#[utoipa::path(get, path = "/v1/dossiers", tag = "dossiers", operation_id = "listDossiers", params(ListQuery), security(("key" = ["dossiers:read"])),
    responses((status = 200, description = "Une partie de la liste", body = Page, headers(("Link" = String, description = "rel=next"))), Problem))]
pub(super) async fn list(
    State(parts): State<Arc<Parts>>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let query = asked(query)?;
    let most = limit(query.limit)?;
    let past = query.cursor.as_deref().map_or(Ok(Past::START), place)?;
    let listed = Listed { state: query.state, instruction: query.instruction, permit: query.permit, channel: query.channel };
    let mut lines = parts.store.dossier_lines(&scope, &listed, past, most + 1).await?;
    let goes_on = more_follows(&mut lines, most);
    let next = lines.last().filter(|_| goes_on).map(|last| place_of(Past { filing_date: last.filing_date, id: last.id.0 }));
    let link = next.as_ref().and_then(|cursor| HeaderValue::from_str(&format!("</v1/dossiers?cursor={cursor}>; rel=\"next\"")).ok());
    let mut response = Json(Page { dossiers: lines.into_iter().map(Line::from).collect(), next }).into_response();
    if let Some(link) = link {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// One dossier, with the values of its fields and where each comes from.
#[utoipa::path(get, path = "/v1/dossiers/{id}", tag = "dossiers", operation_id = "getDossier", params(("id" = Uuid, Path), Asking,
        ("If-None-Match" = Option<String>, Header, description = "ETag d’une lecture antérieure")), security(("key" = ["dossiers:read"])),
    responses((status = 200, description = "Le dossier", body = Dossier, headers(("ETag" = String, description = "De cet état du dossier"))),
        (status = 304, description = "Inchangé"), Problem))]
pub(super) async fn one(
    State(parts): State<Arc<Parts>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<Uuid>, PathRejection>,
    query: Result<Query<Asking>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let (id, _) = (named(path)?, asked(query)?);
    let dossier = Sealed::from(parts.store.dossier(&scope, DossierId(id)).await?);
    if names_tag(&headers, header::IF_NONE_MATCH, &dossier.tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, dossier.tag)]).into_response());
    }
    Ok(tagged(dossier))
}

/// What happened to a dossier, oldest first.
#[utoipa::path(get, path = "/v1/dossiers/{id}/events", tag = "dossiers", operation_id = "getDossierEvents", params(("id" = Uuid, Path), Asking),
    security(("key" = ["dossiers:read"])),
    responses((status = 200, description = "L’historique", body = History), Problem))]
pub(super) async fn events(
    State(parts): State<Arc<Parts>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<Uuid>, PathRejection>,
    query: Result<Query<Asking>, QueryRejection>,
) -> Result<Json<History>, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let (id, _) = (named(path)?, asked(query)?);
    let events = parts.store.dossier_events(&scope, DossierId(id)).await?;
    Ok(Json(History { events: events.into_iter().map(Into::into).collect() }))
}

/// The upright picture of a page of a paper, made from pixels: nothing of the original file is in it.
#[utoipa::path(get, path = "/v1/dossiers/{id}/pieces/{position}/pages/{page}", tag = "dossiers", operation_id = "getPagePicture",
    params(("id" = Uuid, Path), ("position" = u32, Path), ("page" = u32, Path), Asking), security(("key" = ["images:read"])),
    responses((status = 200, description = "L’image", content_type = "image/jpeg", body = Vec<u8>), Problem))]
pub(super) async fn picture(
    State(parts): State<Arc<Parts>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<(Uuid, u32, u32)>, PathRejection>,
    query: Result<Query<Asking>, QueryRejection>,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::Images)?;
    let ((id, position, page), _) = (named(path)?, asked(query)?);
    let dossier = parts.store.dossier(&scope, DossierId(id)).await?;
    let piece = dossier.pieces.get(position as usize).filter(|piece| piece.pages.contains(&page)).ok_or_else(Problem::not_found)?;
    let delivery = piece.delivery.or(dossier.delivery).ok_or_else(Problem::not_found)?;
    let picture = parts.store.page_picture(&scope, delivery, page).await?.picture.ok_or_else(Problem::not_found)?;
    let blobs = parts.blobs.clone();
    let opened = tokio::task::spawn_blocking(move || blobs.get(&picture)).await;
    match opened {
        Ok(Ok(bytes)) => Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"))], bytes).into_response()),
        Ok(Err(error)) => {
            tracing::error!(%error, dossier = %id, page, "the picture of a page cannot be opened; run `passerelle doctor --fsck`");
            Err(Problem::away())
        }
        Err(error) => {
            tracing::error!(%error, "opening a picture was cut short");
            Err(Problem::away())
        }
    }
}

/// A dossier with its entity tag.
pub(super) fn tagged(dossier: Sealed) -> Response {
    let kind = "application/json".to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::ETAG, dossier.tag), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    (headers, dossier.body).into_response()
}

/// Whether a condition of the request names this tag. `W/` is passed over: ours are all strong.
pub(super) fn names_tag(headers: &HeaderMap, condition: header::HeaderName, tag: &str) -> bool {
    let sent = headers.get_all(condition).into_iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|line| line.split(',')).map(str::trim).any(|one| one == "*" || one == tag || one.strip_prefix("W/") == Some(tag))
}
