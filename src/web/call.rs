//! One request on its way: session, token, name, object, handler, event. The order is the same for all.

use super::routes::{Method, Policy, Reach, Route, Trace};
use super::session::{COOKIE, LIFE_SECONDS, Session, cookie_of};
use super::upload::{self, Upload};
use super::{Desk, guard, notice};
use crate::domain::{AgentId, Delivery, DeliveryId, EnvelopeId, Instant};
use axum::extract::{Form, FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use std::str::FromStr;
use std::sync::Arc;

pub(super) type Pairs = Vec<(String, String)>;
pub(super) type Outcome = Result<Answer, Stop>;

/// Said to a form of another page, another session or another day.
pub(super) const REFUSED: &str = "Cette demande ne vient pas d’une page ouverte par vous, ou la page est trop ancienne. Rien n’a été \
                                  enregistré : rouvrez la page et recommencez.";

/// What a handler gets: everything is checked already.
pub(super) struct Call {
    pub desk: Arc<Desk>,
    pub session: Option<Session>,
    pub now: Instant,
    pub params: Pairs,
    pub query: Pairs,
    pub form: Pairs,
    /// The file that came with the form.
    pub upload: Option<Upload>,
    /// The delivery of the address, or of its envelope.
    pub delivery: Option<Delivery>,
    pub envelope: Option<EnvelopeId>,
}

/// What a handler answers.
pub(super) enum Answer {
    Page(String),
    /// A page that refuses what was sent, with everything that was typed.
    Again(StatusCode, String),
    /// A JPEG.
    Picture(Vec<u8>),
    /// A PDF with the name that it is saved under.
    Pdf(String, Vec<u8>),
    File(&'static str, &'static [u8]),
    /// Made for this answer.
    Text(&'static str, String),
    Goto(String),
    /// A new session, then that address.
    Begin(Session, String),
}

/// Why a request is not answered.
#[derive(Debug)]
pub(super) enum Stop {
    NotFound,
    /// With the sentence for the agent.
    Forbidden(&'static str),
    Unreadable(&'static str),
    /// Written to the log, never to the screen.
    Broken(String),
}

macro_rules! broken {
    ($($error:ty),*) => {$(
        impl From<$error> for Stop {
            fn from(error: $error) -> Self {
                Self::Broken(error.to_string())
            }
        }
    )*};
}

broken!(askama::Error, getrandom::Error, crate::cell::CellError);

impl Call {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        value(&self.params, name)
    }

    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        value(&self.form, name)
    }

    pub(super) fn agent(&self) -> Result<AgentId, Stop> {
        let agent = self.session.as_ref().and_then(|s| s.agent.clone());
        agent.ok_or(Stop::Forbidden("Donnez d’abord votre nom : chaque décision porte celui de l’agent qui l’a prise."))
    }

    /// The delivery that the address reaches.
    pub(super) fn delivery(&self) -> Result<&Delivery, Stop> {
        self.delivery.as_ref().ok_or(Stop::NotFound)
    }

    /// The envelope that the address reaches.
    pub(super) fn envelope(&self) -> Result<EnvelopeId, Stop> {
        self.envelope.ok_or(Stop::NotFound)
    }

    /// The 1-based page that the address names.
    pub(super) fn page(&self) -> Result<u32, Stop> {
        self.param("page").or(self.asked("page")).and_then(|p| p.parse().ok()).filter(|p| *p > 0).ok_or(Stop::NotFound)
    }
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// Answers one request of the table.
pub(super) async fn dispatch(desk: Arc<Desk>, route: &'static Route, request: Request) -> Response {
    let now = desk.clock.now();
    let cookie = request.headers().get(header::COOKIE).and_then(|h| h.to_str().ok()).and_then(cookie_of);
    let known = cookie.and_then(|c| desk.seal.open(c, now));
    let mut fresh = None;
    let session = match (known, route.policy, route.method) {
        (None, Policy::Session, Method::Get) => match Session::start(None, now) {
            Ok(session) => {
                fresh = Some(session.clone());
                Some(session)
            }
            Err(error) => return stopped(&desk, None, Stop::Broken(error.to_string())),
        },
        (known, ..) => known,
    };
    let result = Box::pin(answer(&desk, route, session.clone(), now, request)).await;
    let mut response = match result {
        Ok(Answer::Begin(session, place)) => {
            fresh = Some(session);
            see_other(&place)
        }
        Ok(other) => written(other),
        Err(stop) => stopped(&desk, session.as_ref(), stop),
    };
    if let Some(session) = fresh {
        set_cookie(&desk, &session, &mut response);
    }
    response
}

async fn answer(desk: &Arc<Desk>, route: &'static Route, session: Option<Session>, now: Instant, request: Request) -> Outcome {
    let named = session.as_ref().is_some_and(|s| s.agent.is_some());
    if route.policy == Policy::Named && !named && route.method == Method::Get {
        return Ok(Answer::Goto(super::agent::asked_at(request.uri())));
    }
    let (params, query, request) = opened(request).await?;
    let unnamed = route.policy == Policy::Named && !named;
    let (form, upload) = match route.method {
        Method::Get => (Vec::new(), None),
        Method::Post => (checked_form(desk, session.as_ref(), request).await?, None),
        // A file is not even begun for somebody without a name.
        Method::Upload if unnamed => (Vec::new(), None),
        Method::Upload => upload::received(desk, session.as_ref(), request).await?,
    };
    if unnamed {
        return Err(Stop::Forbidden("Donnez d’abord votre nom : chaque décision porte celui de l’agent qui l’a prise."));
    }
    let mut call = Call { desk: Arc::clone(desk), session, now, params, query, form, upload, delivery: None, envelope: None };
    reach(&mut call, route.reach).await?;
    let (agent, delivery, envelope) = (call.agent().ok(), call.delivery.as_ref().map(|d| d.id), call.envelope);
    let page = call.page().ok();
    let answer = (route.handler)(call).await?;
    if let (Trace::View(kind), Some(agent)) = (route.trace, agent) {
        // A view that cannot be recorded is not given.
        desk.record_view(kind, &agent, delivery, envelope, page, now).await?;
    }
    Ok(answer)
}

async fn opened(request: Request) -> Result<(Pairs, Pairs, Request), Stop> {
    let (mut parts, body) = request.into_parts();
    let raw = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| Stop::NotFound)?;
    let params = raw.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    let query = Query::<Pairs>::from_request_parts(&mut parts, &()).await.map(|q| q.0).unwrap_or_default();
    Ok((params, query, Request::from_parts(parts, body)))
}

/// The form of a POST whose origin and token hold.
async fn checked_form(desk: &Desk, session: Option<&Session>, request: Request) -> Result<Pairs, Stop> {
    if !guard::origin_is_ours(request.headers()) {
        return Err(Stop::Forbidden(REFUSED));
    }
    let session = session.ok_or(Stop::Forbidden(REFUSED))?;
    let unreadable = |_| Stop::Unreadable("Le formulaire reçu n’est pas lisible, ou il est trop long. Rien n’a été enregistré.");
    let Form(form) = Form::<Pairs>::from_request(request, &()).await.map_err(unreadable)?;
    let token = value(&form, "jeton").unwrap_or_default();
    if desk.seal.token_holds(session, token) { Ok(form) } else { Err(Stop::Forbidden(REFUSED)) }
}

/// Looks the object of the address up in the préfecture; a foreign one is as absent as one that never was.
async fn reach(call: &mut Call, reach: Reach) -> Result<(), Stop> {
    match reach {
        Reach::None => {}
        Reach::Delivery => {
            let id = id_of::<DeliveryId>(call.param("delivery"))?;
            call.delivery = Some(call.desk.delivery(id).await?);
        }
        Reach::Envelope => {
            let id = id_of::<EnvelopeId>(call.param("envelope"))?;
            let delivery = call.desk.delivery_of(id).await?;
            (call.envelope, call.delivery) = (Some(id), Some(delivery));
        }
    }
    Ok(())
}

fn id_of<T: FromStr>(text: Option<&str>) -> Result<T, Stop> {
    text.and_then(|t| t.parse().ok()).ok_or(Stop::NotFound)
}

fn written(answer: Answer) -> Response {
    match answer {
        Answer::Page(html) => Html(html).into_response(),
        Answer::Again(status, html) => (status, Html(html)).into_response(),
        Answer::Picture(jpeg) => ([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        Answer::Pdf(name, bytes) => {
            let shown = format!("inline; filename=\"{name}\"");
            ([(header::CONTENT_TYPE, "application/pdf".to_owned()), (header::CONTENT_DISPOSITION, shown)], bytes).into_response()
        }
        Answer::Text(kind, text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Answer::File(kind, bytes) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Answer::Goto(place) | Answer::Begin(_, place) => see_other(&place),
    }
}

fn see_other(place: &str) -> Response {
    let location = HeaderValue::from_str(place).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn stopped(desk: &Desk, session: Option<&Session>, stop: Stop) -> Response {
    let (status, heading, sentence) = match stop {
        Stop::NotFound => {
            (StatusCode::NOT_FOUND, "Introuvable", "Rien ne porte ce nom ici, ou ce n’est pas un pli de votre préfecture.".to_owned())
        }
        Stop::Forbidden(sentence) => (StatusCode::FORBIDDEN, "Demande refusée", sentence.to_owned()),
        Stop::Unreadable(sentence) => (StatusCode::BAD_REQUEST, "Demande refusée", sentence.to_owned()),
        Stop::Broken(why) => {
            let reference = uuid::Uuid::new_v4().simple().to_string();
            let reference = reference.get(..8).unwrap_or_default().to_owned();
            tracing::error!(reference, why, "a page could not be made");
            let sentence =
                format!("La page n’a pas pu être préparée. Réessayez ; si cela dure, donnez la référence {reference} à votre support.");
            (StatusCode::INTERNAL_SERVER_ERROR, "Incident", sentence)
        }
    };
    (status, Html(notice::page(desk, session, heading, &sentence))).into_response()
}

fn set_cookie(desk: &Desk, session: &Session, response: &mut Response) {
    let Ok(value) = desk.seal.close(session) else { return };
    let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={LIFE_SECONDS}; HttpOnly; SameSite=Strict");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
