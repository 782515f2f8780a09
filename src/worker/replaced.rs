//! Pages for which an agent gave another file of one page, and pages that are to be read once more.

use super::read::Original;
use super::{Reader, StageError, Worker};
use crate::cell::{CellPage, Content, ReadRequest};
use crate::domain::{Correction, CorrectionAct, Format, Stage};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// What agents said of the pages of a delivery, by page.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Quarter turns, from the page as scanned.
    pub turns: BTreeMap<u32, u8>,
    pub replaced: BTreeMap<u32, Replacement>,
    /// How often a page was to be read again: part of what the page is made of, for the result may differ.
    pub again: BTreeMap<u32, u32>,
}

/// The file that stands for a page.
#[derive(Clone, Debug)]
pub(super) struct Replacement {
    pub address: String,
    pub sha256: String,
    pub format: Format,
}

impl Said {
    /// The last word on each page. A turn was said of the picture that was there: a new page is not turned by it.
    pub(super) fn of(corrections: &[Correction]) -> Self {
        let mut said = Self::default();
        for correction in corrections.iter().filter(|c| c.stage == Stage::Read) {
            let page = correction.page.or_else(|| correction.subject.strip_prefix("page:")?.parse().ok());
            match (&correction.act, page) {
                (CorrectionAct::Turn { quarter_turns }, Some(page)) => drop(said.turns.insert(page, *quarter_turns)),
                (CorrectionAct::ReplacePage { address, sha256, format }, Some(page)) => {
                    said.turns.remove(&page);
                    let (address, sha256) = (address.clone(), sha256.clone());
                    said.replaced.insert(page, Replacement { address, sha256, format: *format });
                }
                (CorrectionAct::ReadAgain, Some(page)) => *said.again.entry(page).or_default() += 1,
                _ => {}
            }
        }
        said
    }
}

impl<R: Reader> Worker<R> {
    /// Reads the file that stands for page `number`; what comes back bears that number.
    pub(super) async fn read_replacement(&self, replacement: &Replacement, number: u32, turns: Option<u8>) -> Result<CellPage, StageError> {
        let blob = self.store.blob(&replacement.address).await?;
        let bytes = Content::of(Original { blobs: self.blobs.clone(), blob });
        let turns = turns.map(|n| (1, n)).into_iter().collect();
        let request = ReadRequest { bytes, format: replacement.format, first_page: 1, last_page: 1, turns };
        let (sender, mut receiver) = mpsc::channel(2);
        let first = async { Ok::<_, StageError>(receiver.recv().await) };
        let read = async { self.reader.read(request, sender).await.map_err(StageError::from) };
        let ((), page) = tokio::try_join!(read, first)?;
        let mut page = page.ok_or_else(|| StageError::Machine(format!("the cell sent no result for the new page {number}")))?;
        page.read.number = number;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Instant;

    #[test]
    fn a_new_page_is_not_turned_by_what_was_said_of_the_old_one() {
        let at = Instant("2026-11-23T08:00:00Z".parse().unwrap());
        let says = |act| Correction {
            stage: Stage::Read,
            subject: "page:2".into(),
            act,
            seen: None,
            page: None,
            rect: None,
            agent: "a".into(),
            at,
        };
        let new = CorrectionAct::ReplacePage { address: "x".into(), sha256: "y".into(), format: Format::Tiff };
        let turn = |quarter_turns| says(CorrectionAct::Turn { quarter_turns });
        let said = Said::of(&[turn(1), says(new.clone())]);
        assert!(said.turns.is_empty() && said.replaced[&2].sha256 == "y");
        assert_eq!(Said::of(&[says(new), turn(3)]).turns[&2], 3);
        assert_eq!(Said::of(&[says(CorrectionAct::ReadAgain), says(CorrectionAct::ReadAgain)]).again[&2], 2);
    }
}
