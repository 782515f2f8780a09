//! Pages that were read before, played back in place of the cells, and the values that tests are made of.

use passerelle::cell::{CellError, CellPage, Content, ReadRequest};
use passerelle::domain::*;
use passerelle::worker::Reader;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// Plays pages back, whatever the file holds, and remembers what it was asked.
#[derive(Clone)]
pub struct Recorded {
    pub pages: Arc<Vec<PageRead>>,
    /// How long each page takes.
    pub pause: Duration,
    /// So many calls fail first, as a machine out of memory does.
    pub failures: Arc<AtomicU32>,
    /// Page ranges asked for, in order.
    pub asked: Arc<Mutex<Vec<(u32, u32)>>>,
    /// Calls that go on at this moment.
    pub running: Arc<AtomicU32>,
}

impl Recorded {
    pub fn of(pages: Vec<PageRead>) -> Self {
        Self { pages: Arc::new(pages), pause: Duration::ZERO, failures: Arc::default(), asked: Arc::default(), running: Arc::default() }
    }

    fn fail_if_due(&self) -> Result<(), CellError> {
        match self.failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => Err(CellError::Machine("no memory for a cell".into())),
            Err(_) => Ok(()),
        }
    }
}

struct Running<'a>(&'a AtomicU32);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Reader for Recorded {
    fn engines(&self) -> String {
        "recorded".into()
    }

    async fn count_pages(&self, _: Content, _: Format) -> Result<u32, CellError> {
        self.fail_if_due()?;
        Ok(self.pages.len() as u32)
    }

    async fn read(&self, request: ReadRequest, pages: Sender<CellPage>) -> Result<(), CellError> {
        self.running.fetch_add(1, SeqCst);
        let _running = Running(&self.running);
        self.asked.lock().unwrap().push((request.first_page, request.last_page));
        for page in self.pages.iter().filter(|p| (request.first_page..=request.last_page).contains(&p.number)) {
            tokio::time::sleep(self.pause).await;
            let mut read = page.clone();
            read.transform.quarter_turns = request.turns.iter().find(|(n, _)| *n == page.number).map_or(0, |(_, turns)| *turns);
            let picture = format!("picture of page {}", page.number).into_bytes();
            let gone = |_| CellError::Machine("nobody takes the pages".into());
            pages.send(CellPage { read, picture }).await.map_err(gone)?;
        }
        Ok(())
    }
}

/// A page that shows these lines, one word box a word.
pub fn page(number: u32, lines: &[&str]) -> PageRead {
    let mut words = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        for (column, word) in text.split_whitespace().enumerate() {
            words.push(Word {
                text: word.to_owned(),
                rect: Rect::new(100 + 160 * column as u32, 100 + 60 * line as u32, 150, 40),
                confidence: 0.95,
                line: line as u32,
                engine: Engine::Tesseract,
            });
        }
    }
    PageRead {
        number,
        dpi: 150,
        transform: Transform { quarter_turns: 0, skew: 0.0, scan_width: 1240, scan_height: 1754, sheet: None },
        state: PageState::Read,
        words,
        zones: Vec::new(),
        checkboxes: Vec::new(),
        mrz: Vec::new(),
        codes: Vec::new(),
        marks: Vec::new(),
        looks: Vec::new(),
    }
}

pub fn text(value: &str) -> FieldValue {
    FieldValue::Text(value.into())
}

pub fn reading(value: FieldValue, decision: Decision) -> Reading {
    Reading {
        value: Some(value.clone()),
        decision,
        confidence: 0.75,
        source: Source::Form,
        page: Some(1),
        rect: Some(Rect::new(10, 20, 300, 40)),
        because: "lu sur le formulaire".into(),
        evidence: vec![Evidence {
            source: Source::Form,
            engine: Engine::Tesseract,
            page: 1,
            rect: Rect::new(10, 20, 300, 40),
            value: Some(value),
            // A barcode may hold a NUL, which one of the databases refuses in JSON.
            raw: "as\0read".into(),
            proof: None,
        }],
    }
}

pub fn extraction(pages: &[u32], nom: &str) -> Extraction {
    let birth = PartialDate { annee: 1987, mois: None, jour: None };
    Extraction {
        pages: pages.to_vec(),
        channel: Channel::Postal,
        permit: reading(text("etudiant"), Decision::Accepted),
        request: reading(text("premiere"), Decision::Accepted),
        dates: RequestDates {
            envoi: Some(reading(FieldValue::Date("2026-11-09".parse().unwrap()), Decision::Accepted)),
            ..RequestDates::default()
        },
        pieces: vec![Piece {
            kind: "justificatif_nationalite".into(),
            pages: pages.to_vec(),
            confidence: 0.9,
            person: Person::Applicant,
            surely_none: false,
            facts: [("date".into(), reading(text("x"), Decision::Review))].into(),
        }],
        fields: [
            ("nom_naissance".into(), reading(text(nom), Decision::Review)),
            ("date_naissance".into(), reading(FieldValue::PartialDate(birth), Decision::Accepted)),
            ("prenoms".into(), reading(FieldValue::List(vec!["AWA".into()]), Decision::Accepted)),
        ]
        .into(),
        findings: Vec::new(),
        signals: std::collections::BTreeMap::new(),
    }
}

pub fn constat(outcome: Outcome, review: &[&str]) -> Constat {
    let need = |subject: &&str| ReviewNeed { subject: (*subject).into(), reason: "à confirmer".into() };
    Constat {
        outcome,
        filing_date: FilingDate { value: "2026-11-09".parse().unwrap(), basis: FilingBasis::Cachet },
        checklist: vec![ChecklistLine {
            piece: "photo".into(),
            status: if outcome == Outcome::Incomplete { LineStatus::Missing } else { LineStatus::Present },
            class: LineClass::ToBeAsked,
            rank: Rank::Texte,
            article: "R431-11".into(),
            rule_version: "2026-01-01".into(),
            because: String::new(),
            group: None,
        }],
        admissibility: Admissibility { status: AdmissibilityStatus::ToVerify, evidence: Vec::new(), because: String::new() },
        deadlines: Vec::new(),
        urgency: Urgency::default(),
        findings: Vec::new(),
        review: review.iter().map(need).collect(),
    }
}
