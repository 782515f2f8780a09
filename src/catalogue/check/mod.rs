//! What the parser cannot see: references that lead nowhere, patterns that do not compile, types that no two
//! signs can find. Each problem says where it is and what was probably meant.

mod law;
mod letter;
mod possible;

use super::{Catalogue, DocumentDef, FieldDef, FieldKind};
use std::collections::BTreeSet;
use std::fmt;

/// The marks that a sign may name besides words.
const MARKS: [&str; 12] = [
    "mrz:P",
    "mrz:V",
    "mrz:I",
    "mrz:A",
    "mrz:IR",
    "mrz:IDFRA",
    "mrz:PFRA",
    "code:data_matrix",
    "photo",
    "signature",
    "combs",
    "checkboxes",
];

/// Something wrong in a file of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path below `pipelines/`.
    pub file: String,
    /// 1-based, when the place is known.
    pub line: Option<usize>,
    pub message: String,
    /// What to do, or what was probably meant.
    pub hint: Option<String>,
}

impl Problem {
    pub(super) fn new(file: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), hint: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message.trim_end())?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// The line of a byte offset, 1-based.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

impl Catalogue {
    /// Every problem of the catalogue; empty for one that was loaded, since loading refuses what this finds.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let mut checker = Checker { catalogue: self, problems: Vec::new() };
        checker.unique("fields.toml", "field", self.fields.iter().map(|f| f.id.as_str()));
        checker.unique("conditions.toml", "condition", self.conditions.iter().map(|c| c.id.as_str()));
        checker.unique("parametres.toml", "parameter", self.parameters.iter().map(|p| p.id.as_str()));
        checker.unique("findings.toml", "finding", self.findings.iter().map(|f| f.code.as_str()));
        self.fields.iter().for_each(|f| checker.field(f));
        checker.sections();
        checker.facts();
        self.documents.iter().for_each(|d| checker.document(d));
        for named in &self.conditions {
            checker.condition("conditions.toml", &named.when);
        }
        checker.cycles();
        checker.parameters();
        self.permits.iter().for_each(|p| checker.permit(p));
        checker.two_d_doc();
        checker.letters();
        checker.file_names();
        checker.problems
    }
}

struct Checker<'a> {
    catalogue: &'a Catalogue,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    /// Reports at the line of the file that holds `needle`.
    fn report(&mut self, file: &str, needle: &str, message: String, hint: Option<String>) {
        let line = self.catalogue.source(file).and_then(|text| text.find(needle).map(|at| line_at(text, at)));
        self.problems.push(Problem { file: file.to_owned(), line, message, hint });
    }

    fn unknown(&mut self, file: &str, what: &str, id: &str, known: &BTreeSet<&str>) {
        // References stand in quotes, or inside a condition.
        let quoted = format!("\"{id}\"");
        let needle = if self.catalogue.source(file).is_some_and(|t| t.contains(&quoted)) { quoted } else { id.to_owned() };
        self.report(file, &needle, format!("unknown {what} `{id}`"), nearest(id, known));
    }

    fn unique<'b>(&mut self, file: &str, what: &str, ids: impl Iterator<Item = &'b str>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !seen.insert(id) {
                self.report(file, &format!("\"{id}\""), format!("{what} `{id}` is defined twice"), Some("remove one".into()));
            }
        }
    }

    fn fields(&self) -> BTreeSet<&str> {
        self.catalogue.fields.iter().map(|f| f.id.as_str()).collect()
    }

    fn pieces(&self) -> BTreeSet<&str> {
        self.catalogue.documents.iter().map(|d| d.id.as_str()).collect()
    }

    fn requests(&self) -> BTreeSet<&str> {
        self.catalogue.field("type_demande").map(|f| f.choices.iter().map(|c| c.id.as_str()).collect()).unwrap_or_default()
    }

    fn field(&mut self, field: &FieldDef) {
        let id = field.id.as_str();
        let needle = format!("\"{id}\"");
        if matches!(field.kind, FieldKind::Choice | FieldKind::Flag) && field.choices.is_empty() {
            let hint = Some("give `choices` with their words".into());
            self.report("fields.toml", &needle, format!("field `{id}` has no choices"), hint);
        }
        if let Some(pattern) = &field.pattern
            && let Err(error) = regex_syntax::parse(pattern)
        {
            self.report("fields.toml", pattern, format!("pattern of field `{id}`: {error}"), None);
        }
    }

    fn two_d_doc(&mut self) {
        let catalogue = self.catalogue;
        let known = catalogue.fields.iter().map(|f| f.id.as_str()).collect();
        let identifiers = catalogue.two_d_doc.identifiers.keys().map(String::as_str).collect();
        for sealed in &catalogue.two_d_doc.types {
            for field in sealed.values.iter().map(|v| &v.field).chain(&sealed.issued) {
                if catalogue.field(field.as_str()).is_none() {
                    self.unknown("deux_d_doc.toml", "field", field.as_str(), &known);
                }
            }
            let named = sealed.values.iter().flat_map(|v| &v.from).chain(&sealed.required);
            for id in named.flat_map(|ids| ids.split('|')) {
                if !catalogue.two_d_doc.identifiers.contains_key(id) {
                    self.unknown("deux_d_doc.toml", "identifier", id, &identifiers);
                }
            }
        }
    }

    fn sections(&mut self) {
        let catalogue = self.catalogue;
        let known = catalogue.fields.iter().map(|f| f.id.as_str()).collect();
        for section in &catalogue.sections {
            for id in section.fields.iter().flat_map(|(from, to)| [from, to]) {
                if catalogue.field(id.as_str()).is_none() {
                    self.unknown("fields.toml", "field", id.as_str(), &known);
                }
            }
        }
    }

    fn facts(&mut self) {
        let catalogue = self.catalogue;
        let fields = catalogue.fields.iter().map(|f| f.id.as_str()).collect();
        let kinds: BTreeSet<&str> = catalogue.documents.iter().map(|d| d.id.as_str()).collect();
        for fact in &catalogue.facts {
            if catalogue.field(fact.field.as_str()).is_none() {
                self.unknown("fields.toml", "field", fact.field.as_str(), &fields);
            }
            for kind in fact.of.iter().filter(|k| !kinds.contains(k.as_str())) {
                self.unknown("fields.toml", "piece", kind.as_str(), &kinds);
            }
        }
    }

    fn document(&mut self, document: &DocumentDef) {
        let file = format!("documents/{}.toml", document.id);
        for sign in &document.signs {
            if sign.any.is_empty() && sign.mark.is_none() {
                self.report(&file, "[[signs]]", "a sign has neither `any` nor `mark`".into(), None);
            }
            if let Some(mark) = sign.mark.as_deref().filter(|m| !MARKS.contains(m)) {
                self.unknown(&file, "mark", mark, &MARKS.into_iter().collect());
            }
            if sign.weight == 0.0 {
                self.report(&file, "weight = 0", "a sign of weight 0 says nothing".into(), None);
            }
        }
        if document.like.is_empty() && document.signs.iter().filter(|s| s.weight > 0.0).count() < 2 {
            let hint = Some("two signs must be able to agree: add a second".into());
            self.report(&file, "id =", format!("`{}` has fewer than two signs", document.id), hint);
        }
        let types = self.catalogue.documents.iter().map(|d| d.id.as_str()).collect();
        for other in document.like.iter().filter(|o| self.catalogue.document(o.as_str()).is_none()) {
            self.unknown(&file, "document", other.as_str(), &types);
        }
        let known = self.catalogue.fields.iter().map(|f| f.id.as_str()).collect();
        for value in &document.values {
            if self.catalogue.field(value.field.as_str()).is_none() {
                self.unknown(&file, "field", value.field.as_str(), &known);
            }
            if let Some(pattern) = &value.pattern {
                match regex_syntax::parse(pattern) {
                    Ok(parsed) if parsed.properties().explicit_captures_len() == 1 => {}
                    Ok(_) => self.report(&file, pattern, format!("pattern `{pattern}` needs exactly one group"), None),
                    Err(error) => self.report(&file, pattern, format!("pattern `{pattern}`: {error}"), None),
                }
            }
        }
    }

    /// Documents and permits are looked for by file name.
    fn file_names(&mut self) {
        let documents = self.catalogue.documents.iter().map(|d| format!("documents/{}.toml", d.id));
        let permits = self.catalogue.permits.iter().map(|p| format!("permits/{}.toml", p.id));
        let expected: BTreeSet<String> = documents.chain(permits).collect();
        let there: Vec<String> = self.catalogue.sources.iter().map(|f| f.path.clone()).collect();
        for path in there.iter().filter(|p| p.starts_with("documents/") || p.starts_with("permits/")) {
            if !expected.contains(path) {
                let hint = Some("name the file after its `id`".into());
                self.report(path, "id", format!("the id in {path} is not its file name, or is taken twice"), hint);
            }
        }
    }
}

fn nearest(id: &str, known: &BTreeSet<&str>) -> Option<String> {
    known
        .iter()
        .map(|k| (strsim::normalized_damerau_levenshtein(id, k), k))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| format!("did you mean `{k}`?"))
}

#[cfg(test)]
mod tests {
    use super::super::{CatalogueError, SourceFile};
    use super::*;

    fn problems_with(path: &str, from: &str, to: &str) -> Vec<String> {
        let mut files = Catalogue::embedded().unwrap().sources.to_vec();
        match files.iter_mut().find(|f| f.path == path) {
            Some(file) => {
                assert!(file.text.contains(from), "{from} is not in {path}");
                file.text = file.text.replacen(from, to, 1);
            }
            None => files.push(SourceFile { path: path.into(), text: to.into() }),
        }
        match Catalogue::from_files(files) {
            Err(CatalogueError::Problems(problems)) => problems.iter().map(ToString::to_string).collect(),
            other => panic!("accepted: {other:?}"),
        }
    }

    #[test]
    fn a_wrong_piece_is_told_with_file_line_and_what_was_meant() {
        let told = problems_with("permits/etudiant.toml", "\"releve_notes\"", "\"releve_note\"");
        let line = Catalogue::embedded().unwrap();
        let line = line_at(
            line.source("permits/etudiant.toml").unwrap(),
            line.source("permits/etudiant.toml").unwrap().find("\"releve_notes\"").unwrap(),
        );
        assert_eq!(told, [format!("permits/etudiant.toml:{line}: unknown piece `releve_note`; did you mean `releve_notes`?")]);
    }

    #[test]
    fn each_kind_of_mistake_is_found() {
        for (path, from, to, expected) in [
            (
                "conditions.toml",
                "present(preuve_emploi)",
                "present(preuve_emplois)",
                "unknown piece `preuve_emplois` in a condition; did you mean `preuve_emploi`?",
            ),
            (
                "conditions.toml",
                "known(numero_titre)",
                "known(numero_titres)",
                "unknown field `numero_titres` in a condition; did you mean `numero_titre`?",
            ),
            (
                "conditions.toml",
                "when = \"sans_emploi or nouveau_poste\"",
                "when = \"emploi_rompu or nouveau_poste\"",
                "condition `emploi_rompu` leads back to itself",
            ),
            (
                "permits/salarie.toml",
                "request = \"premiere\"",
                "request = \"premier\"",
                "unknown request `premier`; did you mean `premiere`?",
            ),
            (
                "permits/salarie.toml",
                "request = \"premiere\"\nsince = \"2019-05-29\"",
                "request = \"renouvellement\"\nsince = \"2019-05-29\"",
                "two lists for `renouvellement` since 2019-05-29",
            ),
            (
                "permits/salarie.toml",
                "article = \"CESEDA R431-10\"",
                "article = \"\"",
                "row `justificatif_nationalite` is of rank texte without its article",
            ),
            ("fields.toml", "pattern = '\\d{14}'", "pattern = '\\d{14'", "pattern of field `employeur_siret`"),
            ("fields.toml", "id = \"nom_usage\"", "id = \"nom_naissance\"", "field `nom_naissance` is defined twice"),
            ("documents/justificatif_nationalite.toml", "mrz:P", "mrz:Q", "unknown mark `mrz:Q`; did you mean"),
            ("documents/justificatif_nationalite.toml", "field = \"sexe\"", "field = \"sex\"", "unknown field `sex`; did you mean `sexe`?"),
            ("documents/neuf.toml", "", "id = \"neuf\"\nlabel = \"Neuf\"\n", "`neuf` has fewer than two signs"),
            (
                "documents/neuf.toml",
                "",
                "id = \"vieux\"\nlabel = \"Neuf\"\n[[signs]]\nany = [\"a\"]\nweight = 1\n[[signs]]\nany = [\"b\"]\nweight = 1\n",
                "the id in documents/neuf.toml is not its file name",
            ),
            (
                "permits/neuf.toml",
                "",
                "id = \"neuf\"\nlabel = \"Neuf\"\nbasis = \"\"\nnames = [\"neuf\"]\ndecides = true\n",
                "permit `neuf` decides without a list",
            ),
            (
                "permits/etudiant.toml",
                "when = \"mobilite\"",
                "when = \"mobilite and not mobilite\"",
                "the condition of row `programme_mobilite` can never hold; correct it, or take the row out",
            ),
            (
                "permits/etudiant.toml",
                "when = \"mobilite\"",
                "group = \"seul\"\nwhen = \"mobilite\"",
                "group `seul` of `premiere` has one row",
            ),
            (
                "permits/etudiant.toml",
                "piece = \"attestation_reussite\"",
                "piece = \"photos_identite\"",
                "two rows of `premiere` ask for `photos_identite` at the same time; end the earlier one with `until`",
            ),
            (
                "parametres.toml",
                "id = \"silence\"",
                "id = \"silences\"",
                "parameter `silence` is missing, and the deadlines count with it; did you mean `silences`?",
            ),
            ("conditions.toml", "parameter(age_majorite)", "parameter(age_majeur)", "unknown parameter `age_majeur` in a condition"),
        ] {
            let told = problems_with(path, from, to);
            assert!(told.iter().any(|t| t.contains(expected)), "{path}: {to}: {told:?}");
        }
    }
}
