//! Table `person` of the shared schema: one natural person, whatever the préfecture.

use super::db::{Tx, maybe, run};
use super::{Store, StoreError};
use crate::domain::{FieldValue, Identity, Instant, PersonId, PersonOnFile};
use sqlx::types::Json;
use uuid::Uuid;

const BY_NUMBER: &str = "SELECT id, numero_etranger, nom_naissance, prenoms, date_naissance FROM person WHERE numero_etranger = $1";
const INSERT: &str =
    "INSERT INTO person (id, numero_etranger, nom_naissance, prenoms, date_naissance, created_at) VALUES ($1, $2, $3, $4, $5, $6)";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    numero_etranger: Option<String>,
    nom_naissance: Option<String>,
    prenoms: Option<Json<Vec<String>>>,
    date_naissance: Option<Json<FieldValue>>,
}

impl Store {
    /// The person who has this number, if any. Persons are national: no préfecture's scope hides them.
    pub async fn person_by_number(&self, numero_etranger: &str) -> Result<Option<PersonOnFile>, StoreError> {
        let mut tx = self.read().await?;
        let row = maybe!(&mut tx, Row, BY_NUMBER, numero_etranger)?;
        Ok(row.map(|row| PersonOnFile {
            id: PersonId(row.id),
            identity: Identity {
                numero_etranger: row.numero_etranger,
                nom_naissance: row.nom_naissance,
                prenoms: row.prenoms.map(|json| json.0).unwrap_or_default(),
                date_naissance: row.date_naissance.map(|json| json.0),
            },
        }))
    }
}

/// Enters a person nobody has on file. Two at once with one number: the second fails, is tried again, and
/// then finds the first.
pub(super) async fn add(tx: &mut Tx, identity: &Identity, now: Instant) -> Result<PersonId, StoreError> {
    let id = PersonId(Uuid::now_v7());
    let birth = identity.date_naissance.as_ref().map(Json);
    run!(tx, INSERT, id.0, &identity.numero_etranger, &identity.nom_naissance, Json(&identity.prenoms), birth, now)?;
    Ok(id)
}
