//! `passerelle key`: who may ask the API for what.

use super::{Exit, parts};
use crate::api::{fresh_key, hash_of};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{ApiKey, ApiScope};
use uuid::Uuid;

#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// Make a key and print it, once: only its hash is kept.
    New {
        /// Who will hold it, such as "ANEF, production".
        name: String,
        /// What it may do: dossiers:read, images:read, dossiers:instruct. Give it several times.
        #[arg(long = "scope", required = true)]
        scopes: Vec<ApiScope>,
        /// It opens the dossiers of every préfecture, not only of the one in the configuration.
        #[arg(long)]
        national: bool,
    },
    /// List the keys, without the keys themselves.
    List,
    /// End a key at once.
    Revoke { id: Uuid },
}

/// 0: done; 1: there is no such key alive.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    if let Err(error) = config.validate() {
        eprintln!("{error}");
        return Ok(Exit::Usage);
    }
    let store = parts::migrated_store(config).await?;
    let now = Clock::System.now();
    let mut exit = Exit::Done;
    match arguments {
        Arguments::New { name, scopes, national } => {
            let prefecture = (!national).then(|| config.prefecture.clone());
            let (mut scopes, id, secret) = (scopes.clone(), Uuid::now_v7(), fresh_key()?);
            scopes.sort();
            scopes.dedup();
            let key = ApiKey { id, name: name.clone(), scopes, prefecture, created_at: now, revoked_at: None };
            store.add_api_key(&key, &hash_of(&secret)).await?;
            eprintln!("{}\nThis is the key. It is shown once and kept nowhere:", line(&key));
            println!("{secret}");
        }
        Arguments::List => store.api_keys().await?.iter().for_each(|key| println!("{}", line(key))),
        Arguments::Revoke { id } => {
            if !store.revoke_api_key(*id, now).await? {
                eprintln!("no living key {id}; see `passerelle key list`");
                exit = Exit::NeedsAPerson;
            }
        }
    }
    store.close().await;
    Ok(exit)
}

fn line(key: &ApiKey) -> String {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let whose = key.prefecture.as_ref().map_or("national", |prefecture| prefecture.as_str());
    let end = key.revoked_at.map(|at| format!("  revoked {}", at.0)).unwrap_or_default();
    format!("{}  {}  {whose}  {}  since {}{end}", key.id, key.name, scopes.join(" "), key.created_at.0)
}
