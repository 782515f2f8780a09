//! The record of one substitution: the blocking, and the individual appointment that is owed to the applicant whatever way is
//! finally taken (CESEDA R431-2, arrêté of 1 August 2023 art. 4).

use super::AdmissibilityStatus;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What the applicant said to the offered appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppointmentAnswer {
    Accepted,
    Declined,
}

/// Everything that is known; codes are those of `pipelines/substitution.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitution {
    /// When the applicant told of the blocking.
    pub blocked_on: Option<Date>,
    /// Number given by the contact centre.
    pub ticket: Option<String>,
    pub blocking: Option<String>,
    /// An agent's word; what the machine found stands in the constat.
    pub admissibility: Option<AdmissibilityStatus>,
    /// On what that word rests.
    pub evidence: Option<String>,
    /// When the préfecture invited the applicant to file otherwise.
    pub invited_on: Option<Date>,
    pub offered_on: Option<Date>,
    pub offered_by: Option<String>,
    pub appointment_on: Option<Date>,
    pub answer: Option<AppointmentAnswer>,
    pub mode: Option<String>,
}

/// Why a record is not taken, with what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubstitutionError {
    #[error("Un rendez-vous a une date ou une réponse : dites aussi quand il a été proposé.")]
    NotOffered,
    #[error("Dites par quel moyen le rendez-vous a été proposé.")]
    NoVector,
    #[error("Cette date est dans l’avenir : écrivez celle où c’est arrivé.")]
    Future,
    #[error("La recevabilité est établie : dites sur quelle preuve.")]
    NoEvidence,
}

impl Substitution {
    /// Checks that the record says one thing; `today` is the day in Paris.
    pub fn check(&self, today: Date) -> Result<(), SubstitutionError> {
        let offered = self.offered_on.is_some();
        if !offered && (self.answer.is_some() || self.appointment_on.is_some() || self.offered_by.is_some()) {
            return Err(SubstitutionError::NotOffered);
        }
        if offered && self.offered_by.is_none() {
            return Err(SubstitutionError::NoVector);
        }
        if [self.blocked_on, self.invited_on, self.offered_on].into_iter().flatten().any(|day| day > today) {
            return Err(SubstitutionError::Future);
        }
        if self.admissibility == Some(AdmissibilityStatus::Established) && self.evidence.is_none() {
            return Err(SubstitutionError::NoEvidence);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_answer_without_an_offer_and_an_offer_of_tomorrow_are_refused() {
        let today = date(2026, 12, 1);
        let offered = Substitution { offered_on: Some(today), offered_by: Some("courrier".into()), ..Substitution::default() };
        assert_eq!(offered.check(today), Ok(()));
        assert_eq!(offered.check(date(2026, 11, 30)), Err(SubstitutionError::Future));
        let answered = Substitution { answer: Some(AppointmentAnswer::Declined), ..Substitution::default() };
        assert_eq!(answered.check(today), Err(SubstitutionError::NotOffered));
        assert_eq!(Substitution { offered_by: None, ..offered }.check(today), Err(SubstitutionError::NoVector));
        let bare = Substitution { admissibility: Some(AdmissibilityStatus::Established), ..Substitution::default() };
        assert_eq!(bare.check(today), Err(SubstitutionError::NoEvidence));
    }
}
