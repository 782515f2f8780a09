//! What each request passes: its key, for whom and why it asks, and the log of accesses, in this order for every address.

use super::Parts;
use super::problem::Problem;
use crate::domain::{ApiAccess, ApiKey, ApiScope, Scope, hexadecimal};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Bytes of chance in a key: no guess finds one, so that a plain hash is enough to keep it.
const CHANCE: usize = 32;
/// What a key begins with, so that one that leaked is found by those who look for such things.
const MARK: &str = "psr_";
const LONGEST_MOTIF: usize = 200;

/// The holder of a key, behind the gate.
#[derive(Clone, Debug)]
pub(super) struct Caller(ApiKey);

impl Caller {
    /// The dossiers that this caller may see, if the key has `needed`.
    pub(super) fn may(&self, needed: ApiScope) -> Result<Scope, Problem> {
        if self.0.scopes.contains(&needed) { Ok(self.0.reach()) } else { Err(Problem::no_scope(needed)) }
    }

    /// How the caller is named in the history of a dossier.
    pub(super) fn actor(&self) -> String {
        format!("api:{}", self.0.name)
    }
}

/// What every address takes besides its own parameters.
#[derive(Debug, Deserialize)]
struct Purpose {
    recipient: Option<String>,
    motif: Option<String>,
}

/// A key nobody had before.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn fresh_key() -> Result<String, getrandom::Error> {
    let mut bytes = [0; CHANCE];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{MARK}{}", BASE64URL_NOPAD.encode(&bytes)))
}

/// What is kept of a key.
#[must_use]
pub fn hash_of(key: &str) -> String {
    hexadecimal(&Sha256::digest(key.as_bytes()))
}

/// Lets a request through, and writes it down before its answer leaves; without that line there is no answer.
pub(super) async fn pass(State(parts): State<Arc<Parts>>, mut request: Request, next: Next) -> Response {
    // A stranger learns nothing of what else is wrong with a request.
    let (sent, purpose) = (bearer(request.headers()).map(hash_of), purpose(request.uri()));
    let (key, (recipient, motif)) = match holder(&parts, sent).await.and_then(|key| Ok((key, purpose?))) {
        Ok(admitted) => admitted,
        Err(problem) => return problem.into_response(),
    };
    let (method, path, id) = (request.method().to_string(), request.uri().path().to_owned(), key.id);
    request.extensions_mut().insert(Caller(key));
    let mut response = next.run(request).await;
    let access = ApiAccess { key: id, recipient, motif, method, path, status: response.status().as_u16() };
    if let Err(error) = parts.store.api_accessed(&access, parts.clock.now()).await {
        return Problem::from(error).into_response();
    }
    let headers = response.headers_mut();
    // Answers hold personal data: nothing between us and the caller keeps them, and no browser guesses what they are.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// For whom and why.
fn purpose(uri: &Uri) -> Result<(String, String), Problem> {
    let Query(purpose) = Query::<Purpose>::try_from_uri(uri).map_err(|e| Problem::wrong("query", &e.body_text()))?;
    let siret = |text: &String| text.len() == 14 && text.bytes().all(|b| b.is_ascii_digit());
    let recipient = purpose.recipient.filter(siret);
    let recipient = recipient.ok_or_else(|| Problem::no_purpose("recipient", "le SIRET (14 chiffres) du service destinataire"))?;
    let said = |text: &String| (3..=LONGEST_MOTIF).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let motif = purpose.motif.filter(said);
    let motif = motif.ok_or_else(|| Problem::no_purpose("motif", "la raison de la consultation (3 à 200 caractères)"))?;
    Ok((recipient, motif))
}

async fn holder(parts: &Parts, hash: Option<String>) -> Result<ApiKey, Problem> {
    let hash = hash.ok_or_else(Problem::no_key)?;
    parts.store.api_key_by_hash(&hash).await?.ok_or_else(Problem::no_key)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && key.starts_with(MARK)).then_some(key.trim())
}
