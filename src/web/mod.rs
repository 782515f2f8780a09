//! The pages of the agents: *Dépôts du jour* for the operator and *À vérifier* for the reviewer.
//!
//! Complete without JavaScript. [`routes`] is the one table of addresses; [`call`] carries a request
//! through session, token, scope, handler and event in the same order for all of them.

mod agent;
mod anomaly;
mod assets;
mod call;
mod delivery;
mod deposits;
mod guard;
mod history;
mod join;
mod letters;
mod notice;
mod page;
mod pictures;
mod queue;
mod records;
mod review;
mod routes;
mod session;
mod shell;
mod substitution;
mod upload;
mod values;

pub use routes::{Actor, Method, Policy, ROUTES, Reach, Route, Trace};
pub use session::COOKIE;

use crate::blobs::Blobs;
use crate::catalogue::Catalogue;
use crate::cell::CellPool;
use crate::clock::Clock;
use crate::config::Place;
use crate::domain::{MarkKey, OpeningHours, PrefectureId, Scope, Service};
use crate::french;
use crate::metrics::Source;
use crate::store::Store;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use session::Seal;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A form of ours is a few hundred bytes.
const LONGEST_FORM: usize = 16 * 1024;

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error(
        "the pages are served to this machine only until accounts exist, and {0} is reached from the network; \
         write an address such as 127.0.0.1:8087"
    )]
    NotLoopback(SocketAddr),
    #[error("the pages cannot be served at {0}: {1}; another program may use this port, choose another one")]
    Listen(SocketAddr, std::io::Error),
    #[error("the pages stopped: {0}")]
    Serve(std::io::Error),
    #[error("the machine gave no random bytes for the sessions: {0}")]
    Random(#[from] getrandom::Error),
}

/// What the pages stand on.
#[derive(Clone, Debug)]
pub struct Parts {
    pub store: Store,
    pub blobs: Blobs,
    pub cells: CellPool,
    pub catalogue: Arc<Catalogue>,
    pub clock: Clock,
    /// The préfecture of this station: nothing of another one is visible.
    pub prefecture: PrefectureId,
    /// When scans are expected.
    pub opening_hours: OpeningHours,
    /// Who sends the letters.
    pub service: Service,
    pub intake: Intake,
}

/// What the pages know of the way in: what an agent may send, and the folders of the day.
#[derive(Clone, Debug, Default)]
pub struct Intake {
    /// Where a file that is sent is written before it is sealed.
    pub spool: PathBuf,
    /// Largest file, in bytes.
    pub bytes: u64,
    /// The watched folders of the préfecture.
    pub places: Vec<Place>,
}

/// The parts with the secret of the sessions; shared by all requests.
pub(crate) struct Desk {
    store: Store,
    blobs: Blobs,
    cells: CellPool,
    catalogue: Arc<Catalogue>,
    clock: Clock,
    scope: Scope,
    opening_hours: OpeningHours,
    service: Service,
    marks: MarkKey,
    intake: Intake,
    metrics: Source,
    seal: Seal,
}

/// The station, listening but not yet answering.
pub struct Station {
    listener: TcpListener,
    router: Router,
    address: SocketAddr,
}

/// Takes the address; port 0 takes a free one.
///
/// # Errors
/// `NotLoopback` for an address that the network reaches, `Listen` when it cannot be taken.
pub async fn bind(address: SocketAddr, parts: Parts) -> Result<Station, WebError> {
    if !guard::is_loopback(address) {
        return Err(WebError::NotLoopback(address));
    }
    let listener = TcpListener::bind(address).await.map_err(|e| WebError::Listen(address, e))?;
    let address = listener.local_addr().map_err(|e| WebError::Listen(address, e))?;
    let Parts { store, blobs, cells, catalogue, clock, prefecture, opening_hours, service, intake } = parts;
    let marks = MarkKey(blobs.mark_key());
    let scope = Scope::Prefecture(prefecture);
    let metrics = Source {
        store: store.clone(),
        blobs: blobs.clone(),
        places: intake.places.clone(),
        scope: scope.clone(),
        hours: opening_hours.clone(),
        clock: clock.clone(),
        last: tokio::sync::Mutex::default(),
    };
    let desk = Desk { store, blobs, cells, catalogue, clock, scope, opening_hours, service, marks, intake, metrics, seal: Seal::new()? };
    Ok(Station { listener, router: app(&Arc::new(desk)), address })
}

/// Serves the pages until `stop` ends; requests under way are answered first.
///
/// # Errors
/// As [`bind`], and `Serve` when the listener breaks.
pub async fn serve(address: SocketAddr, parts: Parts, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), WebError> {
    bind(address, parts).await?.run(stop).await
}

impl Station {
    /// Where the pages are, such as `http://127.0.0.1:8087/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Answers until `stop` ends.
    ///
    /// # Errors
    /// `Serve` when the listener breaks.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), WebError> {
        axum::serve(self.listener, self.router).with_graceful_shutdown(stop).await.map_err(WebError::Serve)
    }
}

fn app(desk: &Arc<Desk>) -> Router {
    let lost = Arc::clone(desk);
    routes::router(desk)
        .fallback(move || async move { notice::lost(&lost) })
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(middleware::from_fn(at_the_door))
}

/// Refuses a foreign host name before anything else and sets the headers of every response.
async fn at_the_door(request: Request, next: Next) -> Response {
    let mut response = if guard::host_is_ours(request.headers()) {
        next.run(request).await
    } else {
        let sentence = "Ouvrez les pages par leur adresse locale, par exemple http://127.0.0.1:8087/ : ce nom de machine est refusé.";
        (StatusCode::MISDIRECTED_REQUEST, sentence).into_response()
    };
    guard::set_headers(response.headers_mut());
    response
}
