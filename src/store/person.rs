//! Table `person` of the shared schema: one natural person, whatever the préfecture.

use super::db::{Tx, all, run};
use super::{Store, StoreError};
use crate::domain::{FieldValue, Identity, Instant, PersonId, PersonOnFile};
use sqlx::types::Json;
use uuid::Uuid;

const LIKE: &str = "SELECT id, numero_etranger, nom_naissance, prenoms, date_naissance FROM person
    WHERE numero_etranger = $1 OR date_naissance = $2 ORDER BY id";
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
    /// Everybody who has this number or was born on this day. Persons are national: no préfecture's scope hides them.
    pub async fn persons_like(&self, identity: &Identity) -> Result<Vec<PersonOnFile>, StoreError> {
        let mut tx = self.read().await?;
        let rows = all!(&mut tx, Row, LIKE, &identity.numero_etranger, identity.date_naissance.as_ref().map(Json))?;
        Ok(rows.into_iter().map(PersonOnFile::from).collect())
    }
}

impl From<Row> for PersonOnFile {
    fn from(row: Row) -> Self {
        let Row { id, numero_etranger, nom_naissance, prenoms, date_naissance } = row;
        let prenoms = prenoms.map(|json| json.0).unwrap_or_default();
        let identity = Identity { numero_etranger, nom_naissance, prenoms, date_naissance: date_naissance.map(|json| json.0) };
        Self { id: PersonId(id), identity }
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
