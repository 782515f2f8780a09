//! The reading jobs: the pages of a file are counted, then read sixteen at a time, each committed as it
//! arrives; a job that starts again skips those that are there.

use super::inputs::hash_of;
use super::replaced::Said;
use super::{Reader, StageError, Worker};
use crate::blobs::{BlobError, Blobs};
use crate::cell::{self, CellPage, Content, ReadRequest};
use crate::domain::{BlobKind, BlobRef, Delivery, Format, PAGES_PER_READ, Refusal, Scope, Stage, Subject};
use crate::failpoint;
use crate::intake::pages_differ;
use crate::store::{Job, NewArtefact};
use std::io::Write;
use tokio::sync::mpsc;

/// Version of the form of a stored page.
const SCHEMA: u32 = 1;

/// A file that is being read.
struct Source {
    delivery: Delivery,
    format: Format,
    bytes: Content,
    /// What agents said of its pages.
    said: Said,
    recipe: String,
}

impl<R: Reader> Worker<R> {
    pub(super) async fn count(&self, job: &Job) -> Result<(), StageError> {
        let source = self.source(job).await?;
        let pages = self.reader.count_pages(source.bytes, source.format).await?;
        if pages == 0 {
            let next = "Ouvrir le document d'origine ; s'il est vide, le faire numériser de nouveau.";
            return Err(Refusal::new("aucune_page", "Ce fichier ne contient aucune page.", next).into());
        }
        if let Some(announced) = source.delivery.index.as_ref().and_then(|index| index.pages)
            && announced != pages
        {
            return Err(pages_differ(u64::from(pages), announced).into());
        }
        failpoint::hit("count.before");
        self.store.counted(job, pages, self.clock.now()).await?;
        failpoint::hit("count.after");
        Ok(())
    }

    pub(super) async fn read(&self, job: &Job) -> Result<(), StageError> {
        let source = self.source(job).await?;
        let pages = source.delivery.pages.ok_or_else(|| StageError::Machine("the pages were not counted".into()))?;
        let first = (job.unit - 1) * PAGES_PER_READ + 1;
        let last = pages.min(first + PAGES_PER_READ - 1);
        let absent = self.absent(&source, first, last).await?;
        let (new, own): (Vec<u32>, Vec<u32>) = absent.iter().partition(|page| source.said.replaced.contains_key(page));
        for number in new {
            let page = self.read_replacement(&source.said.replaced[&number], number, source.said.turns.get(&number).copied()).await?;
            self.keep(job, &source, page).await?;
        }
        for (first, last) in runs(&own) {
            self.read_run(job, &source, first, last).await?;
        }
        let left = self.absent(&source, first, last).await?;
        if !left.is_empty() {
            return Err(StageError::Machine(format!("the cell sent no result for pages {left:?}")));
        }
        failpoint::hit("pages.before");
        self.store.pages_read(job, self.clock.now()).await?;
        failpoint::hit("pages.after");
        Ok(())
    }

    async fn source(&self, job: &Job) -> Result<Source, StageError> {
        let delivery = self.store.delivery(&Scope::Machine, job.delivery).await?;
        let format = delivery.format.ok_or_else(|| {
            let next = "Convertir le document en PDF, puis le déposer de nouveau.";
            Refusal::new("format_inconnu", "Le format de ce fichier n'est pas reconnu.", next)
        })?;
        let original = self.store.original(&Scope::Machine, job.delivery).await?;
        let bytes = Content::of(Original { blobs: self.blobs.clone(), blob: original });
        let said = Said::of(&self.store.corrections_of_delivery(&Scope::Machine, job.delivery).await?);
        Ok(Source { delivery, format, bytes, said, recipe: self.recipe() })
    }

    /// Pages of the range that are not there under this input and recipe.
    async fn absent(&self, source: &Source, first: u32, last: u32) -> Result<Vec<u32>, StageError> {
        let there = self.store.pages_there(source.delivery.id).await?;
        let mut absent = Vec::new();
        for page in first..=last {
            let identity = (page, source.input_hash(page)?, source.recipe.clone());
            if !there.contains(&identity) {
                absent.push(page);
            }
        }
        Ok(absent)
    }

    async fn read_run(&self, job: &Job, source: &Source, first: u32, last: u32) -> Result<(), StageError> {
        let turns = source.said.turns.iter().filter(|(page, _)| (first..=last).contains(page)).map(|(page, n)| (*page, *n)).collect();
        let request = ReadRequest { bytes: source.bytes.clone(), format: source.format, first_page: first, last_page: last, turns };
        let (sender, mut receiver) = mpsc::channel(2);
        let take = async {
            while let Some(page) = receiver.recv().await {
                self.keep(job, source, page).await?;
            }
            Ok::<(), StageError>(())
        };
        let read = async { self.reader.read(request, sender).await.map_err(StageError::from) };
        // The first failure ends the other side: a cell must not read for a job that is lost.
        tokio::try_join!(read, take).map(drop)
    }

    /// Seals the picture, then commits the page.
    async fn keep(&self, job: &Job, source: &Source, page: CellPage) -> Result<(), StageError> {
        failpoint::hit("page.read");
        let CellPage { read, picture } = page;
        let picture = if picture.is_empty() {
            None
        } else {
            let (blobs, delivery) = (self.blobs.clone(), source.delivery.clone());
            let seal = move || blobs.put(&delivery.prefecture, delivery.id, BlobKind::Derived, &picture);
            Some(tokio::task::spawn_blocking(seal).await??)
        };
        failpoint::hit("page.sealed");
        let made = NewArtefact {
            subject: Subject::Delivery(source.delivery.id),
            stage: Stage::Read,
            unit: read.number,
            input_hash: source.input_hash(read.number)?,
            recipe: source.recipe.clone(),
            schema: SCHEMA,
            body: serde_json::to_string(&read)?,
        };
        self.store.page_read(job, &made, &read, picture.as_ref(), self.clock.now()).await?;
        failpoint::hit("page.after");
        Ok(())
    }
}

/// A sealed original, opened anew for each cell.
pub(super) struct Original {
    pub blobs: Blobs,
    pub blob: BlobRef,
}

impl cell::Source for Original {
    fn length(&self) -> u64 {
        self.blob.bytes
    }

    fn copy_to(&self, mut to: &mut dyn Write) -> std::io::Result<()> {
        self.blobs.copy_to(&self.blob, &mut to).map_err(|error| match error {
            // The end of the cell, which is not this machine's fault.
            BlobError::File { error, .. } if error.kind() == std::io::ErrorKind::BrokenPipe => error,
            other => std::io::Error::other(other),
        })
    }
}

impl Source {
    fn input_hash(&self, page: u32) -> Result<String, serde_json::Error> {
        let said = &self.said;
        let (sha256, turns) = (&self.delivery.sha256, said.turns.get(&page));
        match (said.replaced.get(&page).map(|r| &r.sha256), said.again.get(&page)) {
            (None, None) => hash_of(&(sha256, page, turns)),
            (new, again) => hash_of(&(sha256, page, turns, new, again)),
        }
    }
}

/// Numbers in ascending order as unbroken ranges, both ends included.
fn runs(pages: &[u32]) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for page in pages {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *page => *last = *page,
            _ => runs.push((*page, *page)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::runs;

    #[test]
    fn pages_that_are_there_split_the_range() {
        assert_eq!(runs(&[1, 2, 3]), [(1, 3)]);
        assert_eq!(runs(&[2, 4, 5, 9]), [(2, 2), (4, 5), (9, 9)]);
        assert!(runs(&[]).is_empty());
    }
}
