//! What requests bring in their addresses, and where what they bring is no such thing.

use super::problem::Problem;
use crate::domain::{Channel, DossierState, Instruction};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// Most dossiers or changes of one answer, and how many without a word.
const MOST: u32 = 200;
const USUAL: u32 = 50;

/// Parameters of an address. Each takes for whom and why besides its own; the gate reads these two, and they stand here for the
/// description and so that no other name is taken.
macro_rules! parameters {
    ($(#[$about:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(super) struct $name {
            /// SIRET of the service for which the data is asked.
            #[param(pattern = r"^[0-9]{14}$", example = "13001530000012")]
            #[expect(dead_code, reason = "read by the gate")]
            recipient: String,
            /// What the data is asked for.
            #[param(min_length = 3, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "instruction de la demande")]
            #[expect(dead_code, reason = "read by the gate")]
            motif: String,
            $($(#[$of_field])* pub $field: $kind,)*
        }
    };
}

parameters! {
    /// For whom and why: written into the log of accesses.
    Asking {}
}

parameters! {
    /// Which part of the list.
    ListQuery {
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
}

parameters! {
    /// Which part of the feed.
    FeedQuery {
        /// `cursor` of the part before; without it, from the beginning.
        cursor: Option<String>,
        #[param(minimum = 1, maximum = 200, default = 50)]
        limit: Option<u32>,
    }
}

/// How many a part holds.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(USUAL);
    if (1..=MOST).contains(&limit) { Ok(limit) } else { Err(Problem::wrong("query:limit", "de 1 à 200")) }
}

/// Cuts a part to `most`, of which one more was asked for: true when more follows.
pub(super) fn more_follows<T>(part: &mut Vec<T>, most: u32) -> bool {
    let more = part.len() > most as usize;
    part.truncate(most as usize);
    more
}

/// What an address names; what is no id names nothing.
pub(super) fn named<T>(path: Result<Path<T>, PathRejection>) -> Result<T, Problem> {
    path.map(|Path(named)| named).map_err(|_| Problem::not_found())
}

/// The parameters, or what is wrong with them.
pub(super) fn asked<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Problem> {
    query.map(|Query(asked)| asked).map_err(|rejection| Problem::wrong("query", &rejection.body_text()))
}
