//! The API of the online system: dossiers of every channel in the order of their filing, a feed of changes, the pictures of
//! the pages, and the steps of the instruction. The description (OpenAPI 3.1) is made from the handlers and served with them.
//!
//! A request brings a key (`passerelle key new`), for whom (`recipient`, a SIRET) and why (`motif`); all three stand in the log
//! of accesses before the answer leaves (CESEDA R142-22). Refusals are problem details (RFC 9457) with an `errors` array of
//! the shape that clients of API Particulier know. It answers on loopback; a reverse proxy gives it TLS and a name.

mod changes;
mod describe;
mod dossiers;
mod gate;
mod instruct;
mod problem;
mod query;
mod wire;

pub use describe::description;
pub use gate::{fresh_key, hash_of};

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::store::Store;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use problem::Problem;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The one body that is taken is a step with a note.
const LONGEST_BODY: usize = 16 * 1024;

/// Why the API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error(
        "the API is served to this machine only, and {0} is reached from the network; write an address such as 127.0.0.1:8090 and put a reverse proxy with TLS before it"
    )]
    NotLoopback(SocketAddr),
    #[error("the API cannot be served at {0}: {1}; another program may use this port, choose another one")]
    Listen(SocketAddr, std::io::Error),
    #[error("the API stopped: {0}")]
    Serve(std::io::Error),
}

/// What the API stands on.
#[derive(Clone, Debug)]
pub struct Parts {
    pub store: Store,
    pub blobs: Blobs,
    pub clock: Clock,
}

/// The API, listening but not yet answering.
pub struct Listening {
    listener: TcpListener,
    router: Router,
    address: SocketAddr,
}

/// Takes the address; port 0 takes a free one.
///
/// # Errors
/// `NotLoopback` for an address that the network reaches, `Listen` when it cannot be taken.
pub async fn bind(address: SocketAddr, parts: Parts) -> Result<Listening, ApiError> {
    if !address.ip().is_loopback() {
        return Err(ApiError::NotLoopback(address));
    }
    let listener = TcpListener::bind(address).await.map_err(|e| ApiError::Listen(address, e))?;
    let address = listener.local_addr().map_err(|e| ApiError::Listen(address, e))?;
    Ok(Listening { listener, router: router(&Arc::new(parts)), address })
}

impl Listening {
    /// Where it answers, such as `http://127.0.0.1:8090`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers until `stop` ends; requests under way are answered first.
    ///
    /// # Errors
    /// `Serve` when the listener breaks.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), ApiError> {
        axum::serve(self.listener, self.router).with_graceful_shutdown(stop).await.map_err(ApiError::Serve)
    }
}

fn router(parts: &Arc<Parts>) -> Router {
    let guarded = Router::new()
        .route("/v1/dossiers", get(dossiers::list))
        .route("/v1/dossiers/{id}", get(dossiers::one))
        .route("/v1/dossiers/{id}/events", get(dossiers::events))
        .route("/v1/dossiers/{id}/pieces/{position}/pages/{page}", get(dossiers::picture))
        .route("/v1/dossiers/{id}/instruction", post(instruct::step))
        .route("/v1/changes", get(changes::feed))
        .route_layer(middleware::from_fn_with_state(Arc::clone(parts), gate::pass));
    Router::new()
        .route("/v1/openapi.json", get(describe::served))
        .merge(guarded)
        .method_not_allowed_fallback(async || Problem::method())
        .fallback(async || Problem::nowhere())
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(Arc::clone(parts))
}
