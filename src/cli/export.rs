//! `export`: the contract's object from stored rows, byte for byte what `process` prints.

use super::{Exit, parts};
use crate::config::Config;
use crate::contract::{self, DroppedFile, Processed, Versions};
use crate::domain::{DeliveryId, DeliveryState, Scope};
use crate::store::StoreError;

/// Arguments of `export`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// The delivery's id, as the pages and logs show it.
    #[arg(long = "json", value_name = "DELIVERY")]
    delivery: DeliveryId,
}

/// Prints the line of one delivery; 1 when it is in anomaly or not through the line yet, 2 when there is none.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    let store = parts::store(config).await?;
    let export = match store.export(&Scope::Machine, arguments.delivery).await {
        Err(StoreError::NotFound(_)) => {
            eprintln!("no delivery {} in this database; the page Dépôts du jour shows the ids", arguments.delivery);
            return Ok(Exit::Usage);
        }
        other => other?,
    };
    let cells = parts::cells(config);
    let rules = parts::rules(config, config.profile, parts::trust(config)?, cells.engines())?;
    let file = DroppedFile { name: export.delivery.file.clone(), sha256: export.delivery.sha256.clone() };
    let versions = Versions {
        recipe: export.recipe.clone().unwrap_or_else(|| rules.recipe(cells.engines())),
        catalogue: rules.catalogue.snapshot().to_owned(),
        calibration: rules.ground.id().to_owned(),
    };
    if let (DeliveryState::Anomaly, Some(refusal)) = (export.delivery.state, &export.delivery.refusal) {
        println!("{}", contract::anomaly(&file, export.delivery.pages.unwrap_or(0), refusal, &versions)?);
        return Ok(Exit::NeedsAPerson);
    }
    let envelopes: Option<Vec<_>> = export.envelopes.into_iter().map(|e| e.extraction.zip(e.constat)).collect();
    let (Some(assembly), Some(envelopes)) = (export.assembly, envelopes) else {
        eprintln!("delivery {} is still on the line; run `passerelle work` or wait", arguments.delivery);
        return Ok(Exit::NeedsAPerson);
    };
    let result = Processed { pages: export.delivery.pages.unwrap_or(0), assembly, envelopes };
    println!("{}", contract::processed(&file, &result, &versions)?);
    Ok(Exit::Done)
}
