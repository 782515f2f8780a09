//! A list of trust (ETSI TS 102 231): which authorities may name signers, and until when the list holds.

use super::certificate::{self, Certificate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use roxmltree::{Document, Node};

/// The list, as far as it is needed.
#[derive(Debug)]
pub struct TrustList {
    /// Its number; a higher one replaces a lower one.
    pub sequence: u64,
    /// The day by which the next one was due.
    pub next_update: Date,
    pub authorities: Vec<Authority>,
}

/// An authority whose supervision is in order (`…/Svcstatus/inaccord`).
#[derive(Debug)]
pub struct Authority {
    /// Four characters, `FR03`.
    pub id: String,
    pub certificate: Certificate,
}

pub fn read(bytes: &[u8]) -> Result<TrustList, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("is not UTF-8 ({e})"))?;
    let document = Document::parse(text).map_err(|e| format!("is no XML ({e})"))?;
    let root = document.root_element();
    let sequence =
        text_of(root, "TSLSequenceNumber").and_then(|t| t.parse().ok()).ok_or("has no sequence number: is it a list of trust?")?;
    let next = find(root, "NextUpdate").and_then(|n| text_of(n, "dateTime")).ok_or("does not say when the next one is due")?;
    let next_update =
        next.get(..10).and_then(|d| d.parse().ok()).ok_or_else(|| format!("the next one is due on « {next} », which is no date"))?;
    let mut authorities = Vec::new();
    for provider in root.descendants().filter(|n| n.tag_name().name() == "TrustServiceProvider") {
        let Some(id) = find(provider, "TSPTradeName").and_then(|n| text_of(n, "Name")) else { continue };
        for service in provider.descendants().filter(|n| n.tag_name().name() == "TSPService") {
            if !text_of(service, "ServiceStatus").is_some_and(|s| s.ends_with("/inaccord")) {
                continue;
            }
            for held in service.descendants().filter(|n| n.tag_name().name() == "X509Certificate") {
                let base64: String = held.text().unwrap_or_default().split_whitespace().collect();
                let der = STANDARD.decode(base64).map_err(|e| format!("a certificate of {id} is no Base64 ({e})"))?;
                authorities.push(Authority {
                    id: id.clone(),
                    certificate: certificate::one(&der).map_err(|e| format!("a certificate of {id} {e}"))?,
                });
            }
        }
    }
    Ok(TrustList { sequence, next_update, authorities })
}

fn find<'a, 'i>(within: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    within.descendants().find(|n| n.tag_name().name() == name)
}

fn text_of(within: Node, name: &str) -> Option<String> {
    find(within, name).and_then(|n| n.text()).map(|t| t.trim().to_owned())
}
