//! The files of the pages, the health line, and the way in.

use super::call::{Answer, Call, Outcome, Stop};

const STYLE: &[u8] = include_bytes!("assets/style.css");
const KEYS: &[u8] = include_bytes!("assets/clavier.js");
const ICON: &[u8] = include_bytes!("assets/icone.svg");

pub(super) async fn file(call: Call) -> Outcome {
    match call.param("file") {
        Some("style.css") => Ok(Answer::File("text/css; charset=utf-8", STYLE)),
        Some("clavier.js") => Ok(Answer::File("text/javascript; charset=utf-8", KEYS)),
        Some("icone.svg") => Ok(Answer::File("image/svg+xml", ICON)),
        _ => Err(Stop::NotFound),
    }
}

/// `ok` when the database answers.
pub(super) async fn health(call: Call) -> Outcome {
    call.desk.alive().await?;
    Ok(Answer::File("text/plain; charset=utf-8", b"ok\n"))
}

/// The state of the installation in numbers; this address is reached from this machine alone.
pub(super) async fn metrics(call: Call) -> Outcome {
    Ok(Answer::Text(crate::metrics::CONTENT_TYPE, Box::pin(call.desk.metrics.text()).await?))
}

pub(super) async fn home(_call: Call) -> Outcome {
    Ok(Answer::Goto("/depots".to_owned()))
}
