//! What the online system asks of the shared tables, and its own acts: the list in the order of filing, the feed of changes, the
//! states of the instruction. Dossiers of every channel answer alike.

use super::convert::{civil, name_of, named, visible};
use super::db::{all, run};
use super::dossier::{self, DossierView, INSERT_EVENT, INSERT_OUTBOX};
use super::{Store, StoreError};
use crate::domain::{Channel, DossierId, DossierState, FilingBasis, Instant, Instruction, PersonId, PrefectureId, Scope};
use jiff::civil::Date;
use serde_json::{Value, json};
use sqlx::types::Json;
use uuid::Uuid;

const LIST: &str = "SELECT id, prefecture, channel, state, instruction, permit, request, person_id, filing_date, filing_basis, updated_at
    FROM dossier
    WHERE (filing_date, id) > ($1, $2) AND ($3 IS NULL OR prefecture = $3) AND ($4 IS NULL OR state = $4)
      AND ($5 IS NULL OR instruction = $5) AND ($6 IS NULL OR permit = $6) AND ($7 IS NULL OR channel = $7)
    ORDER BY filing_date, id LIMIT $8";
/// The filters of [`LIST`] in the order of their parameters, from `$3`.
const FILTERS: [&str; 5] = ["prefecture", "state", "instruction", "permit", "channel"];
const CHANGES: &str = "SELECT e.sequence, e.dossier_id, d.prefecture, e.kind, e.at
    FROM dossier_event e JOIN dossier d ON d.id = e.dossier_id
    WHERE e.sequence > $1 AND ($2 IS NULL OR d.prefecture = $2) ORDER BY e.sequence LIMIT $3";
const EVENTS: &str = "SELECT sequence, kind, actor, detail, at FROM dossier_event WHERE dossier_id = $1 ORDER BY sequence";
/// Changes nothing, and makes every other act on this dossier wait.
const HOLD: &str = "UPDATE dossier SET updated_at = updated_at WHERE id = $1 AND ($2 IS NULL OR prefecture = $2)";
const STEP: &str = "UPDATE dossier SET instruction = $2, updated_at = $3 WHERE id = $1";

/// Where a list goes on: after the dossier of this filing date and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    pub filing_date: Date,
    pub id: Uuid,
}

impl Past {
    /// Before every dossier.
    pub const START: Self = Self { filing_date: Date::constant(1, 1, 1), id: Uuid::nil() };
}

/// Which dossiers a list holds; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub state: Option<DossierState>,
    pub instruction: Option<Instruction>,
    pub permit: Option<String>,
    pub channel: Option<Channel>,
}

/// One dossier of a list, without the values of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierLine {
    pub id: DossierId,
    pub prefecture: PrefectureId,
    pub channel: Channel,
    pub state: DossierState,
    pub instruction: Instruction,
    pub permit: Option<String>,
    pub request: Option<String>,
    pub person: Option<PersonId>,
    pub filing_date: Date,
    pub filing_basis: FilingBasis,
    pub updated_at: Instant,
}

/// Something that happened to a dossier; what, without any value.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Change {
    /// Grows in the order in which changes become visible.
    pub sequence: i64,
    #[sqlx(rename = "dossier_id")]
    pub dossier: Uuid,
    pub prefecture: String,
    pub kind: String,
    pub at: Instant,
}

/// One line of a dossier's history.
#[derive(Clone, Debug, PartialEq)]
pub struct DossierEvent {
    pub sequence: i64,
    pub kind: String,
    /// An agent, a key of the API, or `machine`.
    pub actor: String,
    pub detail: Value,
    pub at: Instant,
}

/// A step of the instruction.
pub struct Act<'a> {
    pub to: Instruction,
    /// Who takes it.
    pub actor: &'a str,
    /// What stands beside it in the history.
    pub note: Option<&'a str>,
    /// Whether the dossier is still the one that was looked at.
    pub unchanged: &'a (dyn Fn(&DossierView) -> bool + Sync),
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Instructed {
    Done(Box<DossierView>),
    /// Somebody changed the dossier in between.
    Changed,
    /// The step does not follow the one where the dossier stands.
    NotFrom(Instruction),
}

#[derive(sqlx::FromRow)]
struct LineRow {
    id: Uuid,
    prefecture: String,
    channel: String,
    state: String,
    instruction: String,
    permit: Option<String>,
    request: Option<String>,
    person_id: Option<Uuid>,
    filing_date: jiff_sqlx::Date,
    filing_basis: String,
    updated_at: Instant,
}

type EventRow = (i64, String, String, Option<Json<Value>>, Instant);

/// [`LIST`] with the filters that are `asked` for as plain equalities: a filter that may be absent lets no index serve, and a list
/// that few dossiers pass would be read from end to end.
fn list(asked: [bool; 5]) -> String {
    let mut sql = LIST.to_owned();
    for (place, (filter, _)) in FILTERS.iter().zip(asked).enumerate().filter(|(_, (_, asked))| *asked) {
        let parameter = place + 3;
        sql = sql.replace(&format!("(${parameter} IS NULL OR {filter} = ${parameter})"), &format!("{filter} = ${parameter}"));
    }
    sql
}

impl Store {
    /// A dossier by its id.
    pub async fn dossier(&self, scope: &Scope, id: DossierId) -> Result<DossierView, StoreError> {
        let mut tx = self.read().await?;
        dossier::get(&mut tx, scope, id).await
    }

    /// At most `most` dossiers after `past`, the earliest filing first, whatever the channel.
    pub async fn dossier_lines(&self, scope: &Scope, listed: &Listed, past: Past, most: u32) -> Result<Vec<DossierLine>, StoreError> {
        let mut tx = self.read().await?;
        let (state, instruction) = (listed.state.as_ref().map(name_of), listed.instruction.as_ref().map(name_of));
        let channel = listed.channel.as_ref().map(name_of);
        let (after, most) = (civil(past.filing_date), i64::from(most));
        let permit = listed.permit.as_deref();
        let sql = list([visible(scope).is_some(), state.is_some(), instruction.is_some(), permit.is_some(), channel.is_some()]);
        // Written here alone: which filters are asked for chooses among fixed texts.
        let sql = sqlx::AssertSqlSafe(sql);
        let rows = all!(&mut tx, LineRow, sql, after, past.id, visible(scope), state, instruction, permit, channel, most)?;
        rows.into_iter().map(LineRow::line).collect()
    }

    /// At most `most` changes after `sequence`, in order. Whoever follows it sees each change once, also while others write.
    pub async fn changes(&self, scope: &Scope, sequence: i64, most: u32) -> Result<Vec<Change>, StoreError> {
        let mut tx = self.read().await?;
        all!(&mut tx, Change, CHANGES, sequence, visible(scope), i64::from(most))
    }

    /// Everything that happened to a dossier, in order.
    pub async fn dossier_events(&self, scope: &Scope, id: DossierId) -> Result<Vec<DossierEvent>, StoreError> {
        let mut tx = self.read().await?;
        dossier::seen(&mut tx, scope, id).await?;
        let event = |(sequence, kind, actor, detail, at): EventRow| {
            let detail = detail.map_or(Value::Null, |json| json.0);
            DossierEvent { sequence, kind, actor, detail, at }
        };
        Ok(all!(&mut tx, EventRow, EVENTS, id.0)?.into_iter().map(event).collect())
    }

    /// Takes a step of the instruction: the state, the history and the outbox in one transaction.
    pub async fn instruct(&self, scope: &Scope, id: DossierId, act: &Act<'_>, now: Instant) -> Result<Instructed, StoreError> {
        let mut tx = self.write().await?;
        if run!(&mut tx, HOLD, id.0, visible(scope))? == 0 {
            return Err(StoreError::missing("dossier", id, scope));
        }
        let standing = dossier::get(&mut tx, scope, id).await?;
        if !(act.unchanged)(&standing) {
            return Ok(Instructed::Changed);
        }
        if !standing.instruction.may_become(act.to) {
            return Ok(Instructed::NotFrom(standing.instruction));
        }
        run!(&mut tx, STEP, id.0, name_of(&act.to), now)?;
        let detail = json!({ "de": standing.instruction, "a": act.to, "note": act.note });
        run!(&mut tx, INSERT_EVENT, id.0, "instruction", act.actor, Json(&detail), now)?;
        let body = json!({ "dossier": id.to_string(), "prefecture": standing.prefecture, "instruction": act.to });
        run!(&mut tx, INSERT_OUTBOX, id.0, "dossier_instruit", Json(&body), now)?;
        let done = dossier::get(&mut tx, scope, id).await?;
        tx.commit().await?;
        Ok(Instructed::Done(Box::new(done)))
    }
}

impl LineRow {
    fn line(self) -> Result<DossierLine, StoreError> {
        Ok(DossierLine {
            id: DossierId(self.id),
            prefecture: PrefectureId(self.prefecture),
            channel: named("channel", &self.channel)?,
            state: named("state of a dossier", &self.state)?,
            instruction: named("state of the instruction", &self.instruction)?,
            permit: self.permit,
            request: self.request,
            person: self.person_id.map(PersonId),
            filing_date: self.filing_date.to_jiff(),
            filing_basis: named("basis of the filing date", &self.filing_basis)?,
            updated_at: self.updated_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_list_reads_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("base.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        let mut tx = store.read().await.unwrap();
        let alone = |which: usize| list(std::array::from_fn(|place| place == which));
        let lists = FILTERS.iter().enumerate().map(|(place, filter)| (alone(place), format!("dossier_listed_{filter}")));
        let others = [(LIST, "dossier_filing"), (CHANGES, "INTEGER PRIMARY KEY"), (EVENTS, "dossier_event_dossier")];
        for (sql, index) in lists.chain(others.map(|(sql, index)| (sql.to_owned(), index.to_owned()))) {
            let plan = all!(&mut tx, (i64, i64, i64, String), sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).unwrap();
            let steps: Vec<String> = plan.into_iter().map(|(_, _, _, step)| step).collect();
            assert!(steps[0].contains(&index) && steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
        }
    }
}
