//! X.509 certificates and lists of revoked ones, as far as 2D-Doc needs them.

use crate::domain::Curve;
use jiff::civil::Date;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521};
use x509_parser::pem::Pem;
use x509_parser::prelude::{ASN1Time, FromDer};
use x509_parser::public_key::PublicKey;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::x509::X509Name;

/// A certificate of a participant or of an authority.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    /// Common name of the subject; of the issuer.
    pub name: String,
    pub issuer_name: String,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    pub valid_from: Date,
    pub valid_until: Date,
    /// `None` for a key that no 2D-Doc is signed with (RSA, as authorities have).
    pub key: Option<Key>,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub curve: Curve,
    pub point: Vec<u8>,
}

/// A serial number that its issuer revoked.
#[derive(Clone, Debug)]
pub struct Revoked {
    issuer: Vec<u8>,
    serial: Vec<u8>,
}

impl Revoked {
    pub fn names(&self, certificate: &Certificate) -> bool {
        self.issuer == certificate.issuer && self.serial == certificate.serial
    }
}

impl Certificate {
    /// True when this authority's key signed that certificate.
    pub fn issued(&self, other: &Self) -> bool {
        let (Ok((_, authority)), Ok((_, certificate))) = (X509Certificate::from_der(&self.der), X509Certificate::from_der(&other.der))
        else {
            return false;
        };
        authority.subject().as_raw() == certificate.issuer().as_raw() && certificate.verify_signature(Some(authority.public_key())).is_ok()
    }
}

/// One certificate in DER, or one and more in PEM.
pub fn read(bytes: &[u8]) -> Result<Vec<Certificate>, String> {
    ders(bytes, "CERTIFICATE")?.iter().map(|der| one(der)).collect()
}

/// Every serial number of a list of revoked certificates, DER or PEM.
pub fn revoked(bytes: &[u8]) -> Result<Vec<Revoked>, String> {
    let mut found = Vec::new();
    for der in ders(bytes, "X509 CRL")? {
        let (_, list) = CertificateRevocationList::from_der(&der).map_err(|e| format!("is no list of revoked certificates ({e})"))?;
        let issuer = list.issuer().as_raw().to_vec();
        found.extend(list.iter_revoked_certificates().map(|r| Revoked { issuer: issuer.clone(), serial: r.raw_serial().to_vec() }));
    }
    Ok(found)
}

pub fn one(der: &[u8]) -> Result<Certificate, String> {
    let (_, read) = X509Certificate::from_der(der).map_err(|e| format!("is no X.509 certificate ({e})"))?;
    Ok(Certificate {
        der: der.to_vec(),
        name: common_name(read.subject()),
        issuer_name: common_name(read.issuer()),
        issuer: read.issuer().as_raw().to_vec(),
        serial: read.raw_serial().to_vec(),
        valid_from: day(read.validity().not_before)?,
        valid_until: day(read.validity().not_after)?,
        key: key(&read),
    })
}

fn ders(bytes: &[u8], label: &str) -> Result<Vec<Vec<u8>>, String> {
    if !bytes.starts_with(b"-----BEGIN") {
        return Ok(vec![bytes.to_vec()]);
    }
    let mut found = Vec::new();
    for pem in Pem::iter_from_buffer(bytes) {
        let pem = pem.map_err(|e| format!("is no PEM file ({e})"))?;
        if pem.label == label {
            found.push(pem.contents);
        }
    }
    if found.is_empty() { Err(format!("holds no {label}")) } else { Ok(found) }
}

fn common_name(name: &X509Name) -> String {
    name.iter_common_name().next().and_then(|cn| cn.as_str().ok()).unwrap_or_default().to_owned()
}

fn day(time: ASN1Time) -> Result<Date, String> {
    let day = jiff::Timestamp::from_second(time.timestamp()).map_err(|e| e.to_string())?;
    Ok(day.to_zoned(jiff::tz::TimeZone::UTC).date())
}

fn key(certificate: &X509Certificate) -> Option<Key> {
    let info = certificate.public_key();
    let PublicKey::EC(point) = info.parsed().ok()? else { return None };
    let named = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
    let curves = [(OID_EC_P256, Curve::P256), (OID_NIST_EC_P384, Curve::P384), (OID_NIST_EC_P521, Curve::P521)];
    let curve = curves.into_iter().find(|(oid, _)| *oid == named)?.1;
    Some(Key { curve, point: point.data().to_vec() })
}
