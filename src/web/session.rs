//! Who is at the desk: a signed cookie with the agent's name, and the token that every form carries.
//!
//! Until accounts exist a session proves nothing but that the same browser gave this name; it makes
//! every act nominative and keeps other sites from acting in it.

use crate::domain::{AgentId, Instant};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Name of the session cookie.
pub const COOKIE: &str = "passerelle";
/// A session ends ten hours after its start: one working day.
pub(super) const LIFE_SECONDS: i64 = 10 * 3600;

/// One browser, perhaps with a named agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub id: String,
    pub agent: Option<AgentId>,
    /// Seconds since 1970.
    pub since: i64,
}

impl Session {
    /// A session with a fresh identifier: one is never carried over when a name is given or changed.
    pub(super) fn start(agent: Option<AgentId>, now: Instant) -> Result<Self, getrandom::Error> {
        let mut id = [0; 24];
        getrandom::fill(&mut id)?;
        Ok(Self { id: URL_SAFE_NO_PAD.encode(id), agent, since: now.0.as_second() })
    }
}

/// Signs and checks cookies and form tokens. The secret lives as long as the process.
pub(super) struct Seal {
    secret: [u8; 32],
    /// Sessions that were ended by their agent; a stolen copy of the cookie is dead too.
    ended: Mutex<HashSet<String>>,
}

impl Seal {
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        Ok(Self { secret, ended: Mutex::default() })
    }

    /// The value of the cookie.
    pub(super) fn close(&self, session: &Session) -> Result<String, serde_json::Error> {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(session)?);
        let mark = self.mark("cookie", &body);
        Ok(format!("{body}.{mark}"))
    }

    /// The session of a cookie that this process signed, that is not too old and was not ended.
    pub(super) fn open(&self, cookie: &str, now: Instant) -> Option<Session> {
        let (body, mark) = cookie.split_once('.')?;
        if !self.holds("cookie", body, mark) {
            return None;
        }
        let session: Session = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        let age = now.0.as_second() - session.since;
        let alive = (0..LIFE_SECONDS).contains(&age) && !self.ended().contains(&session.id);
        alive.then_some(session)
    }

    pub(super) fn end(&self, session: &Session) {
        self.ended().insert(session.id.clone());
    }

    /// The token that a form of this session carries.
    pub(super) fn token(&self, session: &Session) -> String {
        self.mark("form", &session.id)
    }

    pub(super) fn token_holds(&self, session: &Session, token: &str) -> bool {
        self.holds("form", &session.id, token)
    }

    fn ended(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(purpose, text).map(|m| m.finalize().into_bytes().to_vec()).unwrap_or_default())
    }

    /// Compares in constant time.
    fn holds(&self, purpose: &str, text: &str, mark: &str) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(mark) else { return false };
        self.mac(purpose, text).is_some_and(|m| m.verify_slice(&given).is_ok())
    }

    /// The purpose is part of the message, so that a cookie's mark is no form token.
    fn mac(&self, purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).ok()?;
        mac.update(purpose.as_bytes());
        mac.update(b"\0");
        mac.update(text.as_bytes());
        Some(mac)
    }
}

/// The value of our cookie in a `Cookie` header.
pub(super) fn cookie_of(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// An agent's name as typed: first name and name, letters only.
pub(super) fn agent_name(typed: &str) -> Result<AgentId, &'static str> {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let letters = name.chars().all(|c| c.is_alphabetic() || " -'’.".contains(c));
    if !letters {
        return Err("Un nom s’écrit avec des lettres, des espaces, des traits d’union et des apostrophes.");
    }
    let words = name.split(' ').filter(|w| w.chars().any(char::is_alphabetic)).count();
    if words < 2 {
        return Err("Écrivez votre prénom et votre nom : chaque décision porte le nom de l’agent qui l’a prise.");
    }
    if name.chars().count() > 80 {
        return Err("Ce nom est trop long : 80 caractères au plus.");
    }
    Ok(AgentId(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_micros(second * 1_000_000).unwrap()
    }

    #[test]
    fn a_cookie_changed_in_one_place_opens_nothing() {
        let seal = Seal::new().unwrap();
        let session = Session::start(Some("Claire Martin".into()), at(1_000)).unwrap();
        let cookie = seal.close(&session).unwrap();
        assert_eq!(seal.open(&cookie, at(1_001)), Some(session));
        for place in 0..cookie.len() {
            let mut other = cookie.clone().into_bytes();
            other[place] = if other[place] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            // The last character of base64 carries spare bits, which strict decoding refuses.
            assert_eq!(seal.open(&other, at(1_001)), None, "changed at {place}");
        }
    }

    #[test]
    fn a_session_ends_by_age_and_by_its_agent() {
        let seal = Seal::new().unwrap();
        let session = Session::start(None, at(1_000)).unwrap();
        let cookie = seal.close(&session).unwrap();
        assert_eq!(seal.open(&cookie, at(1_000 + LIFE_SECONDS)), None);
        assert!(seal.open(&cookie, at(1_010)).is_some());
        seal.end(&session);
        assert_eq!(seal.open(&cookie, at(1_010)), None);
    }

    #[test]
    fn a_token_serves_its_own_session_only() {
        let seal = Seal::new().unwrap();
        let (mine, other) = (Session::start(None, at(1)).unwrap(), Session::start(None, at(1)).unwrap());
        let token = seal.token(&mine);
        assert!(seal.token_holds(&mine, &token));
        assert!(!seal.token_holds(&other, &token));
        assert!(!Seal::new().unwrap().token_holds(&mine, &token));
        let cookie = seal.close(&mine).unwrap();
        assert!(!seal.token_holds(&mine, cookie.split_once('.').unwrap().1));
    }

    #[test]
    fn an_agent_has_a_first_name_and_a_name() {
        assert_eq!(agent_name("  Anne-Marie   d’Arc ").unwrap().as_str(), "Anne-Marie d’Arc");
        for refused in ["", "   ", "Claire", "- -", "<b>Claire</b> Martin", "Claire\u{0} Martin"] {
            assert!(agent_name(refused).is_err(), "{refused:?} was taken");
        }
    }
}
