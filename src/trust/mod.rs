//! Reads the folder into which an administrator drops certificates, lists of trust and lists of revoked certificates,
//! so that 2D-Doc signatures can be checked without a network (specification v3.2.6, § 5.1).
//!
//! | file | what it is |
//! |---|---|
//! | `.pem` `.crt` `.cer` `.der` | certificates of participants and of their authorities |
//! | `.xml` | a list of trust (ETSI TS 102 231) as the ANTS publishes it |
//! | `.crl` | certificates that an authority revoked |
//!
//! Where lists are there, a key counts only if an authority of a list that is not overdue signed its certificate. Without
//! any list the administrator vouches for what he dropped. The signature of the list itself (XML-DSig) is not checked: who
//! may write into the folder decides.

mod certificate;
mod list;

use crate::domain::{SigningKey, Standing, Trust};
use certificate::{Certificate, Revoked};
use jiff::civil::Date;
use list::{Authority, TrustList};
use std::path::{Path, PathBuf};

/// Larger than any list; a folder of trust holds nothing else.
const MOST_BYTES: u64 = 8 << 20;

/// Why the folder cannot be used: a file that is not understood could be the one that revokes a key.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    #[error("the trust folder {path} cannot be read: {source}; check `trust_dir`")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("{path} in the trust folder: {reason}; replace it or take it out")]
    File { path: PathBuf, reason: String },
}

/// What the folder holds.
#[derive(Debug, Default)]
pub struct Imported {
    certificates: Vec<Certificate>,
    pub lists: Vec<TrustList>,
    revoked: Vec<Revoked>,
}

impl Imported {
    /// Reads every file of the folder that is named like one of the above; others (a README) are left alone.
    ///
    /// # Errors
    /// When the folder or one of those files cannot be read or understood.
    pub fn load(folder: &Path) -> Result<Self, TrustError> {
        let unreadable = |source| TrustError::Folder { path: folder.to_owned(), source };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            paths.push(entry.map_err(unreadable)?.path());
        }
        paths.sort();
        let mut found = Self::default();
        for path in paths.iter().filter(|p| p.is_file()) {
            found.add(path).map_err(|reason| TrustError::File { path: path.clone(), reason })?;
        }
        Ok(found)
    }

    fn add(&mut self, path: &Path) -> Result<(), String> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        if !matches!(ending.as_str(), "pem" | "crt" | "cer" | "der" | "xml" | "crl") {
            return Ok(());
        }
        let size = path.metadata().map_err(|e| e.to_string())?.len();
        if size > MOST_BYTES {
            return Err(format!("{size} bytes are too many for a certificate or a list"));
        }
        let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
        match ending.as_str() {
            "xml" => self.lists.push(list::read(&bytes)?),
            "crl" => self.revoked.extend(certificate::revoked(&bytes)?),
            _ => self.certificates.extend(certificate::read(&bytes)?),
        }
        Ok(())
    }

    /// The keys, each with what speaks against it on this day.
    #[must_use]
    pub fn trust(&self, today: Date) -> Trust {
        let participants = self.certificates.iter().filter_map(|c| Some((c, c.key.as_ref()?)));
        let keys = participants.map(|(certificate, key)| {
            let vouchers = self.vouchers(certificate);
            SigningKey {
                // As a list names the issuer, else the issuer's own name.
                authority: vouchers.first().map_or_else(|| certificate.issuer_name.clone(), |(_, authority)| authority.id.clone()),
                name: certificate.name.clone(),
                curve: key.curve,
                point: key.point.clone(),
                valid_from: certificate.valid_from,
                valid_until: certificate.valid_until,
                standing: self.standing(certificate, &vouchers, today),
                test: false,
            }
        });
        Trust { keys: keys.collect() }
    }

    /// The authorities of the lists that signed the certificate, each with its list.
    fn vouchers(&self, certificate: &Certificate) -> Vec<(&TrustList, &Authority)> {
        let listed = self.lists.iter().flat_map(|list| list.authorities.iter().map(move |authority| (list, authority)));
        listed.filter(|(_, authority)| authority.certificate.issued(certificate)).collect()
    }

    fn standing(&self, certificate: &Certificate, vouchers: &[(&TrustList, &Authority)], today: Date) -> Standing {
        if self.revoked.iter().any(|r| r.names(certificate)) {
            return Standing::Revoked;
        }
        // The latest list decides: an older one may name an authority that was struck off since.
        let Some(latest) = self.lists.iter().map(|l| l.sequence).max() else { return Standing::Good };
        match vouchers.iter().map(|(list, _)| list).find(|list| list.sequence == latest) {
            None => Standing::NotListed,
            Some(list) if list.next_update < today => Standing::ListExpired(list.next_update),
            Some(_) => Standing::Good,
        }
    }
}

#[cfg(test)]
mod tests;
