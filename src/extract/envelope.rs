//! The pages of one envelope together: pieces, fields, permit, request, dates.

use super::echo;
use super::layout::Layout;
use super::page::FORM;
use super::person::{Identity, People, name_on, people};
use super::pieces::{Draft, drafts};
use super::request;
use super::weigh::{Vote, weigh};
use super::words;
use crate::catalogue::{Catalogue, FieldDef};
use crate::domain::{
    Candidate, Channel, Correction, Decision, EnvelopePages, Extraction, FieldId, FieldValue, Finding, INCONNU, Latitude, PageRead,
    Pattern, Person, Piece, Profile, Reading, RequestDates, Sheet, SheetRole, Signals, Source,
};
use std::collections::{BTreeMap, BTreeSet};

/// Facts of a document itself, not of the person.
const FACTS: [&str; 4] = ["date_document", "signe", "expire_le", "nom"];
/// Read into the request, the permit or the dates, or parts of another field.
const ELSEWHERE: [&str; 8] =
    ["type_demande", "permit_id", "date_envoi", "date_reception", "date_signature", "code_postal", "commune", "ccc_ticket"];
/// Fields of the applicant that a paper of somebody else can never speak of.
const OWN_ADDRESS: &str = "adresse";

/// Everything that one envelope says.
pub(super) fn extract(
    sheets: &[Sheet],
    pages: &[PageRead],
    envelope: &EnvelopePages,
    catalogue: &Catalogue,
    latitude: Latitude,
    corrections: &[Correction],
) -> Extraction {
    let read: BTreeMap<u32, &PageRead> = pages.iter().map(|p| (p.number, p)).collect();
    let pairs: Vec<(&Sheet, &PageRead)> = sheets.iter().filter_map(|s| read.get(&s.page).map(|p| (s, *p))).collect();
    let sheets: Vec<Sheet> = pairs.iter().map(|(s, _)| (*s).clone()).collect();
    let layouts: Vec<Layout> = pairs.iter().map(|(_, p)| Layout::new(p)).collect();
    let people = people(&sheets, &layouts, catalogue);
    let (request, permit) = request::decide(&sheets, &people, catalogue, latitude.profile);
    let id = |reading: &Reading| match &reading.value {
        Some(FieldValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let drafts = drafts(&sheets, &people, catalogue, id(&permit).as_deref(), id(&request).as_deref(), corrections);
    let bench = Bench { sheets: &sheets, layouts: &layouts, people: &people, drafts: &drafts, catalogue, latitude };
    let Weighed { mut fields, mut findings, signals } = bench.fields();
    let mut take = |id: &str| fields.remove(&FieldId::from(id));
    let dates = RequestDates { envoi: take("date_envoi"), reception: take("date_reception"), signature: take("date_signature") };
    findings.extend(bench.strangers());
    findings.extend(sheets.iter().flat_map(words::seals));
    findings.extend(sheets.iter().filter_map(words::returned));
    let mut all = envelope.findings.clone();
    all.extend(findings);
    let extraction = Extraction {
        pages: envelope.pages.clone(),
        channel: Channel::Postal,
        permit,
        request,
        dates,
        pieces: bench.pieces(),
        fields,
        findings: all,
        signals,
    };
    extraction.with_corrections(corrections)
}

struct Bench<'a> {
    sheets: &'a [Sheet],
    layouts: &'a [Layout<'a>],
    people: &'a People,
    drafts: &'a [Draft],
    catalogue: &'a Catalogue,
    latitude: Latitude<'a>,
}

/// It is not settled who applies.
struct Doubt {
    /// Says so, unless the contradiction of the papers does already.
    finding: Option<Finding>,
}

/// What became of all votes.
#[derive(Default)]
struct Weighed {
    fields: BTreeMap<FieldId, Reading>,
    findings: Vec<Finding>,
    signals: BTreeMap<FieldId, Signals>,
}

impl Bench<'_> {
    fn fields(&self) -> Weighed {
        let mut votes = self.votes();
        self.echoes(&mut votes);
        let mut out = Weighed::default();
        // Papers that agree prove whose they are, not that he is the one who applies.
        let doubt = self.applicant_in_doubt(&votes);
        let latitude = if doubt.is_some() { Latitude { profile: Profile::Observation, ..self.latitude } } else { self.latitude };
        out.findings.extend(doubt.as_ref().and_then(|d| d.finding.clone()));
        for field in &self.catalogue.fields {
            let id = field.id.as_str();
            let elsewhere = ELSEWHERE.contains(&id) && !id.starts_with("date_") || FACTS.contains(&id);
            let own: &[Vote] = votes.get(&field.id).map_or(&[], Vec::as_slice);
            if elsewhere || own.is_empty() && !self.looked_for(field) {
                continue;
            }
            let verdict = weigh(field, own, latitude);
            out.fields.insert(field.id.clone(), verdict.reading);
            out.findings.extend(verdict.finding);
            // Where nothing is accepted anyway, how often readings are right says nothing of those that may be.
            out.signals.extend(verdict.signals.filter(|_| doubt.is_none()).map(|s| (field.id.clone(), s)));
        }
        out
    }

    /// Whether the papers leave open who applies: the form names nobody, the name is contradicted, or the person would be French
    /// and need no title.
    fn applicant_in_doubt(&self, votes: &BTreeMap<FieldId, Vec<Vote>>) -> Option<Doubt> {
        if self.people.guessed {
            return Some(Doubt { finding: Some(words::nobody_named()) });
        }
        let weighed = |id: &str| {
            let field = self.catalogue.field(id)?;
            Some(weigh(field, votes.get(&field.id).map_or(&[], Vec::as_slice), self.latitude))
        };
        let french = |v: &FieldValue| matches!(v, FieldValue::List(codes) if codes.iter().all(|c| c == "FR"));
        if weighed("nationalites").is_some_and(|v| v.reading.value.as_ref().is_some_and(french)) {
            return Some(Doubt { finding: Some(words::french_applicant()) });
        }
        let contradicted = ["nom_naissance", "prenoms"].into_iter().filter_map(weighed).any(|v| v.finding.is_some());
        contradicted.then_some(Doubt { finding: None })
    }

    /// Identity always, and what the documents in the envelope usually print.
    fn looked_for(&self, field: &FieldDef) -> bool {
        let prints = |kind: &str| self.catalogue.document(kind).is_some_and(|d| d.values.iter().any(|v| v.field == field.id));
        field.identity || self.drafts.iter().any(|d| d.person == Person::Applicant && prints(d.kind.as_str()))
    }

    /// Every candidate as a vote for the field of the person whose paper it stands on.
    fn votes(&self) -> BTreeMap<FieldId, Vec<Vote>> {
        let mut votes: BTreeMap<FieldId, Vec<Vote>> = BTreeMap::new();
        for (sheet, person) in self.sheets.iter().zip(&self.people.of_sheet) {
            let form = sheet.kinds.first().is_some_and(|k| k.kind.as_str() == FORM);
            for candidate in &sheet.candidates {
                let meant = if form { Some(candidate.field.clone()) } else { self.meant(sheet, *person, candidate) };
                if let Some(field) = meant {
                    let mut candidate = candidate.clone();
                    candidate.field = field.clone();
                    votes.entry(field).or_default().push(Vote { paper: self.paper(sheet.page), candidate });
                }
            }
        }
        votes
    }

    fn paper(&self, page: u32) -> usize {
        self.drafts.iter().position(|d| d.pages.contains(&page)).unwrap_or(usize::MAX)
    }

    /// The field that a candidate of this page speaks of; `None` when it is nobody's business.
    fn meant(&self, sheet: &Sheet, person: Person, candidate: &Candidate) -> Option<FieldId> {
        let id = &candidate.field;
        if id.as_str() == OWN_ADDRESS && !self.address_counts(sheet, person, candidate) {
            return None;
        }
        let section = match person {
            Person::Applicant => return Some(id.clone()),
            Person::Conjoint => "conjoint",
            Person::Hebergeant => "hebergeant",
            // What papers of parents and children say is in the acts and on the form; their numbers are not the applicant's.
            Person::Parent | Person::Enfant | Person::Other => return None,
        };
        let named = self.catalogue.section(section)?.fields.get(id).cloned();
        named.or_else(|| id.as_str().starts_with(section).then(|| id.clone()))
    }

    /// An address on a bill is that of the name above it; one on a card may be years old.
    fn address_counts(&self, sheet: &Sheet, person: Person, candidate: &Candidate) -> bool {
        let card = sheet.candidates.iter().any(|c| c.evidence.source == Source::Mrz);
        let Some((name, _)) = candidate.evidence.raw.split_once('\n') else { return !card || person != Person::Applicant };
        let block = Identity { ..self.people.applicant.clone() };
        person != Person::Applicant || names(name, &block)
    }

    /// Values of the applicant that other papers of the applicant print without a label.
    fn echoes(&self, votes: &mut BTreeMap<FieldId, Vec<Vote>>) {
        let applicant = &self.people.applicant;
        let mut more: Vec<(FieldId, Vote)> = Vec::new();
        for (field, list) in votes.iter() {
            let mut seen: BTreeSet<String> = BTreeSet::new();
            for vote in list {
                let Some(value) = &vote.candidate.value else { continue };
                if !seen.insert(super::compare::key(value)) {
                    continue;
                }
                for ((sheet, layout), person) in self.sheets.iter().zip(self.layouts).zip(&self.people.of_sheet) {
                    let spoken = list.iter().any(|v| {
                        v.candidate.evidence.page == sheet.page
                            && v.candidate.value.as_ref().map(super::compare::key) == Some(super::compare::key(value))
                    });
                    if spoken || *person != Person::Applicant || sheet.role != SheetRole::Document {
                        continue;
                    }
                    let prints = |kind: &str| self.catalogue.document(kind).is_some_and(|d| d.values.iter().any(|v| v.field == *field));
                    // The name of a school stands on many papers without being an employer's.
                    let open = !matches!(field.as_str(), "etablissement" | "employeur_nom" | "diplome")
                        || sheet.kinds.first().is_some_and(|k| prints(k.kind.as_str()));
                    if !open {
                        continue;
                    }
                    if let Some(found) = echo::find(layout, field, value, &applicant.surnames, &applicant.given) {
                        more.push((field.clone(), Vote { candidate: found, paper: self.paper(sheet.page) }));
                    }
                }
            }
        }
        for (field, vote) in more {
            votes.entry(field).or_default().push(vote);
        }
    }

    fn strangers(&self) -> Vec<Finding> {
        let of = |page: &u32| {
            let sheet = self.sheets.iter().find(|s| s.page == *page)?;
            let kind = self.drafts.iter().find(|d| d.pages.contains(page)).map(|d| d.kind.as_str())?;
            let label = self.catalogue.document(kind).map_or("document non reconnu", |d| d.label.as_str());
            Some(words::stranger(*page, label, name_on(&sheet.candidates).as_deref()))
        };
        self.people.strangers.iter().filter_map(of).collect()
    }

    fn pieces(&self) -> Vec<Piece> {
        self.drafts
            .iter()
            .map(|d| Piece {
                kind: d.kind.clone(),
                pages: d.pages.clone(),
                confidence: d.confidence,
                person: d.person,
                surely_none: d.surely_none && d.kind.as_str() == INCONNU,
                facts: self.facts(d),
            })
            .collect()
    }

    /// What the list asks of the document itself, and whose name and address it bears.
    fn facts(&self, draft: &Draft) -> BTreeMap<FieldId, Reading> {
        let mut facts = BTreeMap::new();
        let own: Vec<&Candidate> = self.sheets.iter().filter(|s| draft.pages.contains(&s.page)).flat_map(|s| &s.candidates).collect();
        for id in ["date_document", "expire_le", "adresse", "date_naissance", "prenoms"] {
            let best =
                own.iter().filter(|c| c.field.as_str() == id && c.value.is_some()).max_by(|a, b| a.confidence.total_cmp(&b.confidence));
            if let Some(candidate) = best {
                let alike = |o: &&Candidate| o.value == candidate.value && o.evidence.engine != candidate.evidence.engine;
                let seen_twice = own.iter().any(|o| o.field.as_str() == id && alike(o));
                let mut fact = fact(candidate);
                if seen_twice {
                    fact.confidence = fact.confidence.max(TAKEN);
                }
                facts.insert(FieldId::from(id), fact);
            }
        }
        let signed = own.iter().find(|c| c.field.as_str() == "signe" || c.field.as_str().ends_with("_signe"));
        if let Some(candidate) = signed {
            facts.insert(FieldId::from("signe"), fact(candidate));
        }
        if let Some((name, candidate)) = self.name(draft, &own) {
            facts.insert(FieldId::from("nom"), Reading { value: Some(FieldValue::Text(name)), ..fact(candidate) });
        }
        facts
    }

    fn name<'a>(&self, draft: &Draft, own: &[&'a Candidate]) -> Option<(String, &'a Candidate)> {
        let all: Vec<Candidate> = own.iter().map(|c| (*c).clone()).collect();
        let place = own.iter().find(|c| matches!(c.field.as_str(), "nom_naissance" | "nom"))?;
        let applicant = &self.people.applicant;
        if draft.person == Person::Applicant {
            // The page is the applicant's because it names the applicant: other names on it are the issuer's.
            let (surname, given) = applicant.usual()?;
            return Some((format!("{surname} {}", given.join(" ")).trim().to_owned(), place));
        }
        name_on(&all).map(|n| (n, *place))
    }
}

/// A value printed beside its very label and read clearly, or by both engines alike, is taken at its word by the list; the figure
/// is set, not measured.
const TAKEN: f64 = 0.95;

/// A fact keeps the place and the trust of its candidate; the rules of the list weigh it.
fn fact(candidate: &Candidate) -> Reading {
    let confidence = if candidate.confidence >= 0.78 { candidate.confidence.max(TAKEN) } else { candidate.confidence };
    Reading {
        value: candidate.value.clone(),
        decision: if candidate.empty && candidate.value.is_none() { Decision::Absent } else { Decision::Review },
        confidence,
        source: candidate.evidence.source,
        page: Some(candidate.evidence.page),
        rect: Some(candidate.evidence.rect),
        because: words::because(std::iter::once(candidate), false, Pattern::Engine1, None),
        evidence: vec![candidate.evidence.clone()],
    }
}

/// True when the line bears a surname and a given name of the person.
fn names(line: &str, person: &Identity) -> bool {
    let key = super::text::squeeze(line);
    let has = |name: &String| super::text::squeeze(name).len() >= 2 && key.contains(&super::text::squeeze(name));
    person.surnames.iter().any(has) && person.given.iter().filter_map(|g| g.first()).any(has)
}
