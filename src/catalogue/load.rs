//! From the files of `pipelines/`, embedded or in a folder, to a checked catalogue.

use super::check::{Problem, line_at};
use super::{
    Catalogue, DocumentDef, FactDef, FieldDef, FindingDef, HelpDef, Holidays, LetterDef, NamedCondition, ParameterDef, PermitDef, Section,
    SubstitutionDef, TwoDDocDef, Vocabulary,
};
use crate::domain::{Calibration, hexadecimal};
use include_dir::{Dir, DirEntry, include_dir};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/pipelines");

/// One file of the catalogue, by its path below `pipelines/` with forward slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    pub path: String,
    pub text: String,
}

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("cannot read {path}: {source}; check `pipelines_dir`")]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// Every problem found, not the first only.
    #[error("{}", listed(.0))]
    Problems(Vec<Problem>),
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldsFile {
    sections: Vec<Section>,
    facts: Vec<FactDef>,
    fields: Vec<FieldDef>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionsFile {
    conditions: Vec<NamedCondition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingsFile {
    findings: Vec<FindingDef>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParametersFile {
    parameters: Vec<ParameterDef>,
}

impl Catalogue {
    /// The catalogue that the program was built with.
    ///
    /// # Errors
    /// Never for a program that passed its tests; every problem otherwise.
    pub fn embedded() -> Result<Self, CatalogueError> {
        let mut files = Vec::new();
        embedded_files(&EMBEDDED, belongs, &mut files);
        Self::from_files(files)
    }

    /// The catalogue of a folder that replaces the embedded one as a whole.
    ///
    /// # Errors
    /// When a file cannot be read, or with every problem of the files.
    pub fn load(folder: &Path) -> Result<Self, CatalogueError> {
        let mut files = Vec::new();
        folder_files(folder, "", belongs, &mut files)?;
        Self::from_files(files)
    }

    /// The catalogue of these files.
    ///
    /// # Errors
    /// With every problem of the files.
    pub fn from_files(mut files: Vec<SourceFile>) -> Result<Self, CatalogueError> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let mut problems = Vec::new();
        let mut catalogue = Self { snapshot: snapshot(&files), ..Self::default() };
        for required in [
            "aide.toml",
            "substitution.toml",
            "fields.toml",
            "conditions.toml",
            "findings.toml",
            "jours_feries.toml",
            "parametres.toml",
            "vocabulaire.toml",
        ] {
            if !files.iter().any(|f| f.path == required) {
                problems.push(Problem::new(required, None, "the file is missing"));
            }
        }
        for file in &files {
            catalogue.add(file, &mut problems);
        }
        catalogue.sources = files.into();
        // A file that cannot be read makes the references to what it holds look wrong: one thing after the other.
        if problems.is_empty() {
            problems = catalogue.check();
        }
        if problems.is_empty() { Ok(catalogue) } else { Err(CatalogueError::Problems(problems)) }
    }

    fn add(&mut self, file: &SourceFile, problems: &mut Vec<Problem>) {
        let folder = file.path.split_once('/').map_or("", |(folder, _)| folder);
        match (folder, file.path.as_str()) {
            (_, "fields.toml") => {
                if let Some(read) = parsed::<FieldsFile>(file, problems) {
                    self.sections = read.sections;
                    self.facts = read.facts;
                    self.fields = read.fields;
                }
            }
            (_, "conditions.toml") => {
                self.conditions = parsed::<ConditionsFile>(file, problems).map(|f| f.conditions).unwrap_or_default();
            }
            (_, "findings.toml") => {
                self.findings = parsed::<FindingsFile>(file, problems).map(|f| f.findings).unwrap_or_default();
            }
            (_, "parametres.toml") => {
                self.parameters = parsed::<ParametersFile>(file, problems).map(|f| f.parameters).unwrap_or_default();
            }
            (_, "jours_feries.toml") => self.holidays = parsed::<Holidays>(file, problems).unwrap_or_default(),
            (_, "vocabulaire.toml") => self.vocabulary = parsed::<Vocabulary>(file, problems).unwrap_or_default(),
            (_, "deux_d_doc.toml") => self.two_d_doc = parsed::<TwoDDocDef>(file, problems).unwrap_or_default(),
            (_, "aide.toml") => self.help = parsed::<HelpDef>(file, problems).unwrap_or_default(),
            (_, "substitution.toml") => self.substitution = parsed::<SubstitutionDef>(file, problems).unwrap_or_default(),
            ("letters", _) => self.letters.extend(parsed::<LetterDef>(file, problems)),
            ("documents", _) => self.documents.extend(parsed::<DocumentDef>(file, problems)),
            ("permits", _) => self.permits.extend(parsed::<PermitDef>(file, problems)),
            ("calibration", _) => self.calibrations.extend(parsed::<Calibration>(file, problems)),
            // Lexicons and forms belong to other modules.
            _ => {}
        }
    }

    pub(super) fn source(&self, path: &str) -> Option<&str> {
        self.sources.iter().find(|f| f.path == path).map(|f| f.text.as_str())
    }
}

fn parsed<T: DeserializeOwned>(file: &SourceFile, problems: &mut Vec<Problem>) -> Option<T> {
    match toml::from_str(&file.text) {
        Ok(value) => Some(value),
        Err(error) => {
            let line = error.span().map(|span| line_at(&file.text, span.start));
            problems.push(Problem::new(&file.path, line, error.message()));
            None
        }
    }
}

/// Files of the catalogue itself; the cases beside them are tests of it and change no version.
fn belongs(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == "toml") && !is_case(path)
}

fn is_case(path: &str) -> bool {
    path.split('/').nth(1) == Some("cases")
}

fn embedded_files(dir: &Dir<'static>, wanted: fn(&str) -> bool, files: &mut Vec<SourceFile>) {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(inner) => embedded_files(inner, wanted, files),
            DirEntry::File(file) => {
                let path = file.path().to_string_lossy().replace('\\', "/");
                if wanted(&path) {
                    files.push(SourceFile { path, text: file.contents_utf8().unwrap_or_default().to_owned() });
                }
            }
        }
    }
}

fn folder_files(folder: &Path, prefix: &str, wanted: fn(&str) -> bool, files: &mut Vec<SourceFile>) -> Result<(), CatalogueError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| CatalogueError::Unreadable { path, source }
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let entry = entry.map_err(unreadable(folder))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if path.is_dir() {
            folder_files(&path, &format!("{name}/"), wanted, files)?;
        } else if wanted(&name) {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            files.push(SourceFile { path: name, text });
        }
    }
    Ok(())
}

/// The files of cases of a folder of pipelines, or those that the program was built with, by path.
///
/// # Errors
/// When a file cannot be read.
pub fn case_files(folder: Option<&Path>) -> Result<Vec<SourceFile>, CatalogueError> {
    let mut files = Vec::new();
    let wanted = |path: &str| is_case(path) && Path::new(path).extension().is_some_and(|e| e == "toml");
    match folder {
        Some(folder) => folder_files(folder, "", wanted, &mut files)?,
        None => embedded_files(&EMBEDDED, wanted, &mut files),
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

pub(super) fn snapshot(files: &[SourceFile]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        // Lengths keep two different sets of files from giving one stream of bytes.
        hash.update((file.path.len() as u64).to_be_bytes());
        hash.update(file.path.as_bytes());
        hash.update((file.text.len() as u64).to_be_bytes());
        hash.update(file.text.as_bytes());
    }
    hexadecimal(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<SourceFile> {
        let mut files = Vec::new();
        embedded_files(&EMBEDDED, belongs, &mut files);
        files
    }

    #[test]
    fn the_embedded_catalogue_has_every_type_and_permit() {
        let catalogue = Catalogue::embedded().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(catalogue.documents.iter().filter(|d| !d.none).count(), 78);
        assert_eq!(catalogue.permits.len(), 29);
        assert_eq!(catalogue.snapshot().len(), 16);
    }

    #[test]
    fn a_folder_with_the_same_files_is_the_same_version_and_one_byte_makes_another() {
        let catalogue = Catalogue::embedded().unwrap();
        let mut copy = files();
        copy.reverse();
        assert_eq!(Catalogue::from_files(copy.clone()).unwrap().snapshot(), catalogue.snapshot());
        if let Some(file) = copy.first_mut() {
            file.text.push('\n');
        }
        assert_ne!(Catalogue::from_files(copy).unwrap().snapshot(), catalogue.snapshot());
    }

    #[test]
    fn a_fault_of_the_format_is_told_with_file_and_line() {
        let mut files = files();
        files.push(SourceFile {
            path: "permits/neuf.toml".into(),
            text: "id = \"neuf\"\nlabel = \"Neuf\"\nbasis = \"\"\nnamez = []\n".into(),
        });
        let Err(CatalogueError::Problems(problems)) = Catalogue::from_files(files) else { panic!("accepted") };
        assert_eq!(problems.len(), 1);
        assert!(problems[0].to_string().starts_with("permits/neuf.toml:4: unknown field `namez`"), "{}", problems[0]);
    }

    #[test]
    fn a_condition_that_cannot_be_read_is_told_with_its_line() {
        let mut files = files();
        let file = files.iter_mut().find(|f| f.path == "conditions.toml").unwrap();
        file.text.push_str("\n[[conditions]]\nid = \"x\"\nlabel = \"x\"\nwhen = \"a and and\"\n");
        let last = file.text.lines().count();
        let Err(CatalogueError::Problems(problems)) = Catalogue::from_files(files) else { panic!("accepted") };
        let told = problems[0].to_string();
        assert!(told.contains("cannot stand here") && told.starts_with(&format!("conditions.toml:{last}:")), "{told}");
    }
}
