//! Every address of the station, in one table. The router is built from it and from nothing else, so
//! that an address without a policy, an actor, a scope and an event cannot be served.

use super::call::{Call, Outcome, dispatch};
use super::{Desk, agent, anomaly, assets, delivery, deposits, join, letters, page, pictures, queue, review, substitution};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodFilter, on};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a request must bring before its handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: no personal data behind it.
    Open,
    /// A session of this browser (one is started on a GET).
    Session,
    /// A session in which an agent gave a name.
    Named,
}

/// Whose work it is. Until accounts exist a named agent may be any of them; the column is what accounts will enforce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Anyone,
    /// Agent du courrier.
    Operator,
    /// Agent vérificateur.
    Reviewer,
    /// Either.
    Agent,
}

/// The object that the address names; it is looked up among the préfecture's own before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// No object: lists filter by the préfecture themselves, or there is nothing to filter.
    None,
    /// `{delivery}`
    Delivery,
    /// `{envelope}`
    Envelope,
}

/// What is left in the event table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing, and why.
    Nothing(&'static str),
    /// A view of this kind, written before the answer leaves.
    View(&'static str),
    /// An act, written by the store in the act's own transaction.
    Act(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    /// A POST that may bring a file.
    Upload,
}

/// What a form adds to the file that it brings, in bytes.
const AROUND_A_FILE: u64 = 64 << 10;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: Method,
    /// With `{…}` for parameters.
    pub path: &'static str,
    pub policy: Policy,
    pub actor: Actor,
    pub reach: Reach,
    pub trace: Trace,
    pub(super) handler: Handler,
}

pub(super) type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

macro_rules! table {
    ($($method:ident $path:literal $policy:ident $actor:ident $reach:ident $trace:expr => $handler:path;)*) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            policy: Policy::$policy,
            actor: Actor::$actor,
            reach: Reach::$reach,
            trace: $trace,
            handler: |call| Box::pin($handler(call)),
        }),*]
    };
}

use Trace::{Act, Nothing, View};

/// The table.
pub const ROUTES: &[Route] = table! {
    Get  "/health"                                Open    Anyone   None     Nothing("no data") => assets::health;
    Get  "/metrics"                               Open    Anyone   None     Nothing("counts and ages, no name") => assets::metrics;
    Get  "/assets/{file}"                         Open    Anyone   None     Nothing("no data") => assets::file;
    Get  "/"                                      Open    Anyone   None     Nothing("a redirection") => assets::home;
    Get  "/agent"                                 Session Anyone   None     Nothing("an empty form") => agent::form;
    Post "/agent"                                 Session Anyone   None     Act("agent_nomme") => agent::name;
    Post "/agent/quitter"                         Named   Agent    None     Act("agent_parti") => agent::leave;
    Get  "/depots"                                Named   Operator None     Nothing("names of files and states, no content") => deposits::day;
    Get  "/depots/{delivery}"                     Named   Agent    Delivery View("depot_consulte") => delivery::view;
    Post "/depots/{delivery}/vu"                  Named   Operator Delivery Act("correction") => delivery::acknowledge;
    Post "/depots/{delivery}/relire"              Named   Operator Delivery Act("anomalie_relue") => anomaly::retry;
    Upload "/depots/{delivery}/remplacer"         Named   Operator Delivery Act("anomalie_remplacee") => anomaly::replace;
    Post "/depots/{delivery}/rattacher"           Named   Operator Delivery Act("anomalie_remplacee") => anomaly::attach;
    Post "/depots/{delivery}/a-la-main"           Named   Operator Delivery Act("anomalie_a_la_main") => anomaly::by_hand;
    Post "/depots/{delivery}/mettre-de-cote"      Named   Operator Delivery Act("anomalie_mise_de_cote") => anomaly::set_aside;
    Post "/depots/{delivery}/rouvrir"             Named   Operator Delivery Act("anomalie_rouverte") => anomaly::reopen;
    Post "/depots/{delivery}/pages/{page}/relire" Named   Operator Delivery Act("correction") => anomaly::read_page_again;
    Upload "/depots/{delivery}/pages/{page}/remplacer" Named Operator Delivery Act("correction") => anomaly::replace_page;
    Get  "/depots/{delivery}/pages/{page}"        Named   Agent    Delivery View("page_consultee") => page::view;
    Get  "/depots/{delivery}/pages/{page}/image"  Named   Agent    Delivery View("image_consultee") => pictures::page;
    Get  "/verifier"                              Named   Reviewer None     Nothing("kinds of request and counts, no identity") => queue::list;
    Get  "/verifier/suivant"                      Named   Reviewer None     Nothing("a redirection") => queue::next;
    Get  "/verifier/{envelope}"                   Named   Reviewer Envelope View("pli_consulte") => review::view;
    Post "/verifier/{envelope}"                   Named   Reviewer Envelope Act("correction") => review::act;
    Post "/verifier/{envelope}/incomplet"         Named   Reviewer Envelope Act("correction") => review::confirm_incomplete;
    Post "/verifier/{envelope}/joindre"           Named   Reviewer Envelope Act("pli_joint") => join::join;
    Get  "/courriers"                             Named   Reviewer None     Nothing("names of files and kinds of letter, no content") => letters::list;
    Get  "/courriers/{envelope}/{kind}"           Named   Reviewer Envelope View("courrier_consulte") => letters::view;
    Get  "/courriers/{envelope}/{kind}/pdf"       Named   Reviewer Envelope View("courrier_consulte") => letters::pdf;
    Post "/courriers/{envelope}/{kind}/signer"    Named   Reviewer Envelope Act("courrier_signe") => letters::sign;
    Post "/courriers/{envelope}/{kind}/poster"    Named   Reviewer Envelope Act("courrier_poste") => letters::post;
    Post "/courriers/{envelope}/{kind}/annuler"   Named   Reviewer Envelope Act("courrier_annule") => letters::cancel;
    Get  "/rendez-vous"                           Named   Reviewer None     Nothing("names of files and ages, no content") => substitution::list;
    Get  "/rendez-vous/{envelope}"                Named   Reviewer Envelope View("substitution_consultee") => substitution::view;
    Post "/rendez-vous/{envelope}"                Named   Reviewer Envelope Act("substitution_notee") => substitution::note;
    Get  "/verifier/{envelope}/extrait"           Named   Reviewer Envelope View("extrait_consulte") => pictures::cut;
};

/// The router of the whole table.
pub(super) fn router(desk: &Arc<Desk>) -> Router {
    ROUTES.iter().fold(Router::new(), |router, route| {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post | Method::Upload => MethodFilter::POST,
        };
        let desk = Arc::clone(desk);
        let longest = usize::try_from(desk.intake.bytes.saturating_add(AROUND_A_FILE)).unwrap_or(usize::MAX);
        let served = on(filter, move |request| dispatch(desk, route, request));
        router.route(route.path, if route.method == Method::Upload { served.layer(DefaultBodyLimit::max(longest)) } else { served })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_of_an_address_is_looked_up_in_the_prefecture() {
        for route in ROUTES {
            let named = match route.reach {
                Reach::None => !route.path.contains("{delivery}") && !route.path.contains("{envelope}"),
                Reach::Delivery => route.path.contains("{delivery}"),
                Reach::Envelope => route.path.contains("{envelope}"),
            };
            assert!(named, "{} names an object that its reach does not", route.path);
        }
    }

    #[test]
    fn every_act_is_traced_and_every_object_seen_by_a_named_agent() {
        for route in ROUTES {
            if route.method != Method::Get {
                assert!(matches!(route.trace, Act(_)) && route.policy != Policy::Open, "{} acts unseen", route.path);
            }
            if route.reach != Reach::None {
                assert!(route.policy == Policy::Named && !matches!(route.trace, Nothing(_)), "{} is seen by nobody named", route.path);
            }
            if let Nothing(why) = route.trace {
                assert!(!why.is_empty(), "{} leaves nothing and does not say why", route.path);
            }
        }
    }
}
