//! Default, file, environment: each value is laid over the one before and tried at once, so that a
//! mistake is blamed on the line or variable that made it.

use super::{Config, ConfigError, EXAMPLE, FolderConfig, Origin};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

const PREFIX: &str = "PASSERELLE_";
/// Variables of ours that are no keys of the configuration.
const OTHER_VARIABLES: [&str; 4] = ["PASSERELLE_CONFIG", "PASSERELLE_MODELS", "PASSERELLE_SHARED", "PASSERELLE_FAILPOINT"];
/// Keys that hold a path, made absolute by the place that they were written in.
const PATHS: [&str; 9] = [
    "models_dir",
    "pipelines_dir",
    "trust_dir",
    "drop.folder",
    "drop.done",
    "drop.anomalies",
    "drop.spool",
    "blobs.folder",
    "blobs.key_file",
];

/// The values so far.
pub struct Layers {
    values: Table,
    /// Every key that exists, `section.key`.
    known: Vec<String>,
}

impl Layers {
    /// The defaults.
    pub fn of_example() -> Result<Self, ConfigError> {
        let path = PathBuf::from("passerelle.toml");
        let values: Table = toml::from_str(EXAMPLE).map_err(|e| syntax(&path, EXAMPLE, &e))?;
        let known = leaves(&values).into_iter().map(|(key, _)| key).collect();
        Ok(Self { values, known })
    }

    /// The file of the operator.
    pub fn add_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        refuse_world_writable(path)?;
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let spans = DeTable::parse(&text).map_err(|e| syntax(path, &text, &e))?;
        let values: Table = toml::from_str(&text).map_err(|e| syntax(path, &text, &e))?;
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let lines = lines_of(spans.get_ref(), &text);
        for (key, value) in leaves(&values) {
            let line = lines.iter().find(|(k, _)| *k == key).map_or(1, |(_, line)| *line);
            let value = anchored(&key, value, &base);
            self.set(&key, value, Origin::File { path: path.to_owned(), line })?;
        }
        Ok(())
    }

    /// The variables that start with `PASSERELLE_`.
    pub fn add_environment(&mut self, env: impl IntoIterator<Item = (OsString, OsString)>) -> Result<(), ConfigError> {
        let mut ours: Vec<(String, OsString)> = env
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with(PREFIX) && !OTHER_VARIABLES.contains(&name.as_str()))
            .collect();
        ours.sort();
        let here = std::env::current_dir().unwrap_or_default();
        for (name, value) in ours {
            let Some(key) = self.key_of_variable(&name)? else { continue };
            let origin = Origin::Environment { name };
            let Ok(text) = value.into_string() else {
                return Err(ConfigError::Value { origin, key, message: "is not UTF-8".into() });
            };
            let value = anchored(&key, self.parsed(&key, text), &here);
            self.set(&key, value, origin)?;
        }
        Ok(())
    }

    /// The configuration.
    pub fn finish(self) -> Result<Config, ConfigError> {
        Config::deserialize_from(self.values).map_err(|message| ConfigError::Value {
            origin: Origin::Default,
            key: "(whole)".into(),
            message,
        })
    }

    /// The key that a variable stands for. A variable that merely shares our prefix (a version of an
    /// image, say) is none of ours, unless it looks like a slip of one that is.
    fn key_of_variable(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
        if self.known.contains(&key) {
            return Ok(Some(key));
        }
        let variables: Vec<String> = self.known.iter().map(|k| format!("{PREFIX}{}", k.replace('.', "__").to_uppercase())).collect();
        let near = nearest(name, &variables);
        if near.is_none() && !name.contains("__") {
            return Ok(None);
        }
        let hint = near.map(|n| format!("; did you mean {n}?")).unwrap_or_default();
        Err(ConfigError::UnknownKey { origin: Origin::Environment { name: name.to_owned() }, key, hint })
    }

    /// A variable's text as the type that the key has.
    fn parsed(&self, key: &str, text: String) -> Value {
        match get(&self.values, key) {
            Some(Value::Integer(_)) => text.trim().replace('_', "").parse().map_or(Value::String(text), Value::Integer),
            Some(Value::Boolean(_)) => text.trim().parse().map_or(Value::String(text), Value::Boolean),
            _ => Value::String(text),
        }
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), ConfigError> {
        if !self.known.iter().any(|k| k == key) {
            let hint = nearest(key, &self.known).map(|k| format!("; did you mean `{k}`?"));
            let hint = hint.unwrap_or_else(|| "; docker/passerelle.toml lists every key".into());
            return Err(ConfigError::UnknownKey { origin, key: key.to_owned(), hint });
        }
        put(&mut self.values, key, value);
        match Config::deserialize_from(self.values.clone()) {
            Ok(_) => Ok(()),
            Err(message) => Err(ConfigError::Value { origin, key: key.to_owned(), message }),
        }
    }
}

impl Config {
    fn deserialize_from(values: Table) -> Result<Self, String> {
        values.try_into().map_err(|e: toml::de::Error| format!("cannot be used: {}", e.message()))
    }
}

/// Every value that is no table, by `section.key`. An empty section is no mistake.
fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => out.extend(leaves(inner).into_iter().map(|(k, v)| (format!("{key}.{k}"), v))),
            _ => out.push((key.clone(), value.clone())),
        }
    }
    out
}

/// The 1-based line of every key.
fn lines_of(table: &DeTable<'_>, text: &str) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    for (key, value) in table {
        match value.get_ref() {
            DeValue::Table(inner) => {
                out.extend(lines_of(inner, text).into_iter().map(|(k, line)| (format!("{}.{k}", key.get_ref()), line)));
            }
            _ => out.push((key.get_ref().to_string(), line_at(text, key.span().start))),
        }
    }
    out
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

fn get<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        Some((section, rest)) => get(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}

fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        Some((section, rest)) => {
            if let Some(inner) = table.get_mut(section).and_then(Value::as_table_mut) {
                put(inner, rest, value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}

/// A relative path starts where it was written. A relative SQLite file does too.
fn anchored(key: &str, value: Value, base: &Path) -> Value {
    match value {
        Value::String(text) if PATHS.contains(&key) && !text.is_empty() => Value::String(base.join(text).to_string_lossy().into_owned()),
        Value::String(url) if key == "store.url" => Value::String(anchored_url(url, base)),
        Value::Array(folders) if key == "watch" => Value::Array(folders.into_iter().map(|f| anchored_folder(f, base)).collect()),
        other => other,
    }
}

fn anchored_folder(mut folder: Value, base: &Path) -> Value {
    if let Value::Table(table) = &mut folder {
        FolderConfig::anchor(table, base);
    }
    folder
}

fn anchored_url(url: String, base: &Path) -> String {
    let Some(file) = url.strip_prefix("sqlite:") else { return url };
    let file = file.strip_prefix("//").unwrap_or(file);
    if file.starts_with('/') || file.starts_with(':') || file.is_empty() {
        return url;
    }
    format!("sqlite://{}", base.join(file).display())
}

/// The one of `known` that a slip of the hand most likely meant.
fn nearest<'a>(word: &str, known: &'a [String]) -> Option<&'a str> {
    let far = word.len().div_ceil(4).max(2);
    let by_distance = known.iter().map(|k| (strsim::damerau_levenshtein(word, k), k)).min_by_key(|(d, _)| *d);
    if let Some((distance, key)) = by_distance
        && distance <= far
    {
        return Some(key);
    }
    // The right key in the wrong section.
    let last = |k: &str| k.rsplit('.').next().map(str::to_owned);
    known.iter().find(|k| last(k) == last(word)).map(String::as_str)
}

fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let line = line_at(text, error.span().map_or(0, |s| s.start));
    ConfigError::Syntax { path: path.to_owned(), line, message: error.message().to_owned() }
}

fn refuse_world_writable(path: &Path) -> Result<(), ConfigError> {
    use std::os::unix::fs::MetadataExt;
    let meta = std::fs::metadata(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    if meta.is_file() && meta.mode() & 0o002 != 0 { Err(ConfigError::WorldWritable { path: path.to_owned() }) } else { Ok(()) }
}
