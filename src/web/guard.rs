//! What every request passes and every response bears: the host name, the origin, the headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::net::{IpAddr, SocketAddr};

/// No script, style or picture but our own files; no inline code; nobody frames us.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// The headers of every response, errors and pictures included.
pub(super) fn set_headers(headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// True for an address that only this machine reaches.
pub(super) fn is_loopback(address: SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(v4) => v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_loopback(),
    }
}

/// True when the request names this machine as loopback does. A name of a foreign site that resolves to
/// 127.0.0.1 (DNS rebinding) is refused here. The port may differ: a tunnel changes it.
pub(super) fn host_is_ours(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Ok(host) = host.to_str() else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    ["127.0.0.1", "[::1]"].contains(&name) || name.eq_ignore_ascii_case("localhost")
}

/// True when the browser says that the form was sent by a page of ours, or says nothing (the token decides then).
pub(super) fn origin_is_ours(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let site = text(HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|s| s != "same-origin" && s != "none") {
        return false;
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => true,
        // Our own referrer policy makes browsers send `null` with our own forms; they then vouch in the other header.
        (Some("null"), _) => site == Some("same-origin"),
        (Some(origin), Some(host)) => origin.strip_prefix("http://").is_some_and(|o| o == host),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_names_of_loopback_are_hosts() {
        for ours in ["127.0.0.1:8087", "localhost:8087", "LOCALHOST", "[::1]:8087"] {
            assert!(host_is_ours(&with(&[("host", ours)])), "{ours} refused");
        }
        for foreign in ["pirate.example", "pirate.example:8087", "127.0.0.1.pirate.example", "localhost.pirate.example:80", "", "10.0.0.1"]
        {
            assert!(!host_is_ours(&with(&[("host", foreign)])), "{foreign} taken");
        }
        assert!(!host_is_ours(&HeaderMap::new()));
    }

    #[test]
    fn a_form_sent_by_another_site_is_refused() {
        assert!(origin_is_ours(&with(&[("host", "localhost:1"), ("origin", "http://localhost:1")])));
        assert!(origin_is_ours(&with(&[("host", "localhost:1")])));
        assert!(!origin_is_ours(&with(&[("host", "localhost:1"), ("origin", "null")])));
        assert!(origin_is_ours(&with(&[("host", "localhost:1"), ("origin", "null"), ("sec-fetch-site", "same-origin")])));
        assert!(!origin_is_ours(&with(&[("host", "localhost:1"), ("origin", "http://localhost:2")])));
        assert!(!origin_is_ours(&with(&[("host", "localhost:1"), ("sec-fetch-site", "cross-site")])));
        assert!(!origin_is_ours(&with(&[("host", "localhost:1"), ("sec-fetch-site", "same-site")])));
    }

    #[test]
    fn loopback_is_told_from_the_network() {
        assert!(is_loopback("127.0.0.1:80".parse().unwrap()) && is_loopback("[::1]:80".parse().unwrap()));
        assert!(!is_loopback("0.0.0.0:80".parse().unwrap()) && !is_loopback("192.168.1.4:80".parse().unwrap()));
    }
}
