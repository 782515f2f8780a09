//! Candidates from the places of a form: zones with what the engines read in them, and check boxes.
//! Two engines on one zone are one source; they only make each other more or less believable.

use super::in_words;
use super::kinds::{self, address, name};
use super::text::{alike, squeeze};
use crate::catalogue::{Catalogue, FieldDef, FieldKind};
use crate::domain::{
    Address, Candidate, CheckBox, Engine, Evidence, FieldId, FieldValue, HORS_CATALOGUE, PageRead, Source, TickState, Zone,
};
use std::collections::BTreeMap;

/// Fields whose name and given names forms like to ask for in one place.
const PAIRS: [(&str, &str); 5] = [
    ("nom_naissance", "prenoms"),
    ("conjoint_nom", "conjoint_prenoms"),
    ("pere_nom", "pere_prenoms"),
    ("mere_nom", "mere_prenoms"),
    ("hebergeant_nom", "hebergeant_prenom"),
];

/// Everything that the zones and boxes of one page say.
pub(super) fn candidates(page: &PageRead, catalogue: &Catalogue, reference_year: i16, source: Source) -> Vec<Candidate> {
    let form = Form { page, catalogue, reference_year, source };
    let mut out: Vec<Candidate> = page.zones.iter().flat_map(|z| form.zone(z)).collect();
    out.extend(form.address());
    out.extend(form.choices());
    out
}

/// From here on a hand's date of signing is worth [`LIKELY`]: enough to count, not enough to go unseen.
const DATED: f64 = 0.7;
const LIKELY: f64 = 0.76;
/// Typed text is seldom wrong where Tesseract gives this figure or more.
const SURE: f64 = 0.9;

/// The day that a hand wrote behind "Fait à … le …" on a paper that is no form: the date of that paper.
pub(super) fn signing_date(page: &PageRead, catalogue: &Catalogue, reference_year: i16) -> Vec<Candidate> {
    let Some(field) = catalogue.field("date_document") else { return Vec::new() };
    let form = Form { page, catalogue, reference_year, source: Source::Text };
    let signing = |zone: &&Zone| catalogue.field(zone.field.as_str()).is_some_and(|f| f.topic.as_deref() == Some("signature"));
    let dated = page.zones.iter().filter(signing).flat_map(|zone| form.readings(zone, field));
    // One hand read once, but day, month and year all make sense: the paper counts, and a person confirms its date
    // before the dossier is filed.
    let trusted = |c: f64| if c >= DATED { c.clamp(LIKELY, LIKELY + 0.01) } else { c };
    dated.filter(|c| c.value.is_some()).map(|c| Candidate { confidence: trusted(c.confidence), ..c }).collect()
}

struct Form<'a> {
    page: &'a PageRead,
    catalogue: &'a Catalogue,
    reference_year: i16,
    source: Source,
}

impl Form<'_> {
    fn zone(&self, zone: &Zone) -> Vec<Candidate> {
        let Some(field) = self.catalogue.field(zone.field.as_str()) else { return Vec::new() };
        // A short label that only resembles one of the catalogue is another word; rows of boxes are answered by their marks.
        let resembles = zone.label_match < 0.9 || zone.label_match < 1.0 && squeeze(&zone.label).len() < 10;
        if resembles || !field.choices.is_empty() && !field.id.as_str().ends_with("_signe") && !self.page.checkboxes.is_empty() {
            return Vec::new();
        }
        if zone.empty {
            let trust = if self.surely_void(zone, field) { 0.97 } else { 0.3 };
            return vec![Candidate { empty: trust > 0.9, ..self.make(zone, &field.id, None, Engine::Geometry, "", trust) }];
        }
        if field.kind == FieldKind::Flag && zone.readings.is_empty() {
            // A place for a signature: ink is the answer.
            let signed = field.id.as_str().ends_with("_signe");
            return if signed {
                vec![self.make(zone, &field.id, Some(FieldValue::Bool(true)), Engine::Geometry, "", 0.7)]
            } else {
                Vec::new()
            };
        }
        let pair = PAIRS.iter().find(|(nom, prenoms)| *nom == field.id.as_str() || *prenoms == field.id.as_str());
        if let Some((nom, prenoms)) = pair.filter(|_| asks_both(&zone.label)) {
            return self.two_names(zone, nom, prenoms);
        }
        self.readings(zone, field)
    }

    /// A void is a statement: the place must be wide enough for an answer, its label must not have swallowed one,
    /// and no word of the page may stand in it.
    fn surely_void(&self, zone: &Zone, field: &FieldDef) -> bool {
        let (width, _) = self.page.transform.upright_size();
        let longest = field.labels.iter().map(|l| squeeze(l).len()).max().unwrap_or(0);
        let word = |w: &crate::domain::Word| {
            let (x, y) = w.rect.centre();
            zone.rect.contains(x, y) && w.text.chars().filter(|c| c.is_alphanumeric()).count() > 1
        };
        let shared = PAIRS[2..].iter().any(|(a, b)| field.id.as_str() == *a || field.id.as_str() == *b);
        !shared
            && zone.label_match >= 0.97
            && zone.ink < 0.01
            && zone.rect.w * 12 >= width
            && squeeze(&zone.label).len() <= longest + 8
            && !self.page.words.iter().any(word)
    }

    /// Each distinct value that an engine read, most believable first.
    fn readings(&self, zone: &Zone, field: &FieldDef) -> Vec<Candidate> {
        let mut values: BTreeMap<FieldValue, Vec<(Engine, f32, &str)>> = BTreeMap::new();
        for reading in &zone.readings {
            if let Some(value) = kinds::parse(field, &reading.text, self.reference_year) {
                values.entry(value).or_default().push((reading.engine, reading.confidence, &reading.text));
            }
        }
        let alone = values.len() == 1;
        let mut out: Vec<Candidate> = values
            .into_iter()
            .flat_map(|(value, mut readers)| {
                let trust = believed(&readers, alone) * f64::from(zone.label_match.clamp(0.5, 1.0));
                readers.sort_by_key(|r| std::cmp::Reverse(rank(r.0)));
                readers
                    .iter()
                    .map(|(engine, _, raw)| self.make(zone, &field.id, Some(value.clone()), *engine, raw, trust))
                    .collect::<Vec<_>>()
            })
            .collect();
        out.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        if out.is_empty() {
            // Ink that no engine made a value of: a person must look, and the place is not empty.
            let raw = zone.readings.iter().map(|r| r.text.as_str()).next().unwrap_or_default();
            out.push(Candidate { empty: false, ..self.make(zone, &field.id, None, Engine::Tesseract, raw, 0.05) });
        }
        out
    }

    fn two_names(&self, zone: &Zone, nom: &str, prenoms: &str) -> Vec<Candidate> {
        let mut out = Vec::new();
        for reading in &zone.readings {
            // Capitals throughout tell surname and given names apart less surely than two ways of writing do.
            let alike = || name::both_alike(&reading.text, &self.surnames()).map(|both| (both, 0.65));
            let Some(((surname, given), sure)) = name::both(&reading.text).map(|both| (both, 0.8)).or_else(alike) else { continue };
            let trust = f64::from(reading.confidence) * sure;
            out.push(self.make(zone, &FieldId::from(nom), Some(FieldValue::Text(surname)), reading.engine, &reading.text, trust));
            let given = if self.catalogue.field(prenoms).is_some_and(|f| f.kind == FieldKind::Names) {
                FieldValue::List(given)
            } else {
                FieldValue::Text(given.join(" "))
            };
            out.push(self.make(zone, &FieldId::from(prenoms), Some(given), reading.engine, &reading.text, trust));
        }
        out
    }

    /// The applicant's surname as the form gives it: a father mostly has the same.
    fn surnames(&self) -> Vec<String> {
        let zones = self.page.zones.iter().filter(|z| z.field.as_str() == "nom_naissance" && !z.empty);
        zones.flat_map(|z| &z.readings).filter_map(|r| name::one(&r.text)).collect()
    }

    /// Street, postcode and town stand in places of their own.
    fn address(&self) -> Option<Candidate> {
        let best = |field: &str| {
            let zone = self.page.zones.iter().find(|z| z.field.as_str() == field && !z.empty)?;
            let mut readings: Vec<_> = zone.readings.iter().collect();
            readings.sort_by_key(|r| std::cmp::Reverse(rank(r.engine)));
            Some((zone, readings))
        };
        let (street_zone, streets) = best("adresse")?;
        let (_, codes) = best("code_postal")?;
        let (_, towns) = best("commune")?;
        let (numero, voie) = streets.iter().find_map(|r| address::street(&r.text))?;
        let code_postal = codes.iter().find_map(|r| address::postcode(&r.text))?;
        let commune = towns.iter().find_map(|r| address::town(&r.text))?;
        let trust = [&streets, &codes, &towns].iter().filter_map(|r| r.first()).map(|r| f64::from(r.confidence)).fold(1.0, f64::min);
        let value = FieldValue::Address(Address { numero, voie, complement: None, code_postal, commune, pays: Some("FR".to_owned()) });
        let raw = [streets.first(), codes.first(), towns.first()].iter().flatten().map(|r| r.text.as_str()).collect::<Vec<_>>().join(" ");
        Some(self.make(street_zone, &FieldId::from("adresse"), Some(value), Engine::Ppocr, &raw, trust * 0.8))
    }

    /// One answer for each question that exactly one box answers.
    fn choices(&self) -> Vec<Candidate> {
        let mut asked: BTreeMap<FieldId, Vec<(&CheckBox, String)>> = BTreeMap::new();
        for tick in &self.page.checkboxes {
            if let Some((field, answer)) = self.question(tick) {
                asked.entry(field).or_default().push((tick, answer));
            }
        }
        let answers = asked.into_iter().filter_map(|(field, boxes)| {
            let marked: Vec<&(&CheckBox, String)> = boxes.iter().filter(|(b, _)| b.state == TickState::Marked).collect();
            let doubtful = boxes.iter().any(|(b, _)| b.state == TickState::Doubtful);
            let [(tick, answer)] = marked.as_slice() else { return None };
            let flag = self.catalogue.field(field.as_str()).is_some_and(|f| f.kind == FieldKind::Flag);
            let value = if flag { FieldValue::Bool(answer == "oui") } else { FieldValue::Text(answer.clone()) };
            let trust = if doubtful { 0.5 } else { 0.9 };
            Some(self.ticked(tick, &field, value, trust))
        });
        answers.collect()
    }

    /// Which question a box belongs to, and which answer it is: by the label of its group, else by its words alone.
    fn question(&self, tick: &CheckBox) -> Option<(FieldId, String)> {
        // What no form prints a label of is for an agent to say: its answers stand beside boxes of other questions.
        let asked: Vec<&FieldDef> = self
            .catalogue
            .fields
            .iter()
            .filter(|f| !f.labels.is_empty() && !f.choices.is_empty() || f.id.as_str() == "permit_id")
            .collect();
        let claims = |f: &&&FieldDef| f.labels.iter().any(|l| alike(l, &tick.group) || begins(&tick.group, l));
        let named: Vec<&&FieldDef> = asked.iter().filter(claims).collect();
        // A box for what no box names: among the permits, or one that says so itself.
        let permits = named.iter().all(|f| f.id.as_str() == "permit_id") && !named.is_empty();
        if in_words::is_other(&tick.words) && (permits || !squeeze(&tick.words).starts_with("AUTRE")) {
            let wording = in_words::behind(self.page, tick);
            return Some((FieldId::from("permit_id"), wording.unwrap_or_else(|| HORS_CATALOGUE.to_owned())));
        }
        let by_group = named.iter().filter_map(|f| self.answer(f, &tick.words).map(|a| (f.id.clone(), a)));
        if let Some(found) = by_group.min_by_key(|(id, _)| usize::from(id.as_str() == "permit_id")) {
            return Some(found);
        }
        let mut by_words = asked
            .iter()
            .filter(|f| f.kind == FieldKind::Choice || f.id.as_str() == "permit_id")
            .filter_map(|f| self.answer(f, &tick.words).map(|a| (f.id.clone(), a)));
        let first = by_words.next()?;
        by_words.next().is_none().then_some(first)
    }

    fn answer(&self, field: &FieldDef, words: &str) -> Option<String> {
        if field.id.as_str() == "permit_id" {
            return super::request::permit_named(self.catalogue, words).map(|p| p.0);
        }
        kinds::choice(words, &field.choices)
    }

    fn ticked(&self, tick: &CheckBox, field: &FieldId, value: FieldValue, confidence: f64) -> Candidate {
        Candidate {
            field: field.clone(),
            value: Some(value.clone()),
            empty: false,
            confidence,
            evidence: Evidence {
                source: self.source,
                engine: Engine::Geometry,
                page: self.page.number,
                rect: self.page.transform.to_scan(tick.rect),
                value: Some(value),
                // Behind « Autre » the applicant's own words are what was read.
                raw: in_words::is_other(&tick.words)
                    .then(|| in_words::behind(self.page, tick))
                    .flatten()
                    .unwrap_or_else(|| tick.words.clone()),
                proof: None,
            },
        }
    }

    fn make(&self, zone: &Zone, field: &FieldId, value: Option<FieldValue>, engine: Engine, raw: &str, confidence: f64) -> Candidate {
        Candidate {
            field: field.clone(),
            empty: value.is_none(),
            confidence: confidence.clamp(0.01, 0.97),
            evidence: Evidence {
                source: self.source,
                engine,
                page: self.page.number,
                rect: self.page.transform.to_scan(zone.rect),
                value: value.clone(),
                raw: raw.to_owned(),
                proof: None,
            },
            value,
        }
    }
}

/// The better reader of places on forms comes last in rank.
fn rank(engine: Engine) -> u8 {
    match engine {
        Engine::Ppocr => 2,
        Engine::Tesseract => 1,
        _ => 0,
    }
}

fn believed(readers: &[(Engine, f32, &str)], alone: bool) -> f64 {
    let surest = f64::from(readers.iter().map(|r| r.1).fold(0.0, f32::max));
    match (readers.len(), alone) {
        (2.., true) => 0.75 + 0.2 * surest,
        (2.., false) => 0.6 + 0.2 * surest,
        // Typed text that the first engine is sure of is not shown to the second.
        (_, true) if surest >= SURE && readers.iter().all(|r| r.0 == Engine::Tesseract) => 0.7 + 0.2 * surest,
        (_, true) => 0.4 + 0.4 * surest,
        (_, false) => 0.2 + 0.4 * surest + 0.05 * f64::from(readers.iter().map(|r| rank(r.0)).max().unwrap_or(0)),
    }
}

fn asks_both(label: &str) -> bool {
    let key = squeeze(label);
    // The first letter of « prénoms » is the one that engines lose behind a bracket or comma; « père nom » has those letters too.
    let last = key.trim_end_matches('S').strip_suffix("RENOM").map(|rest| rest.trim_end_matches('P'));
    key.contains("PRENOM") && key.replacen("PRENOM", "", 1).contains("NOM") || last.is_some_and(|rest| rest.contains("NOM"))
}

fn begins(text: &str, label: &str) -> bool {
    let (text, label) = (squeeze(text), squeeze(label));
    label.len() >= 4 && text.starts_with(&label)
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::page;
    use super::*;
    use crate::domain::{Rect, ZoneOrigin, ZoneReading, ZoneShape};

    fn catalogue() -> Catalogue {
        #[derive(serde::Deserialize)]
        struct File {
            fields: Vec<FieldDef>,
        }
        let text = "
[[fields]]
id = 'numero_etranger'
label = 'x'
kind = 'number'
labels = ['N° étranger']
pattern = '\\d{10}'
[[fields]]
id = 'pere_nom'
label = 'x'
kind = 'name'
[[fields]]
id = 'pere_prenoms'
label = 'x'
kind = 'names'
[[fields]]
id = 'sexe'
label = 'x'
kind = 'choice'
labels = ['Sexe']
choices = [{ id = 'M', words = ['Masculin'] }, { id = 'F', words = ['Féminin'] }]
";
        let mut catalogue = Catalogue::default();
        catalogue.fields = toml::from_str::<File>(text).unwrap().fields;
        catalogue
    }

    fn zone(field: &str, label: &str, readings: &[(Engine, &str)]) -> Zone {
        Zone {
            field: FieldId::from(field),
            shape: ZoneShape::Line,
            origin: ZoneOrigin::Discovered,
            rect: Rect::new(100, 100, 400, 40),
            label: label.to_owned(),
            label_rect: Rect::new(100, 60, 200, 30),
            label_match: 1.0,
            ink: if readings.is_empty() { 0.0 } else { 0.1 },
            empty: readings.is_empty(),
            readings: readings
                .iter()
                .map(|(engine, text)| ZoneReading { engine: *engine, text: (*text).to_owned(), confidence: 0.9 })
                .collect(),
        }
    }

    fn tick(words: &str, state: TickState) -> CheckBox {
        CheckBox { rect: Rect::new(10, 10, 20, 20), words: words.to_owned(), group: "Sexe".to_owned(), ink: 0.2, state }
    }

    #[test]
    fn agreeing_engines_say_one_value_more_surely_than_differing_ones() {
        let mut page = page(&[]);
        page.zones.push(zone("numero_etranger", "N° étranger", &[(Engine::Tesseract, "44502 58423"), (Engine::Ppocr, "4450258423")]));
        let agreed = candidates(&page, &catalogue(), 2026, Source::Form);
        assert!(agreed.len() == 2 && agreed[0].value == agreed[1].value, "each engine is a witness of its own: {agreed:?}");
        page.zones[0].readings[0].text = "4450258428".to_owned();
        let differing = candidates(&page, &catalogue(), 2026, Source::Form);
        assert_eq!(differing.len(), 2);
        assert!(differing.iter().all(|c| c.confidence < agreed[0].confidence));
    }

    #[test]
    fn a_label_asks_for_both_names_also_where_a_letter_of_it_is_lost() {
        for label in ["Père (nom, prénoms) :", "Mère (nom de jeune fille, rénoms)", "Nom et prénom", "Père : nom et prénoms"] {
            assert!(asks_both(label), "{label}");
        }
        for label in ["Nom de naissance", "Prénoms", "Prénoms du père", "Père : nom"] {
            assert!(!asks_both(label), "{label}");
        }
    }

    #[test]
    fn an_empty_zone_says_so_and_ink_without_a_value_does_not() {
        let mut page = page(&[]);
        page.zones.push(zone("numero_etranger", "N° étranger", &[]));
        page.zones.push(zone("numero_etranger", "N° étranger", &[(Engine::Tesseract, "~~~")]));
        let found = candidates(&page, &catalogue(), 2026, Source::Form);
        assert_eq!(found.iter().map(|c| (c.value.is_some(), c.empty)).collect::<Vec<_>>(), [(false, true), (false, false)]);
    }

    #[test]
    fn a_place_for_both_names_gives_both() {
        let mut page = page(&[]);
        page.zones.push(zone("pere_nom", "Père (nom, prénoms)", &[(Engine::Ppocr, "LI Wei")]));
        let found = candidates(&page, &catalogue(), 2026, Source::Form);
        assert_eq!(found.iter().map(|c| c.field.as_str()).collect::<Vec<_>>(), ["pere_nom", "pere_prenoms"]);
    }

    #[test]
    fn exactly_one_marked_box_is_an_answer() {
        let mut page = page(&[]);
        page.checkboxes = vec![tick("Masculin", TickState::Marked), tick("Féminin", TickState::Clear)];
        assert_eq!(candidates(&page, &catalogue(), 2026, Source::Form)[0].value, Some(FieldValue::Text("M".to_owned())));
        page.checkboxes[1].state = TickState::Marked;
        assert!(candidates(&page, &catalogue(), 2026, Source::Form).is_empty(), "two marks are no answer");
    }
}
