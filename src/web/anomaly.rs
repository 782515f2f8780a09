//! What an agent does with a file or a page that could not be read. None of it is a dead end: read again, replace,
//! treat by hand, set aside, and take the last two back.

use super::call::{Answer, Call, Outcome, Stop};
use super::delivery;
use super::upload::Upload;
use crate::domain::{BlobKind, Correction, CorrectionAct, DeliveryId, Refusal, Stage, Subject};
use crate::intake::{ExamineError, examine, examine_again};
use crate::store::{NewDelivery, Registration, StoreError};

/// Why a file is set aside: code and words, in the order of the list.
pub(super) const REASONS: [(&str, &str); 6] = [
    ("autre_demande", "Ce n’est pas une demande de titre de séjour"),
    ("deja_traite", "Le pli est déjà traité par ailleurs"),
    ("rendu", "Le pli a été rendu à l’usager, ou lui a été réclamé"),
    ("transmis", "Le pli a été transmis à un autre service"),
    ("essai", "Essai du scanner, fichier vide ou déposé par erreur"),
    ("autre", "Autre raison, à préciser"),
];
/// Longest note in the agent's words, in characters.
const LONGEST_NOTE: usize = 500;
const NO_FILE: &str = "Choisissez d’abord un fichier.";
const MEDIUM: &str = "Le fichier reçu n’a pas pu être relu. Rien n’a été enregistré : réessayez.";

pub(super) fn reason_words(code: &str) -> &str {
    REASONS.iter().find(|(id, _)| *id == code).map_or(code, |(_, words)| words)
}

pub(super) async fn retry(call: Call) -> Outcome {
    let (id, bytes) = (call.delivery()?.id, call.desk.intake.bytes);
    let original = call.desk.store.original(&call.desk.scope, id).await?;
    let content = call.desk.blob(original).await?;
    let before = call.delivery()?.refusal.clone();
    let examined = tokio::task::spawn_blocking(move || examine_again(&content, bytes, before.as_ref())).await;
    let examined = examined.map_err(|e| Stop::Broken(e.to_string()))?;
    let done = call.desk.store.retry_anomaly(&call.desk.scope, id, &examined, &call.agent()?, call.now).await;
    back(id, done)
}

/// The file of the form becomes a delivery that stands for this one.
pub(super) async fn replace(mut call: Call) -> Outcome {
    let Some(upload) = call.upload.take() else { return delivery::again(call, NO_FILE).await };
    let id = call.delivery()?.id;
    let by = match register(&call, upload).await? {
        Registration::New(new) => new.id,
        Registration::Duplicate(same) => same.id,
    };
    if by == id {
        return delivery::again(call, "C’est le même fichier, octet pour octet. Numérisez le pli de nouveau, ou relisez le fichier.").await;
    }
    attached(call, by).await
}

/// A delivery that came through the drop folder stands for this one.
pub(super) async fn attach(call: Call) -> Outcome {
    match call.field("depot").and_then(|text| text.parse::<DeliveryId>().ok()) {
        Some(by) if by != call.delivery()?.id => attached(call, by).await,
        _ => delivery::again(call, "Choisissez dans la liste le dépôt qui remplace celui-ci.").await,
    }
}

async fn attached(call: Call, by: DeliveryId) -> Outcome {
    let id = call.delivery()?.id;
    let done = call.desk.store.replace_anomaly(&call.desk.scope, id, by, &call.agent()?, call.now).await;
    back(id, done)
}

async fn register(call: &Call, upload: Upload) -> Result<Registration, Stop> {
    let old = call.delivery()?.clone();
    let (blobs, prefecture, limit) = (call.desk.blobs.clone(), old.prefecture.clone(), call.desk.intake.bytes);
    let sealed = tokio::task::spawn_blocking(move || {
        let mut upload = upload;
        let examined = examine(&mut upload.file, limit);
        let original = blobs.put_file(&prefecture, upload.id, BlobKind::Original, &mut upload.file);
        (upload, examined, original)
    });
    let (upload, examined, original) = sealed.await.map_err(|e| Stop::Broken(e.to_string()))?;
    let original = original.map_err(|e| Stop::Broken(e.to_string()))?;
    let (format, refusal) = match examined {
        Ok(format) => (Some(format), None),
        Err(ExamineError::Refused(refusal)) => (None, Some(refusal)),
        Err(ExamineError::Io(_)) => return Err(Stop::Unreadable(MEDIUM)),
    };
    let new = NewDelivery {
        id: upload.id,
        prefecture: old.prefecture.clone(),
        file: upload.name.clone(),
        sha256: upload.sha256.clone(),
        bytes: upload.bytes,
        format,
        refusal,
        channel: old.channel,
        // The paper came with the first scan: a second one must not make it arrive later.
        received_on: old.received_on.or(Some(old.registered_at.date_in_paris())),
        source: "remplacement".to_owned(),
        drop_key: None,
        index: old.index.clone(),
        taken: Vec::new(),
        original: original.clone(),
    };
    let registered = call.desk.store.register_delivery(&call.desk.scope, &new, call.now).await?;
    if matches!(registered, Registration::Duplicate(_)) {
        // Sealed for nobody: these bytes are in the ledger already.
        let gone = call.desk.blobs.forget(&original).and_then(|()| call.desk.blobs.destroy_key(&old.prefecture, upload.id));
        gone.map_err(|e| Stop::Broken(e.to_string()))?;
    }
    Ok(registered)
}

pub(super) async fn by_hand(call: Call) -> Outcome {
    let id = call.delivery()?.id;
    back(id, call.desk.store.treat_by_hand(&call.desk.scope, id, &call.agent()?, call.now).await)
}

pub(super) async fn set_aside(call: Call) -> Outcome {
    let reason = call.field("motif").and_then(|code| REASONS.iter().find(|(id, _)| *id == code)).map(|(id, _)| *id);
    let note: String = call.field("precision").unwrap_or_default().trim().chars().take(LONGEST_NOTE).collect();
    let Some(reason) = reason else { return delivery::again(call, "Choisissez la raison dans la liste.").await };
    if reason == "autre" && note.is_empty() {
        return delivery::again(call, "Précisez la raison en quelques mots.").await;
    }
    let (id, note) = (call.delivery()?.id, (!note.is_empty()).then_some(note));
    back(id, call.desk.store.set_aside(&call.desk.scope, id, reason, note.as_deref(), &call.agent()?, call.now).await)
}

pub(super) async fn reopen(call: Call) -> Outcome {
    let id = call.delivery()?.id;
    back(id, call.desk.store.reopen_anomaly(&call.desk.scope, id, &call.agent()?, call.now).await)
}

pub(super) async fn read_page_again(call: Call) -> Outcome {
    page_said(call, CorrectionAct::ReadAgain).await
}

/// The file of the form, of one page, stands in the place of the page; the rest of the delivery stays as it is.
pub(super) async fn replace_page(mut call: Call) -> Outcome {
    let number = call.page()?;
    let (id, prefecture) = (call.delivery()?.id, call.delivery()?.prefecture.clone());
    call.desk.page(id, number).await?;
    let Some(upload) = call.upload.take() else { return delivery::again(call, NO_FILE).await };
    let (blobs, limit) = (call.desk.blobs.clone(), call.desk.intake.bytes);
    let sealed = tokio::task::spawn_blocking(move || {
        let mut upload = upload;
        let format = examine(&mut upload.file, limit);
        let blob = format.as_ref().ok().map(|_| blobs.put_file(&prefecture, id, BlobKind::Original, &mut upload.file));
        let content = blob.transpose().and_then(|blob| blob.map(|blob| blobs.get(&blob).map(|bytes| (blob, bytes))).transpose());
        (upload.sha256.clone(), format, content)
    });
    let (sha256, format, content) = sealed.await.map_err(|e| Stop::Broken(e.to_string()))?;
    let format = match format {
        Ok(format) => format,
        Err(ExamineError::Refused(refusal)) => return delivery::again(call, &sentence(&refusal)).await,
        Err(ExamineError::Io(_)) => return Err(Stop::Unreadable(MEDIUM)),
    };
    let Some((blob, bytes)) = content.map_err(|e| Stop::Broken(e.to_string()))? else { return Err(Stop::Unreadable(MEDIUM)) };
    // Whatever comes of it, the file that was given is kept and is somebody's.
    call.desk.store.keep_blob(&blob, "application/octet-stream", call.now).await?;
    match call.desk.cells.count_pages(bytes.into(), format).await {
        Ok(1) => {}
        Ok(_) => {
            return delivery::again(call, "Ce fichier n’a pas exactement une page. Numérisez la page seule, puis choisissez ce fichier.")
                .await;
        }
        Err(crate::cell::CellError::Refused(refusal)) => return delivery::again(call, &sentence(&refusal)).await,
        Err(other) => return Err(other.into()),
    }
    page_said(call, CorrectionAct::ReplacePage { address: blob.address, sha256, format }).await
}

async fn page_said(call: Call, act: CorrectionAct) -> Outcome {
    let (id, number) = (call.delivery()?.id, call.page()?);
    call.desk.page(id, number).await?;
    let subject = format!("page:{number}");
    let word =
        Correction { stage: Stage::Read, subject, act, seen: None, page: Some(number), rect: None, agent: call.agent()?, at: call.now };
    Box::pin(call.desk.store.add_correction(&call.desk.scope, Subject::Delivery(id), &word, call.now)).await?;
    Ok(Answer::Goto(format!("/depots/{id}")))
}

fn sentence(refusal: &Refusal) -> String {
    format!("{} {}", refusal.message, refusal.next)
}

/// The page shows what stands now; when somebody else was first, that is the answer.
fn back(id: DeliveryId, done: Result<(), StoreError>) -> Outcome {
    match done {
        Ok(()) | Err(StoreError::Refused(_)) => Ok(Answer::Goto(format!("/depots/{id}"))),
        Err(other) => Err(other.into()),
    }
}
