//! The state of an installation in the text format that Prometheus reads (version 0.0.4). Numbers only: no name of a
//! file, an agent or an applicant is ever a label.

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::Place;
use crate::day::{Books, Signals};
use crate::domain::{Instant, OpeningHours, Scope};
use crate::store::{Store, StoreError};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What `/metrics` answers with.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds for which an answer is given again: a collector that asks often must not list the folders each time.
const FRESH: i64 = 10;

/// Where the numbers come from.
#[derive(Debug)]
pub struct Source {
    pub store: Store,
    pub blobs: Blobs,
    pub places: Vec<Place>,
    pub scope: Scope,
    pub hours: OpeningHours,
    pub clock: Clock,
    /// The last answer.
    pub last: Mutex<Option<(Instant, String)>>,
}

impl Source {
    /// The metrics of now, or of a moment ago.
    ///
    /// # Errors
    /// When the ledger does not answer.
    pub async fn text(&self) -> Result<String, StoreError> {
        let now = self.clock.now();
        let mut last = self.last.lock().await;
        if let Some((_, text)) = last.as_ref().filter(|(at, _)| *at <= now && now < at.plus_seconds(FRESH)) {
            return Ok(text.clone());
        }
        let books = Books { store: &self.store, blobs: &self.blobs, places: &self.places, scope: &self.scope };
        let (account, entries) = Box::pin(books.account(now.date_in_paris(), false, &self.clock)).await?;
        let signals = Signals::take(&books, &self.hours, &entries, account.difference(), now).await?;
        let text = text(&signals);
        *last = Some((now, text.clone()));
        Ok(text)
    }
}

/// Serves `/metrics` and nothing else at an address of its own until `stop` ends.
///
/// # Errors
/// When the address cannot be taken, or the listener breaks.
pub async fn serve(address: SocketAddr, source: Arc<Source>, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let answer = move || {
        let source = Arc::clone(&source);
        async move {
            match source.text().await {
                Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
                Err(error) => {
                    tracing::error!(%error, "the metrics could not be taken");
                    StatusCode::SERVICE_UNAVAILABLE.into_response()
                }
            }
        }
    };
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, Router::new().route("/metrics", get(answer))).with_graceful_shutdown(stop).await
}

/// All metrics, in a fixed order.
#[must_use]
pub fn text(signals: &Signals) -> String {
    let mut out = String::new();
    let age = |since: Option<Instant>| since.map(|at| (signals.now.as_micros() - at.as_micros()).max(0) as f64 / 1e6);
    let mut one = |name: &str, help: &str, value: Option<f64>| gauge(&mut out, name, help, &[(String::new(), value)]);
    one("last_arrival_age_seconds", "Seconds since a file last arrived; absent before the first.", age(signals.last_drop));
    one("nothing_arrives", "1 when nothing arrived for an hour of opening time.", Some(flag(signals.silent)));
    one("files_stuck", "Files that have stood in a drop folder for an hour.", Some(number(signals.stuck)));
    one("deliveries_slow", "Deliveries that have been read for more than an hour.", Some(number(signals.slow)));
    one("anomalies_open", "Anomalies that nobody has dealt with.", Some(number(signals.open_anomalies)));
    one("anomaly_oldest_age_seconds", "Seconds since the oldest of them arrived; absent when there is none.", age(signals.oldest_anomaly));
    one("conservation_difference", "Files and pages of today that are not in exactly one place.", Some(number(signals.difference)));
    one("medium_alarm", "1 when files cannot be taken: full disk, rights, a share that is away.", Some(flag(!signals.medium.is_empty())));
    let jobs = [("ready", signals.jobs_waiting), ("running", signals.jobs_running), ("held", signals.jobs_held)];
    let jobs: Vec<_> = jobs.iter().map(|(state, n)| (format!("{{state=\"{state}\"}}"), Some(number(*n)))).collect();
    gauge(&mut out, "jobs", "Jobs by state.", &jobs);
    let parts: Vec<_> = ["worker", "watcher"]
        .iter()
        .filter_map(|part| signals.is_alive(part).map(|alive| (format!("{{part=\"{part}\"}}"), Some(flag(alive)))))
        .collect();
    gauge(&mut out, "part_alive", "1 when a part was seen at work in the last three minutes; absent when it never was.", &parts);
    out
}

fn gauge(out: &mut String, name: &str, help: &str, values: &[(String, Option<f64>)]) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(out, "# HELP passerelle_{name} {help}\n# TYPE passerelle_{name} gauge");
    for (labels, value) in values.iter().filter_map(|(labels, value)| value.map(|v| (labels, v))) {
        let _infallible = writeln!(out, "passerelle_{name}{labels} {value}");
    }
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn number(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PartSeen;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let at = |text: &str| Instant(text.parse().unwrap());
        let seen = |part: &str, text: &str| PartSeen { part: part.into(), host: "salle-courrier".into(), seen_at: at(text) };
        let signals = Signals {
            now: at("2026-11-23T12:00:00Z"),
            last_drop: Some(at("2026-11-23T11:58:30Z")),
            silent: false,
            stuck: 2,
            slow: 0,
            open_anomalies: 3,
            oldest_anomaly: None,
            jobs_waiting: 7,
            jobs_running: 1,
            jobs_held: 0,
            difference: 1,
            medium: vec!["acces_refuse".into()],
            parts: vec![seen("worker", "2026-11-23T11:50:00Z"), seen("watcher", "2026-11-23T11:59:00Z")],
        };
        let text = text(&signals);
        for line in [
            "passerelle_last_arrival_age_seconds 90",
            "passerelle_files_stuck 2",
            "passerelle_anomalies_open 3",
            "passerelle_conservation_difference 1",
            "passerelle_medium_alarm 1",
            "passerelle_jobs{state=\"ready\"} 7",
            "passerelle_part_alive{part=\"worker\"} 0",
            "passerelle_part_alive{part=\"watcher\"} 1",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}: {text}");
        }
        assert!(text.contains("# HELP passerelle_anomaly_oldest_age_seconds"));
        assert!(!text.lines().any(|l| l.starts_with("passerelle_anomaly_oldest_age_seconds")), "no age without an anomaly: {text}");
        assert!(!text.contains("salle-courrier"), "no name of a machine");
        // Every line is a comment or `name{labels} number`.
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            assert!(line.starts_with("passerelle_") && line.rsplit_once(' ').unwrap().1.parse::<f64>().is_ok(), "{line}");
        }
    }
}
