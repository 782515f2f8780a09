//! Who works at this desk: asked once, shown on every page, on every decision.

use super::call::{Answer, Call, Outcome};
use super::session::{Session, agent_name};
use super::shell::Shell;
use askama::Template;
use axum::http::{StatusCode, Uri};

#[derive(Template)]
#[template(path = "agent.html", config = "src/web/askama.toml")]
struct AgentPage<'a> {
    shell: Shell,
    next: &'a str,
    typed: &'a str,
    error: Option<&'a str>,
}

pub(super) async fn form(call: Call) -> Outcome {
    let shell = Shell::new(&call.desk, call.session.as_ref(), "Votre nom", "");
    let next = local(call.asked("suite"));
    Ok(Answer::Page(AgentPage { shell, next, typed: "", error: None }.render()?))
}

pub(super) async fn name(call: Call) -> Outcome {
    let typed = call.field("nom").unwrap_or_default();
    let next = local(call.field("suite"));
    match agent_name(typed) {
        Ok(agent) => {
            if let Some(old) = &call.session {
                call.desk.seal.end(old);
            }
            call.desk.record_agent("agent_nomme", &agent, call.now).await?;
            let session = Session::start(Some(agent), call.now)?;
            Ok(Answer::Begin(session, next.to_owned()))
        }
        Err(error) => {
            let shell = Shell::new(&call.desk, call.session.as_ref(), "Erreur : votre nom", "");
            let page = AgentPage { shell, next, typed, error: Some(error) }.render()?;
            Ok(Answer::Again(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
    }
}

pub(super) async fn leave(call: Call) -> Outcome {
    let agent = call.agent()?;
    if let Some(old) = &call.session {
        call.desk.seal.end(old);
    }
    call.desk.record_agent("agent_parti", &agent, call.now).await?;
    let session = Session::start(None, call.now)?;
    Ok(Answer::Begin(session, "/agent".to_owned()))
}

/// Where a browser without a name is sent: the form, which leads back to the page that was asked for.
pub(super) fn asked_at(uri: &Uri) -> String {
    format!("/agent?suite={}", local(Some(uri.path())))
}

/// Only our own two pages are places to go on to: anything else would be an open redirection.
fn local(next: Option<&str>) -> &str {
    let plain = |p: &&str| p.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_".contains(&b)) && !p.contains("//");
    next.filter(|p| p.starts_with("/depots") || p.starts_with("/verifier")).filter(plain).unwrap_or("/depots")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_our_pages_is_a_place_to_go_on_to() {
        assert_eq!(local(Some("/verifier/0190")), "/verifier/0190");
        for foreign in ["//pirate.example", "https://pirate.example/depots", "/depots//pirate.example", "/depots\r\nX: y", "/agent", ""] {
            assert_eq!(local(Some(foreign)), "/depots", "{foreign}");
        }
    }
}
