//! `explain`: what was done with one application, for the agent or for the applicant (CRPA R311-3-1-2).

use super::{Exit, parts};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Delivery, DeliveryId, DeliveryState, EnvelopeId, Scope};
use crate::explain::{Matter, Standing, for_agent, for_usager};
use crate::line::Rules;
use crate::store::{EnvelopeState, EnvelopeView, Export, Store, StoreError};
use jiff::civil::Date;
use uuid::Uuid;

/// Arguments of `explain`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Id of an envelope or of a delivery, as the pages and logs show it; of a delivery, each of its envelopes.
    #[arg(value_name = "ENVELOPE_OR_DELIVERY")]
    id: Uuid,
    /// In plain words for the applicant, without names of agents and details of other people.
    #[arg(long)]
    usager: bool,
    /// One JSON object for each envelope instead of text.
    #[arg(long)]
    json: bool,
}

/// Between the explanations of one delivery, each of another person: a printer begins a new sheet.
const NEXT_SHEET: &str = "\u{c}\n";

/// 0: everything asked for is explained; 1: something was not read yet or is in anomaly; 2: there is no such id here.
pub async fn run(arguments: &Arguments, config: &Config) -> anyhow::Result<Exit> {
    if let Err(error) = config.validate() {
        eprintln!("{error}");
        return Ok(Exit::Usage);
    }
    let store = parts::store(config).await?;
    let scope = Scope::Prefecture(config.prefecture.clone());
    let found = find(&store, &scope, arguments.id).await;
    let export = match found {
        Err(StoreError::NotFound(_)) => {
            let (id, own) = (arguments.id, &config.prefecture);
            eprintln!("no envelope or delivery {id} in préfecture {own}; the page Dépôts du jour shows the ids");
            return Ok(Exit::Usage);
        }
        other => other?,
    };
    if export.delivery.state == DeliveryState::Anomaly {
        let why = export.delivery.refusal.as_ref().map_or("", |r| r.message.as_str());
        eprintln!("delivery {} is in anomaly, so that nothing was read of it: {why} See the page Plis en anomalie", export.delivery.id);
        return Ok(Exit::NeedsAPerson);
    }
    if export.envelopes.is_empty() {
        eprintln!("nothing was read of {} yet; run `passerelle work` or wait", arguments.id);
        return Ok(Exit::NeedsAPerson);
    }
    print(arguments, config, &store, &scope, &export).await
}

/// The delivery with the envelopes that are asked for.
async fn find(store: &Store, scope: &Scope, id: Uuid) -> Result<Export, StoreError> {
    match store.export(scope, DeliveryId(id)).await {
        Err(StoreError::NotFound(_)) => {
            let envelope = store.envelope(scope, EnvelopeId(id)).await?;
            let mut export = store.export(scope, envelope.delivery).await?;
            export.envelopes = vec![envelope];
            Ok(export)
        }
        other => other,
    }
}

async fn print(arguments: &Arguments, config: &Config, store: &Store, scope: &Scope, export: &Export) -> anyhow::Result<Exit> {
    let cells = parts::cells(config);
    let rules = parts::rules(config, config.profile, parts::trust(config)?, cells.engines())?;
    let recipe_now = rules.recipe(cells.engines());
    let mut explained = Vec::new();
    for view in &export.envelopes {
        if view.state == EnvelopeState::Retired {
            eprintln!("envelope {} was replaced when delivery {} was cut again; explain the delivery", view.id, view.delivery);
            continue;
        }
        if let Some(other) = view.joined_to {
            eprintln!("the papers of envelope {} were joined to the dossier of envelope {other}; explain that one", view.id);
            continue;
        }
        let standing = standing(store, scope, view).await?;
        let today = Clock::System.now().date_in_paris();
        match matter(&rules, &export.delivery, view, standing, (&recipe_now, today)) {
            Some(matter) => explained.push(said(arguments, &matter)?),
            None => eprintln!("nothing was read of envelope {} yet; run `passerelle work` or wait", view.id),
        }
    }
    print!("{}", explained.join(if arguments.json { "" } else { NEXT_SHEET }));
    Ok(if explained.len() == export.envelopes.len() { Exit::Done } else { Exit::NeedsAPerson })
}

async fn standing(store: &Store, scope: &Scope, view: &EnvelopeView) -> Result<Standing, StoreError> {
    Ok(match view.state {
        EnvelopeState::Open | EnvelopeState::Retired => Standing::Working,
        EnvelopeState::Review => Standing::Waiting,
        EnvelopeState::Filed => store.dossier_of(scope, view.id).await?.map_or(Standing::Working, |d| Standing::Filed(d.state)),
    })
}

fn matter<'a>(
    rules: &'a Rules,
    delivery: &'a Delivery,
    view: &'a EnvelopeView,
    standing: Standing,
    (recipe_now, on): (&'a str, Date),
) -> Option<Matter<'a>> {
    Some(Matter {
        catalogue: &rules.catalogue,
        delivery,
        envelope: view.id,
        standing,
        read: view.read.as_ref()?,
        constat: view.constat.as_ref()?,
        corrections: &view.corrections,
        recipe: view.recipe.as_deref().unwrap_or_default(),
        recipe_now,
        on,
    })
}

fn said(arguments: &Arguments, matter: &Matter<'_>) -> serde_json::Result<String> {
    Ok(match (arguments.usager, arguments.json) {
        (false, false) => for_agent(matter).text(),
        (true, false) => for_usager(matter).text(),
        (false, true) => serde_json::to_string(&for_agent(matter))? + "\n",
        (true, true) => serde_json::to_string(&for_usager(matter))? + "\n",
    })
}
