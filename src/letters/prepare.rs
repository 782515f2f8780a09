//! From what is known of a dossier to a letter: the text of `pipelines/letters` with its braces filled in. Only settled values are
//! told, only documents that a text demands are asked for.

use super::recipient::{Addressee, lines};
use crate::catalogue::{BlockDef, BlockKind, Catalogue, LetterDef, LetterDue, SLIP_PAGES, placeholders};
use crate::domain::{
    Address, AdmissibilityStatus, AgentId, ChecklistLine, Constat, Decision, EnvelopeId, Extraction, FieldId, FieldValue, HORS_CATALOGUE,
    Letter, LetterLine, LetterMark, LetterPart, LineStatus, MarkKey, Outcome, PrefectureId, Rank, Service, Slip, SlipRow, french,
};
use crate::french as words;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Everything that a letter is made of.
pub struct Known<'a> {
    pub catalogue: &'a Catalogue,
    pub service: &'a Service,
    pub prefecture: &'a PrefectureId,
    pub envelope: EnvelopeId,
    /// With the agents' corrections laid over it.
    pub extraction: &'a Extraction,
    pub constat: &'a Constat,
    /// True when a named agent confirmed that exactly these documents are missing.
    pub incomplete_confirmed: bool,
    pub received_on: Date,
    /// The day of the letter.
    pub day: Date,
    /// Permit and kind of request, in words.
    pub request: String,
    pub key: &'a MarkKey,
}

/// Why a letter cannot be prepared, with what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    #[error("Le nom du demandeur n’est pas établi : confirmez-le dans le pli, puis revenez.")]
    Name,
    #[error("L’adresse du demandeur n’est pas établie : confirmez-la dans le pli, puis revenez.")]
    Address,
    #[error(
        "L’adresse du demandeur ne tient pas dans la fenêtre d’une enveloppe (6 lignes de 38 caractères) : raccourcissez-la dans le pli."
    )]
    LongAddress,
    #[error("Les coordonnées du service manquent : l’administrateur technique complète [service] ({0}) dans la configuration.")]
    Service(String),
    #[error("Aucun agent n’a encore confirmé que le dossier est incomplet : une demande de pièces ne part pas avant.")]
    Unconfirmed,
    #[error("Aucune pièce exigée par un texte ne manque : il n’y a rien à demander.")]
    NothingMissing,
}

/// Prepares one letter for the agent who will sign it.
pub fn prepare(def: &LetterDef, known: &Known<'_>, agent: &AgentId) -> Result<Letter, NotReady> {
    let missing = known.service.missing();
    if !missing.is_empty() {
        return Err(NotReady::Service(missing.join(", ")));
    }
    if def.due == LetterDue::Incomplete {
        if !known.incomplete_confirmed {
            return Err(NotReady::Unconfirmed);
        }
        if known.asked_for().is_empty() {
            return Err(NotReady::NothingMissing);
        }
    }
    let flags = flags(def, known);
    let recipient = lines(&known.addressee())?;
    let stands = |block: &&BlockDef| block.condition().is_none_or(|(flag, wanted)| flags.contains(flag) == wanted);
    let parts = def.blocks.iter().filter(stands).filter_map(|block| known.part(def, block)).collect();
    let mark = |page| {
        LetterMark { prefecture: known.prefecture.clone(), envelope: known.envelope, letter: def.code.clone(), page }.sign(known.key)
    };
    Ok(Letter {
        kind: def.id.clone(),
        version: def.since,
        title: def.title.clone(),
        sender: std::iter::once(&known.service.name).chain(&known.service.address).cloned().collect(),
        recipient,
        place: known.service.place.clone(),
        day: known.day,
        reference: known.reference(),
        mark: mark(1),
        parts,
        signatory: agent.as_str().to_owned(),
        slip: def.slip.as_ref().map(|slip| Slip {
            title: slip.title.clone(),
            lead: slip.lead.clone(),
            marks: SLIP_PAGES.map(mark),
            rows: def.reads_back.iter().map(|field| known.row(def, field)).collect(),
        }),
        limit: (def.due == LetterDue::Incomplete).then(|| known.limit()),
    })
}

/// What the blocks of this letter may hang on, of `FLAGS`.
fn flags(def: &LetterDef, known: &Known<'_>) -> BTreeSet<&'static str> {
    let constat = known.constat;
    let incomplete = constat.outcome == Outcome::Incomplete && known.incomplete_confirmed;
    let complete = constat.outcome == Outcome::Complete && constat.review.is_empty();
    let waiting = |id: &FieldId| known.extraction.fields.get(id).is_some_and(|r| r.decision == Decision::Review);
    let all = [
        ("complet", complete),
        ("incomplet", incomplete),
        ("en_examen", !complete && !incomplete),
        ("valeurs_en_attente", def.reads_back.iter().any(waiting)),
        ("hors_catalogue", known.extraction.permit.settled() == Some(&FieldValue::Text(HORS_CATALOGUE.to_owned()))),
        ("silence_incertain", constat.admissibility.status == AdmissibilityStatus::ToVerify),
        ("couverture", known.deadline("L433_3").is_some_and(|due| due >= known.day)),
        ("suspension", known.deadline("silence").is_some()),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(flag, _)| flag).collect()
}

impl<'a> Known<'a> {
    fn value(&self, field: &str) -> Option<&'a FieldValue> {
        self.extraction.fields.get(&FieldId::from(field))?.settled()
    }

    fn addressee(&self) -> Addressee<'a> {
        let text = |field| self.value(field).and_then(|v| if let FieldValue::Text(t) = v { Some(t.clone()) } else { None });
        let hosted = self.value("heberge") == Some(&FieldValue::Bool(true));
        let host = || Some([text("hebergeant_prenom").unwrap_or_default(), text("hebergeant_nom")?].join(" ").trim().to_owned());
        Addressee {
            prenoms: self.value("prenoms"),
            nom: self.value("nom_usage").or(self.value("nom_naissance")),
            address: self.value("adresse"),
            host: hosted.then(host).flatten(),
        }
    }

    fn deadline(&self, rule: &str) -> Option<Date> {
        self.constat.deadlines.iter().find(|d| d.rule == rule).map(|d| d.due)
    }

    /// The last day to answer: whole months after the letter, in the person's favour on a working day.
    fn limit(&self) -> Date {
        let months = self.catalogue.parameter("delai_demande_pieces", self.day).map_or(1, |(_, found)| found.value);
        self.catalogue.holidays.working_day(self.day.saturating_add(months.months()))
    }

    fn reference(&self) -> String {
        LetterMark::reference(self.prefecture, self.envelope)
    }

    /// Documents that a text demands and that are missing, groups together in the order of the list.
    fn asked_for(&self) -> Vec<Vec<&'a ChecklistLine>> {
        let mut groups: Vec<Vec<&ChecklistLine>> = Vec::new();
        let asked = self.constat.checklist.iter().filter(|l| l.status == LineStatus::Missing && l.rank == Rank::Texte);
        for line in asked {
            match groups.iter_mut().find(|g| line.group.is_some() && g[0].group == line.group) {
                Some(group) => group.push(line),
                None => groups.push(vec![line]),
            }
        }
        groups
    }

    fn part(&self, def: &LetterDef, block: &BlockDef) -> Option<LetterPart> {
        let some = |lines: Vec<LetterLine>| (!lines.is_empty()).then_some(lines);
        Some(match block.kind {
            BlockKind::Heading => LetterPart::Heading { text: self.filled(&block.text) },
            BlockKind::Paragraph => LetterPart::Paragraph { text: self.filled(&block.text) },
            BlockKind::Values => LetterPart::Values { lines: some(self.values(def))? },
            BlockKind::Found => LetterPart::Pieces { lines: some(self.found())? },
            BlockKind::Missing => LetterPart::Pieces { lines: some(self.missing())? },
            BlockKind::Help => LetterPart::Help { lines: self.catalogue.help.lines.clone() },
        })
    }

    fn label(&self, def: &LetterDef, field: &FieldId) -> String {
        let own = def.labels.get(field).cloned();
        own.or_else(|| self.catalogue.field(field.as_str()).map(|f| f.label.clone())).unwrap_or_else(|| field.to_string())
    }

    fn values(&self, def: &LetterDef) -> Vec<LetterLine> {
        let line = |field: &FieldId| {
            let text = self.show(field, self.value(field.as_str())?);
            Some(LetterLine { subject: format!("field:{field}"), label: self.label(def, field), text })
        };
        def.reads_back.iter().filter_map(line).collect()
    }

    fn row(&self, def: &LetterDef, field: &FieldId) -> SlipRow {
        let void = self.extraction.fields.get(field).is_some_and(|r| r.decision == Decision::Absent);
        let value = match self.value(field.as_str()) {
            Some(value) => self.show(field, value),
            None if void => "rien d’inscrit".to_owned(),
            None => String::new(),
        };
        SlipRow { field: field.clone(), label: self.label(def, field), value }
    }

    fn document(&self, kind: &str) -> String {
        words::labels::document_label(self.catalogue, kind)
    }

    /// A value as the applicant knows it: nobody in France writes the country into an address.
    fn show(&self, field: &FieldId, value: &FieldValue) -> String {
        let def = self.catalogue.field(field.as_str());
        match value {
            FieldValue::Address(address) if address.pays.as_deref() == Some("FR") => {
                words::values::show(&FieldValue::Address(Address { pays: None, ..address.clone() }), def)
            }
            other => words::values::show(other, def),
        }
    }

    /// Documents that count for the list, once each.
    fn found(&self) -> Vec<LetterLine> {
        let mut told = BTreeSet::new();
        let present = self.constat.checklist.iter().filter(|l| l.status == LineStatus::Present);
        let once = present.filter(|l| told.insert(l.piece.clone()));
        let line = |l: &ChecklistLine| LetterLine {
            subject: format!("checklist:{}", l.piece),
            label: self.document(l.piece.as_str()),
            text: String::new(),
        };
        let mut found: Vec<LetterLine> = once.map(line).collect();
        if self.constat.checklist.is_empty() {
            // No list decides: everything that was recognised is told.
            let known = self.extraction.pieces.iter().filter(|p| self.catalogue.document(p.kind.as_str()).is_some_and(|d| !d.none));
            let known = known.filter(|p| told.insert(p.kind.clone()));
            found.extend(known.map(|p| LetterLine {
                subject: format!("page:{}", p.pages.first().copied().unwrap_or_default()),
                label: self.document(p.kind.as_str()),
                text: String::new(),
            }));
        }
        found
    }

    fn missing(&self) -> Vec<LetterLine> {
        let line = |group: &Vec<&ChecklistLine>| {
            let names: Vec<String> = group.iter().map(|l| self.document(l.piece.as_str())).collect();
            let articles: BTreeSet<&str> = group.iter().map(|l| l.article.as_str()).collect();
            let articles = articles.into_iter().collect::<Vec<_>>().join(" ; ");
            // A paper that came and does not count is asked for again with the reason.
            let came = group.iter().find(|l| self.extraction.pieces.iter().any(|p| p.kind == l.piece)).map(|l| l.because.clone());
            LetterLine {
                subject: format!("checklist:{}", group[0].piece),
                label: if names.len() == 1 { names.concat() } else { format!("L’un de ces papiers : {}", names.join(" ; ou ")) },
                text: came.map_or_else(|| articles.clone(), |why| format!("{articles} ; reçu, mais {why}")),
            }
        };
        self.asked_for().iter().map(line).collect()
    }

    fn filled(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for name in placeholders(text) {
            out = out.replace(&format!("{{{name}}}"), &self.word(name));
        }
        out
    }

    fn word(&self, name: &str) -> String {
        let service = self.service;
        let day = |rule| self.deadline(rule).map(french).unwrap_or_default();
        match name {
            "demande" => self.request.clone(),
            "reference" => self.reference(),
            "date_reception" => french(self.received_on),
            "date_depot" => french(self.constat.filing_date.value),
            "base_depot" => words::filing_basis(self.constat.filing_date.basis).to_owned(),
            "date_silence" => day("silence"),
            "article_silence" => self.silence_article(),
            "date_limite" => french(self.limit()),
            "date_couverture" => day("L433_3"),
            "nombre_pieces" => count(self.asked_for().len()),
            "service" => service.name.clone(),
            "adresse_service" => service.address.join(", "),
            "telephone_service" => service.telephone.clone(),
            "courriel_service" => service.email.clone(),
            "tribunal" => service.court.clone(),
            "dpd" => service.data_protection.clone(),
            // `Catalogue::check` refuses every other word.
            _ => String::new(),
        }
    }

    fn silence_article(&self) -> String {
        let permit = match self.extraction.permit.settled() {
            Some(FieldValue::Text(id)) => self.catalogue.permit(id),
            _ => None,
        };
        let own = permit.filter(|p| p.silence_days.is_some()).and_then(|p| p.silence_article.clone());
        own.unwrap_or_else(|| "CESEDA R*432-1 et R432-2".to_owned())
    }
}

fn count(number: usize) -> String {
    if number == 1 { "un papier".to_owned() } else { format!("{number} papiers") }
}
