//! Codes signed here by a key of our own, and the examples of the specification.

use super::*;
use crate::domain::{Curve, FieldValue, PageState, Proof, Rect, SigningKey, Standing, Transform};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use jiff::civil::Date;

const BILL: &str = "DC04FR09AB122A002A000101FR10MME/MARTIN/ZOE<GS>22145 AVENUE DES SPECIMENS<GS>247500125PARIS<GS>26FR";

struct Signer {
    pair: EcdsaKeyPair,
}

impl Signer {
    fn new() -> Self {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self { pair: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap() }
    }

    fn trust(&self, standing: Standing) -> Trust {
        let key = SigningKey {
            authority: "FR09".into(),
            name: "AB12".into(),
            curve: Curve::P256,
            point: self.pair.public_key().as_ref().to_vec(),
            valid_from: Date::constant(2020, 1, 1),
            valid_until: Date::constant(2035, 1, 1),
            standing,
            test: false,
        };
        Trust { keys: vec![key] }
    }

    fn sign(&self, body: &str) -> Vec<u8> {
        let body = body.replace("<GS>", "\u{1d}");
        let signature = self.pair.sign(&SystemRandom::new(), body.as_bytes()).unwrap();
        format!("{body}\u{1f}{}", data_encoding::BASE32_NOPAD.encode(signature.as_ref())).into_bytes()
    }
}

fn page(bytes: &[u8]) -> PageRead {
    PageRead {
        number: 3,
        dpi: 300,
        transform: Transform { quarter_turns: 0, skew: 0.0, scan_width: 2480, scan_height: 3508, sheet: None },
        state: PageState::Read,
        words: Vec::new(),
        zones: Vec::new(),
        checkboxes: Vec::new(),
        mrz: Vec::new(),
        codes: vec![CodeRead {
            symbology: "data_matrix".into(),
            text: String::from_utf8_lossy(bytes).into_owned(),
            bytes: STANDARD.encode(bytes),
            rect: Rect::new(100, 100, 300, 300),
        }],
        marks: Vec::new(),
        looks: Vec::new(),
    }
}

fn read_bytes(bytes: &[u8], trust: &Trust) -> (Vec<Seal>, Vec<Candidate>) {
    read(&page(bytes), &Catalogue::embedded().unwrap(), trust)
}

#[test]
fn a_bill_with_a_right_signature_proves_name_and_address() {
    let signer = Signer::new();
    let (seals, said) = read_bytes(&signer.sign(BILL), &signer.trust(Standing::Good));
    assert_eq!(seals[0].verdict, SealVerdict::Valide, "{seals:?}");
    let of = |field: &str| said.iter().find(|c| c.field.as_str() == field).unwrap_or_else(|| panic!("no {field} in {said:?}"));
    assert_eq!(of("nom").value, Some(FieldValue::Text("MARTIN".into())));
    let Some(FieldValue::Address(address)) = &of("adresse").value else { panic!("{said:?}") };
    assert_eq!((address.numero.as_deref(), address.voie.as_str()), (Some("145"), "AVENUE DES SPECIMENS"));
    assert_eq!((address.code_postal.as_str(), address.commune.as_str()), ("75001", "PARIS"));
    assert!(said.iter().all(|c| c.evidence.proof == Some(Proof::Signature)));
}

#[test]
fn one_changed_letter_undoes_it_and_nothing_is_taken_from_it() {
    let signer = Signer::new();
    let mut bytes = signer.sign(BILL);
    let at = bytes.windows(6).position(|w| w == b"MARTIN").unwrap();
    bytes[at] = b'N';
    let (seals, said) = read_bytes(&bytes, &signer.trust(Standing::Good));
    assert_eq!(seals[0].verdict, SealVerdict::Invalide);
    assert!(said.is_empty());
}

#[test]
fn without_the_certificate_the_code_says_but_does_not_prove() {
    let signer = Signer::new();
    for trust in [Trust::default(), signer.trust(Standing::NotListed), signer.trust(Standing::ListExpired(Date::constant(2026, 2, 25)))] {
        let (seals, said) = read_bytes(&signer.sign(BILL), &trust);
        assert_eq!(seals[0].verdict, SealVerdict::NonVerifiable);
        assert!(!said.is_empty() && said.iter().all(|c| c.evidence.proof.is_none()));
    }
    assert_eq!(read_bytes(&signer.sign(BILL), &signer.trust(Standing::Revoked)).0[0].verdict, SealVerdict::Invalide);
}

#[test]
fn a_bill_without_its_town_of_service_is_no_bill() {
    let signer = Signer::new();
    let (seals, said) = read_bytes(&signer.sign("DC04FR09AB122A002A000101FR10MME/MARTIN/ZOE"), &signer.trust(Standing::Good));
    assert_eq!(seals[0].verdict, SealVerdict::Invalide);
    assert!(seals[0].reason.contains("22") && said.is_empty(), "{seals:?}");
}

#[test]
fn the_test_key_counts_only_where_it_was_asked_for() {
    let Some(messages) = published() else { return };
    let asked = Trust::default().with_test_authority();
    for message in messages {
        let bytes = message.replace("<GS>", "\u{1d}").replace("<RS>", "\u{1e}").replace("<US>", "\u{1f}").into_bytes();
        let parsed = message::parse(&bytes, &Catalogue::embedded().unwrap().two_d_doc).unwrap().unwrap();
        assert_eq!(verify::judge(&parsed, None, &asked).0, SealVerdict::Essai, "{message}");
        assert_eq!(verify::judge(&parsed, None, &Trust::default()).0, SealVerdict::NonVerifiable, "{message}");
    }
}

/// The 22 examples of the specification, which are not ours to publish.
fn published() -> Option<Vec<String>> {
    let shared = std::env::var_os("PASSERELLE_SHARED").map_or_else(|| "../shared".into(), std::path::PathBuf::from);
    let Ok(text) = std::fs::read_to_string(shared.join("data/2ddoc/go2ddoc/spec_test_list.json")) else {
        eprintln!("skipped: no examples of the specification in ../shared");
        return None;
    };
    let all: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(all.len(), 22);
    Some(all.iter().map(|one| one["message"].as_str().unwrap().to_owned()).collect())
}
