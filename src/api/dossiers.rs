//! Reading: the list in the order of filing, one dossier, its history, the pictures of its pages.

use super::Parts;
use super::gate::Caller;
use super::problem::Problem;
use super::wire::{Dossier, History, Line, Page, place, place_of};
use crate::domain::{ApiScope, Channel, DossierId, DossierState, Instruction};
use crate::store::{Listed, Past};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use uuid::Uuid;

const MOST: u32 = 200;
const USUAL: u32 = 50;

/// For whom and why: written into the log of accesses.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the gate reads both; they stand here for the description, and so that no other name is taken")]
pub(super) struct Asking {
    /// SIRET of the service for which the data is asked.
    #[param(pattern = r"^[0-9]{14}$", example = "13001530000012")]
    recipient: String,
    /// What the data is asked for.
    #[param(min_length = 3, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "instruction de la demande")]
    motif: String,
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// SIRET of the service for which the data is asked.
    #[param(pattern = r"^[0-9]{14}$", example = "13001530000012")]
    #[expect(dead_code, reason = "read by the gate")]
    recipient: String,
    /// What the data is asked for.
    #[param(min_length = 3, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "instruction de la demande")]
    #[expect(dead_code, reason = "read by the gate")]
    motif: String,
    /// `next` of the part before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    #[param(inline)]
    state: Option<DossierState>,
    #[param(inline)]
    instruction: Option<Instruction>,
    permit: Option<String>,
    #[param(inline)]
    channel: Option<Channel>,
}

/// How many a part holds.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) { Ok(limit) } else { Err(Problem::wrong("query:limit", "de 1 à 200")) }
}

/// What an address names; what is no id names nothing.
pub(super) fn named<T>(path: Result<Path<T>, PathRejection>) -> Result<T, Problem> {
    path.map(|Path(named)| named).map_err(|_| Problem::not_found())
}

pub(super) fn asked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    query.map(|Query(asked)| asked).map_err(|rejection| Problem::wrong("query", &rejection.body_text()))
}

/// Dossiers of every channel, the earliest filing first.
#[utoipa::path(get, path = "/v1/dossiers", tag = "dossiers", operation_id = "listDossiers", params(ListQuery), security(("key" = ["dossiers:read"])),
    responses((status = 200, description = "Une partie de la liste", body = Page, headers(("Link" = String, description = "rel=next"))),
        (status = "4XX", description = "Refus", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Indisponible", body = Problem, content_type = "application/problem+json")))]
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
    // One more than was asked for says whether the list goes on.
    let mut lines = parts.store.dossier_lines(&scope, &listed, past, most + 1).await?;
    let goes_on = lines.len() > most as usize;
    lines.truncate(most as usize);
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
        (status = 304, description = "Inchangé"),
        (status = "4XX", description = "Refus", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Indisponible", body = Problem, content_type = "application/problem+json")))]
pub(super) async fn one(
    State(parts): State<Arc<Parts>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<Uuid>, PathRejection>,
    query: Result<Query<Asking>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let scope = caller.may(ApiScope::Read)?;
    let (id, _) = (named(path)?, asked(query)?);
    let dossier = Dossier::from(parts.store.dossier(&scope, DossierId(id)).await?);
    if names_tag(&headers, header::IF_NONE_MATCH, &dossier.tag()) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, dossier.tag())]).into_response());
    }
    Ok(tagged(dossier))
}

/// What happened to a dossier, oldest first.
#[utoipa::path(get, path = "/v1/dossiers/{id}/events", tag = "dossiers", operation_id = "getDossierEvents", params(("id" = Uuid, Path), Asking),
    security(("key" = ["dossiers:read"])),
    responses((status = 200, description = "L’historique", body = History),
        (status = "4XX", description = "Refus", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Indisponible", body = Problem, content_type = "application/problem+json")))]
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
    responses((status = 200, description = "L’image", content_type = "image/jpeg", body = Vec<u8>),
        (status = "4XX", description = "Refus", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "Indisponible", body = Problem, content_type = "application/problem+json")))]
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
pub(super) fn tagged(dossier: Dossier) -> Response {
    let tag = dossier.tag();
    ([(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache".to_owned())], Json(dossier)).into_response()
}

/// Whether a condition of the request names this tag. `W/` is passed over: ours are all strong.
pub(super) fn names_tag(headers: &HeaderMap, condition: header::HeaderName, tag: &str) -> bool {
    let sent = headers.get_all(condition).into_iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|line| line.split(',')).map(str::trim).any(|one| one == "*" || one == tag || one.strip_prefix("W/") == Some(tag))
}
