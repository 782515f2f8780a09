//! One whole page, with the place in question drawn on it.

use super::call::{Answer, Call, Outcome};
use super::delivery::role;
use super::pictures::rect_of;
use super::shell::Shell;
use crate::domain::{EnvelopeId, PageState, Rect};
use askama::Template;

#[derive(Template)]
#[template(path = "page.html", config = "src/web/askama.toml")]
struct WholePage {
    shell: Shell,
    id: String,
    file: String,
    number: u32,
    role: String,
    back: String,
    back_words: &'static str,
    previous: Option<String>,
    next: Option<String>,
    width: u32,
    height: u32,
    mark: Option<Rect>,
    caption: &'static str,
    picture: bool,
    missing: String,
}

pub(super) async fn view(call: Call) -> Outcome {
    let (delivery, number) = (call.delivery()?, call.page()?);
    let stored = call.desk.page(delivery.id, number).await?;
    let (width, height) = stored.read.transform.upright_size();
    let envelope = call.asked("pli").and_then(|p| p.parse::<EnvelopeId>().ok());
    let (back, back_words) = match envelope {
        Some(id) => (format!("/verifier/{id}{}", point(call.asked("point"))), "Revenir à la vérification"),
        None => (format!("/depots/{}", delivery.id), "Toutes les pages du dépôt"),
    };
    let keep = envelope.map(|id| format!("?pli={id}{}", point(call.asked("point")).replace('?', "&"))).unwrap_or_default();
    let other = |n: u32| format!("/depots/{}/pages/{n}{keep}", delivery.id);
    let page = WholePage {
        shell: Shell::new(&call.desk, call.session.as_ref(), format!("Page {number} – {}", delivery.file), ""),
        id: delivery.id.to_string(),
        file: delivery.file.clone(),
        number,
        role: role(&call, delivery.id, &stored.read).await?,
        back,
        back_words,
        previous: (number > 1).then(|| other(number - 1)),
        next: delivery.pages.filter(|pages| number < *pages).map(|_| other(number + 1)),
        width,
        height,
        mark: call.asked("boite").and_then(rect_of).map(|r| stored.read.transform.to_upright(r)),
        caption: "L’endroit lu est entouré sur la page.",
        picture: stored.picture.is_some(),
        missing: match &stored.read.state {
            PageState::Unreadable(refusal) => format!("{} {}", refusal.message, refusal.next),
            _ => "Cette page n’a pas d’image.".to_owned(),
        },
    };
    Ok(Answer::Page(page.render()?))
}

/// The way back to the point of a question; anything but a subject's letters is dropped.
fn point(subject: Option<&str>) -> String {
    let plain = |s: &&str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:".contains(&b));
    subject.filter(plain).map(|s| format!("?point={s}")).unwrap_or_default()
}
