//! What an envelope says once its agents have spoken: corrections laid over the machine's readings.

use super::{Constat, Correction, CorrectionAct, Decision, Extraction, FieldId, FieldValue, LineStatus, Reading, Source};

impl Extraction {
    /// The readings with every correction of a value laid over them, in order; the last word on a subject
    /// holds. A machine reading that is no longer the one that the agent saw goes back to a person, with
    /// the agent's value kept.
    #[must_use]
    pub fn with_corrections(&self, corrections: &[Correction]) -> Self {
        let mut result = self.clone();
        for correction in corrections {
            if let Some(corrected) = corrected(self.reading(&correction.subject), correction) {
                result.set_reading(&correction.subject, corrected);
            }
        }
        result
    }

    /// The reading of `permit`, `request` or `field:ID`, the three dates included.
    #[must_use]
    pub fn reading(&self, subject: &str) -> Option<&Reading> {
        match subject {
            "permit" => Some(&self.permit),
            "request" => Some(&self.request),
            "field:date_envoi" => self.dates.envoi.as_ref(),
            "field:date_reception" => self.dates.reception.as_ref(),
            "field:date_signature" => self.dates.signature.as_ref(),
            _ => self.fields.get(&FieldId::from(subject.strip_prefix("field:")?)),
        }
    }

    fn set_reading(&mut self, subject: &str, reading: Reading) {
        match subject {
            "permit" => self.permit = reading,
            "request" => self.request = reading,
            "field:date_envoi" => self.dates.envoi = Some(reading),
            "field:date_reception" => self.dates.reception = Some(reading),
            "field:date_signature" => self.dates.signature = Some(reading),
            _ => {
                if let Some(id) = subject.strip_prefix("field:") {
                    self.fields.insert(FieldId::from(id), reading);
                }
            }
        }
    }
}

impl Constat {
    /// The documents that the constat calls missing, by id: what an agent confirms before a dossier is incomplete.
    #[must_use]
    pub fn missing(&self) -> FieldValue {
        let missing = self.checklist.iter().filter(|line| line.status == LineStatus::Missing);
        FieldValue::List(missing.map(|line| line.piece.to_string()).collect())
    }

    /// True when a named agent confirmed that exactly these documents are missing.
    #[must_use]
    pub fn incomplete_confirmed(&self, corrections: &[Correction]) -> bool {
        let spoken = corrections.iter().rev().find(|c| c.subject == "envelope" && c.act == CorrectionAct::Acknowledge);
        spoken.is_some_and(|c| c.seen.as_ref() == Some(&self.missing()))
    }
}

/// The agent's word on one reading; `None` when the correction is not about a value.
fn corrected(machine: Option<&Reading>, correction: &Correction) -> Option<Reading> {
    if machine.is_some_and(|r| r.source == Source::Agent) {
        // Laid over already: the machine's reading is gone from here, and with it what to compare.
        return None;
    }
    let agent = &correction.agent;
    let (value, decision, because) = match &correction.act {
        CorrectionAct::Value { value } => (Some(value.clone()), Decision::Confirmed, format!("confirmé par {agent}")),
        CorrectionAct::Absent => (None, Decision::Absent, format!("rien n'est inscrit, selon {agent}")),
        CorrectionAct::Illegible => (None, Decision::Confirmed, format!("illisible, selon {agent}")),
        _ => return None,
    };
    let read = machine.and_then(|r| r.value.clone());
    let stale = read != correction.seen && read != value;
    Some(Reading {
        value,
        decision: if stale { Decision::Review } else { decision },
        confidence: 1.0,
        source: Source::Agent,
        page: correction.page.or(machine.and_then(|r| r.page)),
        rect: correction.rect.or(machine.and_then(|r| r.rect)),
        because: if stale { format!("la lecture a changé depuis la décision de {agent} : à revoir") } else { because },
        evidence: machine.map(|r| r.evidence.clone()).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AgentId, Channel, Instant, RequestDates, Stage};
    use std::collections::BTreeMap;

    fn reading(text: &str) -> Reading {
        Reading {
            value: Some(FieldValue::Text(text.into())),
            decision: Decision::Review,
            confidence: 0.5,
            source: Source::Form,
            page: Some(2),
            rect: None,
            because: String::new(),
            evidence: Vec::new(),
        }
    }

    fn extraction(nom: &str) -> Extraction {
        Extraction {
            pages: vec![1],
            channel: Channel::Postal,
            permit: reading("etudiant"),
            request: reading("premiere"),
            dates: RequestDates::default(),
            pieces: Vec::new(),
            fields: BTreeMap::from([(FieldId::from("nom_naissance"), reading(nom))]),
            findings: Vec::new(),
            signals: std::collections::BTreeMap::new(),
        }
    }

    fn says(act: CorrectionAct, seen: Option<&str>) -> Correction {
        Correction {
            stage: Stage::Validate,
            subject: "field:nom_naissance".into(),
            act,
            seen: seen.map(|s| FieldValue::Text(s.into())),
            page: None,
            rect: None,
            agent: AgentId::from("a.martin"),
            at: Instant::from_micros(0).unwrap(),
        }
    }

    #[test]
    fn a_corrected_value_holds_while_the_machine_reads_what_the_agent_saw() {
        let correction = says(CorrectionAct::Value { value: FieldValue::Text("DIALLO".into()) }, Some("D1ALLO"));
        let after = extraction("D1ALLO").with_corrections(std::slice::from_ref(&correction));
        let nom = &after.fields[&FieldId::from("nom_naissance")];
        assert_eq!((nom.decision, nom.value.clone()), (Decision::Confirmed, Some(FieldValue::Text("DIALLO".into()))));
        assert_eq!(nom.page, Some(2), "the agent still finds the cut-out");

        let right_now = extraction("DIALLO").with_corrections(std::slice::from_ref(&correction));
        assert_eq!(right_now.fields[&FieldId::from("nom_naissance")].decision, Decision::Confirmed);
    }

    #[test]
    fn a_new_reading_that_differs_from_what_the_agent_saw_goes_back_to_a_person() {
        let correction = says(CorrectionAct::Value { value: FieldValue::Text("DIALLO".into()) }, Some("D1ALLO"));
        let after = extraction("DIALLA").with_corrections(&[correction]);
        let nom = &after.fields[&FieldId::from("nom_naissance")];
        assert_eq!((nom.decision, nom.value.clone()), (Decision::Review, Some(FieldValue::Text("DIALLO".into()))));
    }

    #[test]
    fn laying_corrections_over_twice_changes_nothing_more() {
        let correction = says(CorrectionAct::Value { value: FieldValue::Text("DIALLO".into()) }, Some("D1ALLO"));
        let once = extraction("DIALLA").with_corrections(std::slice::from_ref(&correction));
        assert_eq!(once.with_corrections(&[correction]), once);
    }

    #[test]
    fn the_last_word_of_an_agent_holds() {
        let first = says(CorrectionAct::Value { value: FieldValue::Text("DIALLO".into()) }, Some("D1ALLO"));
        let last = says(CorrectionAct::Absent, Some("D1ALLO"));
        let after = extraction("D1ALLO").with_corrections(&[first, last]);
        let nom = &after.fields[&FieldId::from("nom_naissance")];
        assert_eq!((nom.decision, nom.value.clone()), (Decision::Absent, None));
    }
}
