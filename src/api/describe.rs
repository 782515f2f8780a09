//! The description of the API (OpenAPI 3.1), made from the handlers themselves.

use super::{changes, dossiers, instruct, problem};
use axum::Json;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Passerelle",
        version = "1.0.0",
        description = "Dossiers de demande de titre de séjour, déposés en ligne, par courrier, par courriel ou au guichet : les mêmes états, \
                       les mêmes droits, le même ordre. Chaque demande porte une clé, le SIRET du destinataire et un motif, conservés au journal."
    ),
    paths(
        dossiers::list,
        dossiers::one,
        dossiers::events,
        dossiers::picture,
        instruct::step,
        changes::feed
    ),
    components(schemas(problem::Problem)),
    modifiers(&Key)
)]
struct Description;

struct Key;

impl Modify for Key {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("psr_…").description(Some("`passerelle key new`"));
        openapi.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(scheme.build()));
    }
}

/// The description.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) async fn served() -> Json<utoipa::openapi::OpenApi> {
    Json(description())
}
