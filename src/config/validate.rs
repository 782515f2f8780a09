//! What no single value can show: folders inside each other, an address that others reach.

use super::Config;
use std::path::{Path, PathBuf};

/// Everything that is wrong, each with what to do.
pub fn problems(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    prefecture(config, &mut problems);
    folders(config, &mut problems);
    places(config, &mut problems);
    numbers(config, &mut problems);
    if !config.web.address.ip().is_loopback() {
        problems.push(format!("web.address {} is reachable from other machines; use 127.0.0.1 until accounts exist", config.web.address));
    }
    if let Some(address) = config.api.address.filter(|address| !address.ip().is_loopback()) {
        problems.push(format!("api.address {address} is reachable from other machines; use 127.0.0.1 and a reverse proxy with TLS"));
    }
    if !["sqlite:", "postgres:", "postgresql:"].iter().any(|s| config.store.url.starts_with(s)) {
        problems.push("store.url must start with sqlite:// or postgres://".into());
    }
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&config.log.level) {
        problems.push(format!("log.level {:?} is no filter ({error}); write error, warn, info, debug or trace", config.log.level));
    }
    problems
}

fn prefecture(config: &Config, problems: &mut Vec<String>) {
    let name = config.prefecture.as_str();
    if name.is_empty() {
        problems.push("prefecture is empty; name the préfecture that owns what is dropped here, such as prefecture = \"35\"".into());
    } else if !is_prefecture(name) {
        problems.push(format!("prefecture {name:?} may hold at most 32 letters, digits, - and _"));
    }
}

/// A name that a folder may have on any system.
pub fn is_prefecture(name: &str) -> bool {
    !name.is_empty() && name.len() <= 32 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The folders of `[[watch]]`: what is wrong with each, and no two that watch the same files.
fn places(config: &Config, problems: &mut Vec<String>) {
    let places = config.places();
    for place in places.iter().skip(1) {
        problems.extend(place.problems());
        for out in [&place.done, &place.anomalies, &config.drop.spool, &config.blobs.folder] {
            if inside(out, &place.folder) || (inside(&place.folder, out) && !is_plain_subfolder(&place.folder, out) && place.own.is_empty())
            {
                problems.push(format!(
                    "watch: {} and {} lie inside each other; give each its own folder",
                    place.folder.display(),
                    out.display()
                ));
            }
        }
        if place.read_only && [&place.done, &place.anomalies].iter().any(|out| !inside(&place.folder, out)) {
            problems.push(format!("watch: {} is read_only, so done and anomalies have no use; leave them out", place.folder.display()));
        }
    }
    for (i, one) in places.iter().enumerate() {
        for other in &places[i + 1..] {
            let of_a_prefecture = is_plain_subfolder(&one.folder, &other.folder)
                && other.folder.file_name().is_some_and(|n| one.own.iter().any(|own| n == own.as_str()));
            if !of_a_prefecture && (inside(&one.folder, &other.folder) || inside(&other.folder, &one.folder)) {
                problems.push(format!(
                    "{} and {} are watched twice; give each its own folder",
                    one.folder.display(),
                    other.folder.display()
                ));
            }
        }
    }
}

/// A watcher that watches its own output would never end; one folder for two purposes loses files.
fn folders(config: &Config, problems: &mut Vec<String>) {
    let named: [(&str, &PathBuf); 5] = [
        ("drop.folder", &config.drop.folder),
        ("drop.done", &config.drop.done),
        ("drop.anomalies", &config.drop.anomalies),
        ("drop.spool", &config.drop.spool),
        ("blobs.folder", &config.blobs.folder),
    ];
    for (name, path) in named {
        if path.as_os_str().is_empty() {
            problems.push(format!("{name} is empty; give a folder"));
        }
    }
    for (i, (name, path)) in named.iter().enumerate() {
        for (other, under) in &named[i + 1..] {
            let own_subfolder =
                *name == "drop.folder" && other.starts_with("drop.") && *other != "drop.spool" && is_plain_subfolder(path, under);
            if !own_subfolder && (inside(path, under) || inside(under, path)) {
                problems.push(format!("{name} and {other} lie inside each other ({}); give each its own folder", under.display()));
            }
        }
    }
    if inside(&config.drop.folder, &config.blobs.key_file) {
        problems.push("blobs.key_file lies in drop.folder; keep the key where nobody drops files".into());
    }
}

/// Sub-folders are not watched, so `done` and `anomalies` may be some; a network share offers no other
/// place on its file system. `tmp` is where scanners write.
fn is_plain_subfolder(folder: &Path, path: &Path) -> bool {
    path.parent().is_some_and(|p| resolved(p) == resolved(folder)) && path.file_name().is_some_and(|n| n != "tmp")
}

fn inside(folder: &Path, path: &Path) -> bool {
    resolved(path).starts_with(resolved(folder))
}

/// Links followed as far as the path exists.
fn resolved(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return path.strip_prefix(ancestor).map_or(real.clone(), |rest| real.join(rest));
        }
    }
    path.to_owned()
}

fn numbers(config: &Config, problems: &mut Vec<String>) {
    let at_least_one = [
        ("drop.scan_seconds", u64::from(config.drop.scan_seconds)),
        ("limits.bytes", config.limits.bytes),
        ("limits.pages", u64::from(config.limits.pages)),
        ("limits.pixels", config.limits.pixels),
        ("limits.decompressed", config.limits.decompressed),
        ("limits.page_seconds", u64::from(config.limits.page_seconds)),
    ];
    for (name, value) in at_least_one {
        if value == 0 {
            problems.push(format!("{name} is 0; give at least 1"));
        }
    }
    if config.limits.memory < 512 << 20 {
        problems
            .push(format!("limits.memory {} is too little for a page at 300 dpi; give at least 536870912 (512 MiB)", config.limits.memory));
    }
    if config.drop.truncated_seconds < config.drop.rest_seconds {
        problems.push("drop.truncated_seconds is shorter than drop.rest_seconds; every file would be an anomaly".into());
    }
}
