//! The folder of one demo: drop folder, database, sealed scans, log, and the configuration that ties them.

use super::DemoError;
use super::scans::Scan;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A prepared folder; a temporary one is removed when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    address: SocketAddr,
    temporary: bool,
}

impl Folder {
    /// Makes the folders and writes `passerelle.toml`.
    pub fn prepare(given: Option<&Path>, port: Option<u16>) -> Result<Self, DemoError> {
        let root = given.map_or_else(temporary_name, Path::to_owned);
        if root.join("passerelle.toml").exists() {
            return Err(DemoError::Used(root));
        }
        make(&root)?;
        let root = std::path::absolute(&root).map_err(|source| DemoError::Folder { path: root, source })?;
        let address = free_address(port).map_err(|source| DemoError::Folder { path: root.clone(), source })?;
        let folder = Self { root, address, temporary: given.is_none() };
        for name in ["depot", "depot/tmp", "traites", "anomalies", "spool", "scans"] {
            make(&folder.root.join(name))?;
        }
        write(&folder.configuration(), &folder.configuration_text())?;
        Ok(folder)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn configuration(&self) -> PathBuf {
        self.root.join("passerelle.toml")
    }

    pub fn log(&self) -> PathBuf {
        self.root.join("passerelle.log")
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the agents' pages.
    pub fn pages(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn store_url(&self) -> String {
        format!("sqlite://{}", self.root.join("passerelle.db").display())
    }

    /// Drops a scan as a careful scanner does: written beside, then renamed into the watched folder.
    pub fn receive(&self, scan: &Scan) -> Result<(), DemoError> {
        let (beside, target) = (self.root.join("depot/tmp").join(&scan.name), self.root.join("depot").join(&scan.name));
        std::fs::copy(&scan.path, &beside)
            .and_then(|_| std::fs::rename(&beside, &target))
            .map_err(|source| DemoError::Folder { path: target, source })
    }

    /// Relative paths of the file start where it stands, so that the folder can be moved.
    fn configuration_text(&self) -> String {
        format!(
            "# Written by `passerelle demo`. `passerelle all --config` with this file shows the same folder again.\n\
             prefecture = \"33\"\n\
             profile = \"evaluation\"\n\n\
             [drop]\nfolder = \"depot\"\ndone = \"traites\"\nanomalies = \"anomalies\"\nspool = \"spool\"\n\
             scan_seconds = 1\nrest_seconds = 1\ntruncated_seconds = 5\n\n\
             [store]\nurl = \"{}\"\n\n\
             [blobs]\nfolder = \"scans\"\nkey_file = \"cle\"\n\n\
             [web]\naddress = \"{}\"\n",
            self.store_url(),
            self.address
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // Nothing to be done about a folder that stays; the system clears its temporary files.
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

fn temporary_name() -> PathBuf {
    std::env::temp_dir().join(format!("passerelle-demo-{}", uuid::Uuid::new_v4().simple()))
}

/// Nobody else may look: the drop folder holds scans in clear.
fn make(path: &Path) -> Result<(), DemoError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| DemoError::Folder { path: path.to_owned(), source })
}

fn write(path: &Path, text: &str) -> Result<(), DemoError> {
    std::fs::write(path, text).map_err(|source| DemoError::Folder { path: path.to_owned(), source })
}

/// The address that was asked for, or a free one of the loopback interface.
fn free_address(port: Option<u16>) -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))?.local_addr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_configuration_is_one_that_the_program_accepts() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(Some(&place.path().join("demo")), None).unwrap();
        let config = Config::load(Some(&folder.configuration()), []).unwrap();
        config.validate().unwrap();
        assert_eq!(config.drop.folder, folder.root().join("depot"));
        assert_eq!(config.web.address, folder.address());
        assert_eq!(config.store.url, folder.store_url());
    }

    #[test]
    fn an_earlier_demo_is_not_overwritten() {
        let place = tempfile::tempdir().unwrap();
        Folder::prepare(Some(place.path()), None).unwrap();
        assert!(matches!(Folder::prepare(Some(place.path()), None), Err(DemoError::Used(_))));
    }

    #[test]
    fn a_temporary_folder_goes_with_its_demo() {
        let folder = Folder::prepare(None, None).unwrap();
        let root = folder.root().to_owned();
        assert!(root.join("depot/tmp").is_dir());
        drop(folder);
        assert!(!root.exists());
    }
}
