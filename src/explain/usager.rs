//! One application explained to the person who made it: short sentences, what is settled, and the rights that follow.

use super::dates::{Counts, dates};
use super::received::{name, received};
use super::share::{RIGHTS, laws, people, program};
use super::understood::{Understood, empty, not_copied, own_page, understood};
use super::{EXPLANATION, Matter, Standing, law, papers, points, rules, usager_text};
use crate::domain::{ChecklistLine, Extraction, LineStatus, Rank};
use crate::french::{capital, rows};
use jiff::civil::Date;
use serde::Serialize;

/// What an applicant is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForUsager {
    pub explanation: u32,
    /// To be named when asking.
    pub reference: String,
    pub explained_on: Date,
    /// « DIALLO AWA », once settled.
    pub name: Option<String>,
    pub received: Vec<String>,
    pub understood: Vec<Understood>,
    /// Labels of values that a person still looks at.
    pub checking: Vec<String>,
    /// Labels of places that are empty.
    pub empty: Vec<String>,
    /// What was taken into account and is not copied.
    pub not_copied: Vec<String>,
    pub papers_found: Vec<Found>,
    pub papers_asked: Vec<Asked>,
    pub papers_checking: Vec<String>,
    pub papers_at_collection: Vec<Asked>,
    pub points: Vec<String>,
    pub program: Vec<String>,
    pub people: Vec<String>,
    pub rules: Vec<String>,
    pub dates: Vec<Counts>,
    pub rights: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    pub paper: String,
    pub pages: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    pub paper: String,
    /// « moins de 6 mois au dépôt, signée »
    pub must_be: String,
    /// In words.
    pub article: String,
}

/// The explanation for the applicant.
#[must_use]
pub fn for_usager(matter: &Matter<'_>) -> ForUsager {
    let said = matter.read.with_corrections(matter.corrections);
    let filed = matches!(matter.standing, Standing::Filed(_));
    let confirmed = matter.constat.incomplete_confirmed(matter.corrections);
    let with = |statuses: &[LineStatus]| lines(matter, statuses);
    // That a paper is missing is a question until an agent confirmed it.
    let asked = if confirmed { with(&[LineStatus::Missing]) } else { Vec::new() };
    let open = if confirmed { with(&[LineStatus::Doubtful]) } else { with(&[LineStatus::Doubtful, LineStatus::Missing]) };
    ForUsager {
        explanation: EXPLANATION,
        reference: matter.envelope.to_string(),
        explained_on: matter.on,
        name: name(&said),
        received: received(matter, &said),
        understood: understood(matter, &said),
        checking: points::checking(matter, &said),
        empty: empty(matter, &said),
        not_copied: not_copied(&said),
        papers_found: found(matter, &said),
        papers_asked: asked.iter().map(|line| ask(matter, &said, line)).collect(),
        papers_checking: open.iter().map(|line| papers::on_a_list(matter.catalogue, line.piece.as_str())).collect(),
        papers_at_collection: with(&[LineStatus::AtCollection]).iter().map(|line| ask(matter, &said, line)).collect(),
        points: if filed { Vec::new() } else { points::points(matter, &said) },
        program: program(matter, &said),
        people: people(matter, confirmed),
        rules: laws(matter),
        dates: dates(matter, &said),
        rights: RIGHTS.iter().map(|words| (*words).to_owned()).collect(),
    }
}

impl ForUsager {
    /// The same as text.
    #[must_use]
    pub fn text(&self) -> String {
        usager_text::text(self)
    }
}

/// Lines by status; a custom of offices asks nothing of anybody.
fn lines<'a>(matter: &Matter<'a>, statuses: &[LineStatus]) -> Vec<&'a ChecklistLine> {
    matter.constat.checklist.iter().filter(|l| statuses.contains(&l.status) && l.rank != Rank::Pratique).collect()
}

/// Every recognised paper once, with its pages.
fn found(matter: &Matter<'_>, said: &Extraction) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    for piece in &said.pieces {
        let pages = piece.pages.iter().filter_map(|p| own_page(said, *p));
        let paper = capital(&papers::name(matter.catalogue, piece.kind.as_str()));
        match all.iter_mut().find(|f| f.paper == paper) {
            Some(found) => found.pages.extend(pages),
            None => all.push(Found { paper, pages: pages.collect() }),
        }
    }
    all
}

fn ask(matter: &Matter<'_>, said: &Extraction, line: &ChecklistLine) -> Asked {
    let row = rules::row(matter, said, line);
    Asked {
        paper: papers::on_a_list(matter.catalogue, line.piece.as_str()),
        must_be: row.map(rows::asks).unwrap_or_default(),
        article: law::in_words(&line.article),
    }
}
