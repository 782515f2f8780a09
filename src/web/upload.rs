//! A file that an agent sends with a form: written to the spool while it arrives, hashed, durable before anything
//! is done with it, and gone again when the request ends. What a killed process leaves, the watcher's next start clears.

use super::call::{Pairs, Stop};
use super::session::Session;
use super::{Desk, guard};
use crate::domain::{DeliveryId, hexadecimal};
use crate::intake::shown_name;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// The fields of a form beside its file, all together.
const LONGEST_FIELDS: usize = 16 * 1024;
const UNREADABLE: &str = "Le formulaire reçu n’est pas lisible, ou l’envoi s’est interrompu. Rien n’a été enregistré.";

/// A file as it was sent.
pub(super) struct Upload {
    /// The name that a delivery made of it has; a killed process is cleared up after by this name.
    pub id: DeliveryId,
    /// Fit to be shown.
    pub name: String,
    /// Lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    pub file: File,
    path: PathBuf,
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Sealed and registered by now, or refused: the agent still has the file. A copy left behind is cleared later.
        let _left = std::fs::remove_file(&self.path);
    }
}

/// The fields and the file of a form whose origin and token hold. Nothing is written before the token was seen.
pub(super) async fn received(desk: &Desk, session: Option<&Session>, request: Request) -> Result<(Pairs, Option<Upload>), Stop> {
    let session = session.filter(|_| guard::origin_is_ours(request.headers())).ok_or(Stop::Forbidden(super::call::REFUSED))?;
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| Stop::Unreadable(UNREADABLE))?;
    let (mut fields, mut upload, mut size) = (Pairs::new(), None, 0);
    while let Some(mut field) = form.next_field().await.map_err(|_| Stop::Unreadable(UNREADABLE))? {
        let name = field.name().unwrap_or_default().to_owned();
        let trusted = fields.iter().any(|(n, value)| n == "jeton" && desk.seal.token_holds(session, value));
        if field.file_name().is_some() {
            if !trusted {
                return Err(Stop::Forbidden(super::call::REFUSED));
            }
            upload = spooled(desk, field).await?;
            continue;
        }
        let mut text = Vec::new();
        while let Some(part) = field.chunk().await.map_err(|_| Stop::Unreadable(UNREADABLE))? {
            size += part.len();
            if size > LONGEST_FIELDS {
                return Err(Stop::Unreadable(UNREADABLE));
            }
            text.extend_from_slice(&part);
        }
        fields.push((name, String::from_utf8(text).map_err(|_| Stop::Unreadable(UNREADABLE))?));
    }
    let trusted = fields.iter().any(|(n, value)| n == "jeton" && desk.seal.token_holds(session, value));
    if trusted { Ok((fields, upload)) } else { Err(Stop::Forbidden(super::call::REFUSED)) }
}

/// Writes one file to the spool; none when the form was sent without choosing one.
async fn spooled(desk: &Desk, mut field: Field<'_>) -> Result<Option<Upload>, Stop> {
    let chosen = field.file_name().is_some_and(|name| !name.is_empty());
    let name = shown_name(OsStr::new(field.file_name().unwrap_or_default()));
    let id = DeliveryId(Uuid::now_v7());
    let (folder, part, path) = (&desk.intake.spool, desk.intake.spool.join(format!("{id}.part")), desk.intake.spool.join(id.to_string()));
    let disk = |error: std::io::Error| Stop::Broken(format!("{}: {error}", folder.display()));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(disk)?;
    let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&part).map_err(disk)?;
    // Its lock tells a watcher that starts to leave it alone.
    let _unlocked = file.try_lock();
    let mut upload = Upload { id, name, sha256: String::new(), bytes: 0, file, path: part.clone() };
    let mut to = tokio::fs::File::from_std(upload.file.try_clone().map_err(disk)?);
    let mut digest = Sha256::new();
    while let Some(block) = field.chunk().await.map_err(|_| Stop::Unreadable(UNREADABLE))? {
        upload.bytes += block.len() as u64;
        if upload.bytes > desk.intake.bytes {
            return Err(Stop::Unreadable("Ce fichier est plus gros que la limite de cette installation. Rien n’a été enregistré."));
        }
        digest.update(&block);
        to.write_all(&block).await.map_err(disk)?;
    }
    if upload.bytes == 0 && !chosen {
        return Ok(None);
    }
    crate::medium::lasting(to.sync_all().await, &part).map_err(disk)?;
    std::fs::rename(&part, &path).map_err(disk)?;
    upload.path = path;
    upload.sha256 = hexadecimal(&digest.finalize());
    Ok(Some(upload))
}
