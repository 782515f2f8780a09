//! Both migrations make the same tables: columns, nullability, keys, uniques, foreign keys and checks, as
//! each database itself describes them.

use crate::support::{Database, databases};
use regex::Regex;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};

/// Columns of a table with their class and whether they may be null.
type Columns = BTreeMap<String, (&'static str, bool)>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    columns: Columns,
    /// Primary key included.
    uniques: BTreeSet<Vec<String>>,
    /// Columns, table, its columns.
    foreign_keys: BTreeSet<(Vec<String>, String, Vec<String>)>,
    /// Column and the words that it may hold.
    checks: BTreeSet<(String, Vec<String>)>,
}

type Schema = BTreeMap<String, Table>;

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_tables() {
    let mut schemas = Vec::new();
    for database in databases() {
        database.open().await.close().await;
        schemas.push(if database.name == "SQLite" { sqlite(&database).await } else { postgres(&database).await });
    }
    let names: Vec<&str> = schemas[0].keys().map(String::as_str).collect();
    for table in ["delivery", "page", "envelope", "artefact", "job", "review", "correction", "event", "blob", "person", "dossier", "outbox"]
    {
        assert!(names.contains(&table), "no table {table} in {names:?}");
    }
    for table in ["delivery", "envelope", "dossier", "review", "event"] {
        for schema in &schemas {
            assert_eq!(schema[table].columns["prefecture"], ("text", false), "{table} must belong to a préfecture");
        }
    }
    for schema in &schemas {
        assert!(!schema["correction"].columns["agent"].1, "a correction without an agent");
        assert!(schema["delivery"].uniques.contains(&vec!["prefecture".to_owned(), "sha256".to_owned()]));
        let shared =
            ["person", "dossier", "dossier_field", "dossier_piece", "dossier_event", "outbox", "dossier_version", "api_key", "api_access"];
        for (name, table) in schema {
            for (_, target, _) in &table.foreign_keys {
                assert_eq!(shared.contains(&name.as_str()), shared.contains(&target.as_str()), "{name} must not lean on {target}");
            }
        }
    }
    if let [sqlite, postgres] = schemas.as_slice() {
        assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
        for (name, table) in sqlite {
            assert_eq!(table, &postgres[name], "table {name}: SQLite on the left, PostgreSQL on the right");
        }
    }
}

async fn sqlite(database: &Database) -> Schema {
    let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
    let tables =
        sqlx::query("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let mut schema = Schema::new();
    for row in tables {
        let (name, sql): (String, String) = (row.get(0), row.get(1));
        let mut table = Table { checks: checks(&sql), ..Table::default() };
        let columns = sqlx::query("SELECT name, type, \"notnull\", pk FROM pragma_table_info($1)")
            .bind(&name)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let mut key: Vec<(i64, String)> = Vec::new();
        for column in columns {
            let (field, kind, required, place): (String, String, i64, i64) = (column.get(0), column.get(1), column.get(2), column.get(3));
            table.columns.insert(field.clone(), (class(&field, &kind), required == 0));
            if place > 0 {
                key.push((place, field));
            }
        }
        key.sort();
        table.uniques.insert(key.into_iter().map(|(_, field)| field).collect());
        let indexes = sqlx::query("SELECT name FROM pragma_index_list($1) WHERE \"unique\" = 1 AND origin <> 'pk'")
            .bind(&name)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        for index in indexes {
            let fields = sqlx::query("SELECT name FROM pragma_index_info($1) ORDER BY seqno").bind(index.get::<String, _>(0));
            table.uniques.insert(fields.fetch_all(&mut connection).await.unwrap().iter().map(|f| f.get(0)).collect());
        }
        let keys = sqlx::query("SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list($1)").bind(&name);
        for key in keys.fetch_all(&mut connection).await.unwrap() {
            table.foreign_keys.insert((vec![key.get(0)], key.get(1), vec![key.get(2)]));
        }
        schema.insert(name, table);
    }
    schema
}

const COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' FROM information_schema.columns
    WHERE table_schema IN ('public', 'dossier') AND table_name NOT LIKE '\\_sqlx%'";
const CONSTRAINTS: &str = "SELECT t.relname::text, c.contype::text, pg_get_constraintdef(c.oid), COALESCE(f.relname::text, ''),
      ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, i)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.i),
      ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, i)
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.i)
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace s ON s.oid = t.relnamespace
    LEFT JOIN pg_class f ON f.oid = c.confrelid WHERE s.nspname IN ('public', 'dossier') AND t.relname NOT LIKE '\\_sqlx%'";

const UNIQUES: &str = "SELECT t.relname::text,
      ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(n, o)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.o)
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace
    WHERE i.indisunique AND s.nspname IN ('public', 'dossier') AND t.relname NOT LIKE '\\_sqlx%'";

async fn postgres(database: &Database) -> Schema {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let mut schema = Schema::new();
    for row in sqlx::query(COLUMNS).fetch_all(&mut connection).await.unwrap() {
        let (table, field, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        schema.entry(table).or_default().columns.insert(field.clone(), (class(&field, &kind), row.get(3)));
    }
    for row in sqlx::query(CONSTRAINTS).fetch_all(&mut connection).await.unwrap() {
        let table = schema.get_mut(row.get::<&str, _>(0)).unwrap();
        let fields: Vec<String> = row.get(4);
        match row.get::<&str, _>(1) {
            // Seen below, together with unique indexes that are no constraint.
            "p" | "u" => {}
            "f" => drop(table.foreign_keys.insert((fields, row.get(3), row.get(5)))),
            "c" => table.checks.extend(checks(row.get(2))),
            other => panic!("a constraint of kind {other}"),
        }
    }
    for row in sqlx::query(UNIQUES).fetch_all(&mut connection).await.unwrap() {
        schema.get_mut(row.get::<&str, _>(0)).unwrap().uniques.insert(row.get(1));
    }
    schema
}

/// What a column holds, whatever the database calls it.
fn class(field: &str, kind: &str) -> &'static str {
    match kind {
        "BLOB" | "uuid" => "identifier",
        "REAL" | "double precision" => "real",
        // SQLite keeps an instant or a yes in an integer, a date or JSON in a text.
        "timestamp with time zone" | "boolean" | "bigint" | "INTEGER" => "integer",
        "text" | "jsonb" | "date" | "TEXT" => "text",
        other => panic!("column {field} of kind {other}"),
    }
}

/// `column IN ('a', 'b')`, which PostgreSQL gives back as `column = ANY (ARRAY['a'::text, …])`.
fn checks(sql: &str) -> BTreeSet<(String, Vec<String>)> {
    let clause = Regex::new(r"\(?(\w+) (?:IN \(|= ANY \(\(?ARRAY\[)([^)\]]*)").unwrap();
    let word = Regex::new("'([^']*)'").unwrap();
    let words = |list: &str| word.captures_iter(list).map(|w| w[1].to_owned()).collect();
    clause.captures_iter(sql).map(|c| (c[1].to_owned(), words(&c[2]))).collect()
}
