//! A page with one sentence and a way on: refusals, absences, incidents.

use super::Desk;
use super::session::Session;
use super::shell::Shell;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

#[derive(Template)]
#[template(path = "notice.html", config = "src/web/askama.toml")]
struct Notice<'a> {
    shell: Shell,
    heading: &'a str,
    sentence: &'a str,
    back: &'a str,
    back_words: &'a str,
}

pub(super) fn page(desk: &Desk, session: Option<&Session>, heading: &str, sentence: &str) -> String {
    let shell = Shell::new(desk, session, heading, "");
    let named = shell.agent.is_some();
    let (back, back_words) = if named { ("/depots", "Revenir aux dépôts du jour") } else { ("/agent", "Donner son nom") };
    // A template that fails here would hide the first failure: the sentence alone is kept.
    Notice { shell, heading, sentence, back, back_words }
        .render()
        .unwrap_or_else(|_| "Incident : la page n’a pas pu être préparée.".to_owned())
}

/// An address that is in no table.
pub(super) fn lost(desk: &Desk) -> Response {
    (StatusCode::NOT_FOUND, Html(page(desk, None, "Introuvable", "Cette adresse n’existe pas."))).into_response()
}
