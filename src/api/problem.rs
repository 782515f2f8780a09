//! Refusals: problem details (RFC 9457) with the `errors` array of API Particulier. Each has a stable code, a French sentence, and
//! says what to do; what happened inside goes to the log, never to the caller.

use crate::domain::{ApiScope, Instruction};
use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// A refusal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Probleme)]
pub struct Problem {
    /// The same for the same reason; no page stands behind it.
    #[schema(example = "urn:passerelle:probleme:10404")]
    r#type: String,
    title: String,
    #[schema(example = 404, minimum = 400, maximum = 599)]
    status: u16,
    detail: String,
    /// The same once more, as clients of API Particulier read it.
    errors: Vec<Entry>,
}

/// One reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Erreur)]
struct Entry {
    #[schema(example = "10404")]
    code: String,
    title: String,
    detail: String,
    /// What of the request is meant, such as `query:limit`.
    source: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>, source: Option<&str>) -> Self {
        let (title, detail) = (title.to_owned(), detail.into());
        let entry = Entry { code: code.to_owned(), title: title.clone(), detail: detail.clone(), source: source.map(str::to_owned) };
        Self { r#type: format!("urn:passerelle:probleme:{code}"), title, status: status.as_u16(), detail, errors: vec![entry] }
    }

    pub(super) fn no_key() -> Self {
        let detail = "Envoyez une clé en cours de validité dans l’en-tête « Authorization: Bearer … ».";
        Self::new(StatusCode::UNAUTHORIZED, "10401", "Clé absente ou refusée", detail, Some("header:Authorization"))
    }

    pub(super) fn no_scope(needed: ApiScope) -> Self {
        let detail = format!("Cette clé n’a pas le droit « {} » ; demandez-le à l’exploitant de Passerelle.", needed.as_str());
        Self::new(StatusCode::FORBIDDEN, "10403", "Droit manquant", detail, None)
    }

    pub(super) fn no_purpose(parameter: &str, what: &str) -> Self {
        let detail = format!("Le paramètre « {parameter} » est obligatoire : {what}.");
        Self::new(StatusCode::BAD_REQUEST, "10410", "Traçabilité", detail, Some(&format!("query:{parameter}")))
    }

    pub(super) fn wrong(source: &str, why: &str) -> Self {
        let detail = format!("La demande ne peut pas être comprise ({why}) ; corrigez-la d’après /v1/openapi.json.");
        Self::new(StatusCode::BAD_REQUEST, "10400", "Demande incorrecte", detail, Some(source))
    }

    pub(super) fn not_found() -> Self {
        let detail = "Aucun objet de ce nom n’est visible avec cette clé.";
        Self::new(StatusCode::NOT_FOUND, "10404", "Introuvable", detail, None)
    }

    pub(super) fn no_cursor() -> Self {
        let detail = "Ce curseur n’est pas de ce service ; recommencez sans curseur.";
        Self::new(StatusCode::NOT_FOUND, "10411", "Curseur inconnu", detail, Some("query:cursor"))
    }

    pub(super) fn nowhere() -> Self {
        let detail = "Cette adresse n’existe pas ; voyez /v1/openapi.json.";
        Self::new(StatusCode::NOT_FOUND, "10405", "Adresse inconnue", detail, None)
    }

    pub(super) fn method() -> Self {
        let detail = "Cette adresse ne prend pas cette méthode ; voyez /v1/openapi.json.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "10406", "Méthode refusée", detail, None)
    }

    pub(super) fn not_json(status: StatusCode) -> Self {
        let detail = "Le corps doit être l’objet JSON décrit dans /v1/openapi.json, avec « Content-Type: application/json ».";
        Self::new(status, "10415", "Corps refusé", detail, Some("body"))
    }

    pub(super) fn no_condition() -> Self {
        let detail = "Envoyez dans « If-Match » l’ETag du dossier tel que vous l’avez lu.";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "10428", "Condition manquante", detail, Some("header:If-Match"))
    }

    pub(super) fn changed() -> Self {
        let detail = "Le dossier a changé depuis votre lecture ; relisez-le, puis décidez de nouveau.";
        Self::new(StatusCode::PRECONDITION_FAILED, "10412", "Dossier modifié", detail, Some("header:If-Match"))
    }

    pub(super) fn not_from(here: Instruction) -> Self {
        let name = |step: &Instruction| serde_json::to_value(step).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let next: Vec<String> = here.next().iter().map(name).collect();
        let may = if next.is_empty() { "aucune étape ne suit".to_owned() } else { format!("étapes possibles : {}", next.join(", ")) };
        let detail = format!("Le dossier est à l’étape « {} » ; {may}.", name(&here));
        Self::new(StatusCode::CONFLICT, "10409", "Étape impossible", detail, Some("body:instruction"))
    }

    pub(super) fn away() -> Self {
        let detail = "Le service ne peut pas répondre à présent ; réessayez dans quelques instants.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "10503", "Service indisponible", detail, None)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::NotFound(_)) {
            return Self::not_found();
        }
        tracing::error!(%error, "the API could not answer");
        Self::away()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, serde_json::to_string(&self).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"passerelle\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}

/// Every address refuses in the same form.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let refused = |description: &str| {
            let content = Content::new(Some(Ref::from_schema_name("Probleme")));
            RefOr::T(ResponseBuilder::new().description(description).content("application/problem+json", content).build())
        };
        [("4XX", "Refus"), ("5XX", "Indisponible")].map(|(status, description)| (status.to_owned(), refused(description))).into()
    }
}
