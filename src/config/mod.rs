//! The one configuration file. `docker/passerelle.toml` is the default, the example and the
//! documentation; a file and the environment are laid over it, each value with its origin.

mod layers;
mod places;
mod validate;

pub use places::{DropProfile, FolderConfig, Place};

use crate::domain::{Channel, OpeningHours, PrefectureId, Profile, Service};
use serde::{Deserialize, Deserializer};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The text that documents every key and gives its default.
pub const EXAMPLE: &str = include_str!("../../docker/passerelle.toml");

/// What the operator decided. One field for each key of [`EXAMPLE`], which says what it means.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Empty until the operator names it; [`Config::validate`] refuses that.
    pub prefecture: PrefectureId,
    pub profile: Profile,
    #[serde(deserialize_with = "optional_path")]
    pub models_dir: Option<PathBuf>,
    #[serde(deserialize_with = "optional_path")]
    pub pipelines_dir: Option<PathBuf>,
    #[serde(deserialize_with = "optional_path")]
    pub trust_dir: Option<PathBuf>,
    /// Watched folders besides that of `drop`.
    pub watch: Vec<FolderConfig>,
    pub drop: DropConfig,
    pub store: StoreConfig,
    pub blobs: BlobsConfig,
    /// Who sends the letters.
    pub service: Service,
    pub retention: RetentionConfig,
    pub limits: Limits,
    pub cell: CellConfig,
    pub web: WebConfig,
    pub api: ApiConfig,
    pub metrics: MetricsConfig,
    pub log: LogConfig,
}

/// The watched folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropConfig {
    pub folder: PathBuf,
    pub done: PathBuf,
    pub anomalies: PathBuf,
    pub spool: PathBuf,
    pub scan_seconds: u32,
    pub rest_seconds: u32,
    pub truncated_seconds: u32,
    pub channel: Channel,
    pub opening_hours: OpeningHours,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite://…` or `postgres://…`; may hold a password, so never print it whole.
    pub url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobsConfig {
    pub folder: PathBuf,
    pub key_file: PathBuf,
}

/// How long treated files stay beside the sealed originals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionConfig {
    /// 0: they are never removed.
    pub done_days: u32,
    pub anomalies_days: u32,
}

/// Where the metrics are served besides the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Empty: only at `/metrics` of the pages.
    #[serde(deserialize_with = "optional_address")]
    pub address: Option<SocketAddr>,
}

/// What one file may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Of the file.
    pub bytes: u64,
    pub pages: u32,
    /// Width x height of one page.
    pub pixels: u64,
    /// Bytes that what is compressed on one page may become.
    pub decompressed: u64,
    pub page_seconds: u32,
    /// Address space of a cell, bytes.
    pub memory: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellConfig {
    /// 0 = one for each processor; see [`CellConfig::count`].
    pub processes: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebConfig {
    pub address: SocketAddr,
}

/// Where the online system asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiConfig {
    /// Empty: the API is not served.
    #[serde(deserialize_with = "optional_address")]
    pub address: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    pub format: LogFormat,
    /// A filter of `tracing_subscriber::EnvFilter`.
    pub level: String,
}

/// Why the configuration is refused. Each message names the place and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path}: cannot be read ({source}); give the path of a readable configuration file")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}: every user of this machine may write to it; run `chmod o-w {path}`")]
    WorldWritable { path: PathBuf },
    #[error("{path}:{line}: this is not TOML: {message}")]
    Syntax { path: PathBuf, line: usize, message: String },
    #[error("{origin}: unknown key `{key}`{hint}")]
    UnknownKey { origin: Origin, key: String, hint: String },
    #[error("{origin}: `{key}` {message}")]
    Value { origin: Origin, key: String, message: String },
    #[error("the configuration cannot be used:\n  - {}", .0.join("\n  - "))]
    Invalid(Vec<String>),
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The text inside the program.
    Default,
    File {
        path: PathBuf,
        /// 1-based.
        line: usize,
    },
    Environment {
        name: String,
    },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default configuration"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment { name } => write!(f, "environment variable {name}"),
        }
    }
}

impl Config {
    /// Lays the file at `path` and then `env` (give `std::env::vars_os()`) over the defaults.
    /// Values are of the right type after this; [`Self::validate`] says whether they make sense together.
    ///
    /// # Errors
    /// The first thing that is wrong, with file and line or the name of the variable.
    pub fn load(path: Option<&Path>, env: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, ConfigError> {
        let mut layers = layers::Layers::of_example()?;
        if let Some(path) = path {
            layers.add_file(path)?;
        }
        layers.add_environment(env)?;
        layers.finish()
    }

    /// Checks what no single value can show. Call it before anything that serves a préfecture.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let problems = validate::problems(self);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::Invalid(problems)) }
    }
}

impl CellConfig {
    /// How many cells may run at once; at least one.
    #[must_use]
    pub fn count(self) -> usize {
        match self.processes {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n as usize,
        }
    }
}

fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |_| serde::de::Error::custom(format!("{text:?} is no address such as \"127.0.0.1:9187\""));
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
}

fn optional_path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(deserializer)?;
    Ok((!path.as_os_str().is_empty()).then_some(path))
}
