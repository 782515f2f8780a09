//! The line, pure, on one screen. The worker drives these functions over the store, `process`
//! drives them over memory; neither adds a rule of its own.

use crate::catalogue::Catalogue;
use crate::domain::{
    Assembly, Constat, Correction, EnvelopePages, Extraction, Ground, Latitude, Outcome, PageRead, PageState, Profile, Sheet, Stage, Trust,
    hexadecimal,
};
use crate::{assemble, extract, validate};
use sha2::{Digest, Sha256};

/// What every stage reads besides its input. Its hash is part of the recipe.
#[derive(Clone, Debug)]
pub struct Rules {
    pub catalogue: Catalogue,
    pub profile: Profile,
    /// Whose 2D-Doc signatures count.
    pub trust: Trust,
    /// On what ground values are accepted under profile `evaluation`.
    pub ground: Ground,
}

/// Raised by hand whenever a stage gives another result for the same input and rules.
const STAGES: &str = "read 5, assemble 1, extract 6, validate 3";

/// The part of a recipe that a calibration is fitted for: what reads and extracts, whatever the catalogue lists.
#[must_use]
pub fn reads(engines: &str) -> String {
    format!("{STAGES}; {engines}")
}

impl Rules {
    /// Names everything that made a value besides its input: stages, engines with their models,
    /// catalogue, calibration, profile. Equal recipes and inputs give equal artefacts.
    ///
    /// `engines` is what [`crate::cell::CellPool`] says of the programs and models it runs.
    #[must_use]
    pub fn recipe(&self, engines: &str) -> String {
        let parts = [
            STAGES,
            engines,
            self.catalogue.snapshot(),
            self.ground.id(),
            match self.profile {
                Profile::Observation => "observation",
                Profile::Evaluation => "evaluation",
            },
            &self.trust.fingerprint(),
        ];
        let digest = Sha256::digest(parts.join("\n").as_bytes());
        hexadecimal(&digest[..8])
    }
}

/// The days that the constat may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The day the delivery was registered (Paris); for `process`, today.
    pub registered_on: jiff::civil::Date,
    /// Reception date when the operator knows it (`--received`).
    pub received_on: Option<jiff::civil::Date>,
}

/// Pages of one delivery, all read, to envelopes.
#[must_use]
pub fn assemble(rules: &Rules, pages: &[PageRead], corrections: &[Correction]) -> Assembly {
    let sheets = describe(rules, pages, corrections);
    let mut assembly = assemble::assemble(&sheets, &rules.catalogue, &of_stage(corrections, Stage::Assemble));
    // A sheet says that its page was not read; only the page knows why.
    for other in &mut assembly.other_pages {
        if let Some(PageState::Unreadable(why)) = pages.iter().find(|p| p.number == other.page).map(|p| &p.state) {
            other.code = Some(why.clone());
        }
    }
    assembly
}

/// One envelope to its pieces, fields, permit and request.
#[must_use]
pub fn extract(rules: &Rules, pages: &[PageRead], envelope: &EnvelopePages, corrections: &[Correction]) -> Extraction {
    let own: Vec<PageRead> = pages.iter().filter(|p| envelope.pages.contains(&p.number)).cloned().collect();
    let sheets = describe(rules, &own, corrections);
    let latitude = Latitude { profile: rules.profile, ground: &rules.ground };
    extract::extract(&sheets, &own, envelope, &rules.catalogue, latitude, &of_stage(corrections, Stage::Extract))
}

/// What one envelope says, with its agents' word on values laid over it, to the constat.
#[must_use]
pub fn validate(rules: &Rules, extraction: &Extraction, days: Days, corrections: &[Correction]) -> Constat {
    let extraction = extraction.with_corrections(corrections);
    validate::validate(&extraction, &rules.catalogue, days.registered_on, days.received_on, &of_stage(corrections, Stage::Validate))
}

/// True when the envelope may be filed without another look: the one question before the dossier door.
#[must_use]
pub fn settled(constat: &Constat, confirmed_incomplete: bool) -> bool {
    let outcome = match constat.outcome {
        Outcome::Complete => true,
        Outcome::Incomplete => confirmed_incomplete,
        Outcome::Review => false,
    };
    outcome && constat.review.is_empty()
}

fn describe(rules: &Rules, pages: &[PageRead], corrections: &[Correction]) -> Vec<Sheet> {
    extract::describe(pages, &rules.catalogue, &rules.trust, &of_stage(corrections, Stage::Extract))
}

fn of_stage(corrections: &[Correction], stage: Stage) -> Vec<Correction> {
    corrections.iter().filter(|c| c.stage == stage).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calibration_counts_for_the_engines_that_it_was_fitted_for() {
        let catalogue = Catalogue::embedded().unwrap();
        assert!(catalogue.calibrations.iter().all(|c| c.reads.starts_with(STAGES)), "fit them again: passerelle calibrate");
        let fitted = crate::domain::Calibration {
            id: "essai".to_owned(),
            reads: reads("engine 1"),
            data: String::new(),
            envelopes: 1,
            readings: 1,
            target: 0.01,
            coefficients: Vec::new(),
            groups: Vec::new(),
        };
        let ground = |reads: &str| Ground::of(std::slice::from_ref(&fitted), reads).id().to_owned();
        assert_eq!((ground(&reads("engine 1")).as_str(), ground(&reads("engine 2")).as_str()), ("essai", "proofs-1"));
        assert_eq!(Ground::of(&[], &reads("engine 1")).id(), "agreement-1");
    }
}
