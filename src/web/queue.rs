//! The queue of *À vérifier*. The server chooses what comes next: the most urgent, then the oldest.

use super::call::{Answer, Call, Outcome};
use super::shell::Shell;
use super::{french, records};
use askama::Template;

#[derive(Template)]
#[template(path = "queue.html", config = "src/web/askama.toml")]
struct QueuePage {
    shell: Shell,
    waiting_words: String,
    rows: Vec<Row>,
}

struct Row {
    href: String,
    received: String,
    request: String,
    file: String,
    pages: String,
    open: String,
    urgency: String,
}

pub(super) async fn list(call: Call) -> Outcome {
    let waiting = call.desk.queue().await?;
    let number = waiting.len() as u64;
    let shell = Shell::new(&call.desk, call.session.as_ref(), "À vérifier", "verifier").waiting(number);
    let rows = waiting.into_iter().map(row).collect();
    let waiting_words = french::count(number, "pli attend une personne", "plis attendent une personne");
    Ok(Answer::Page(QueuePage { shell, waiting_words, rows }.render()?))
}

pub(super) async fn next(call: Call) -> Outcome {
    let first = call.desk.queue().await?.into_iter().next();
    Ok(Answer::Goto(first.map_or_else(|| "/verifier".to_owned(), |w| w.href())))
}

fn row(waiting: records::Waiting) -> Row {
    let reasons = if waiting.reasons.is_empty() { "rang d’arrivée".to_owned() } else { french::list(&waiting.reasons) };
    Row {
        href: waiting.href(),
        received: french::short_date(waiting.delivery.registered_at.date_in_paris()),
        request: waiting.request,
        file: waiting.delivery.file,
        pages: if waiting.pages.is_empty() { String::new() } else { french::pages(&waiting.pages) },
        open: waiting.open.to_string(),
        urgency: reasons,
    }
}
