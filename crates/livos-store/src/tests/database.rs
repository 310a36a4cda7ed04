use crate::{Database, Error, Migration};

const FIRST: Migration =
    Migration::new("0001_notes", "create table notes (id integer primary key, text text not null) strict");
const SECOND: Migration =
    Migration::new("0002_pinned", "alter table notes add column pinned integer not null default 0");

async fn count(database: &Database) -> i64 {
    sqlx::query_scalar("select count(*) from notes").fetch_one(database.reader()).await.unwrap()
}

#[tokio::test]
async fn steps_run_once_each_and_rows_stay() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let database = Database::open(&path, &[FIRST]).await.unwrap();
    sqlx::query("insert into notes (text) values ('x')").execute(database.writer()).await.unwrap();
    database.close().await;
    let database = Database::open(&path, &[FIRST, SECOND]).await.unwrap();
    assert_eq!(count(&database).await, 1);
    sqlx::query("insert into notes (text, pinned) values ('y', 1)").execute(database.writer()).await.unwrap();
    database.close().await;
    let database = Database::open(&path, &[FIRST, SECOND]).await.unwrap();
    assert_eq!(count(&database).await, 2);
}

#[tokio::test]
async fn a_changed_or_unknown_step_is_refused_and_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    Database::open(&path, &[FIRST, SECOND]).await.unwrap().close().await;
    let changed = Migration::new(FIRST.name, "create table notes (id integer)");
    assert!(matches!(Database::open(&path, &[changed, SECOND]).await, Err(Error::MigrationChanged { .. })));
    assert!(matches!(Database::open(&path, &[FIRST]).await, Err(Error::TooNew { .. })));
    assert_eq!(count(&Database::open(&path, &[FIRST, SECOND]).await.unwrap()).await, 0);
}

#[tokio::test]
async fn a_step_that_fails_leaves_no_half_of_itself() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let broken = Migration::new(
        "0002_broken",
        "create table half (id integer) strict; create table notes (id integer)",
    );
    assert!(matches!(Database::open(&path, &[FIRST, broken]).await, Err(Error::Migrate { .. })));
    let database = Database::open(&path, &[FIRST]).await.unwrap();
    let tables: i64 = sqlx::query_scalar("select count(*) from sqlite_master where name = 'half'")
        .fetch_one(database.reader())
        .await
        .unwrap();
    assert_eq!(tables, 0);
}

#[tokio::test]
async fn readers_cannot_write_and_a_full_or_read_only_file_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let database = Database::open(&path, &[FIRST]).await.unwrap();
    let refused = sqlx::query("insert into notes (text) values ('x')").execute(database.reader()).await;
    assert!(refused.map_err(Error::query("write a note")).unwrap_err().is_read_only());
    let pages: i64 = sqlx::query_scalar("pragma page_count").fetch_one(database.writer()).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}")))
        .execute(database.writer())
        .await
        .unwrap();
    let full = sqlx::query("insert into notes (text) values (hex(zeroblob(100000)))")
        .execute(database.writer())
        .await;
    let full = full.map_err(Error::query("write a note")).unwrap_err();
    assert!(full.is_full());
    assert_eq!(full.to_string(), "cannot write a note");
    assert_eq!(count(&database).await, 0);
}

#[tokio::test]
async fn a_place_where_nothing_can_be_written_is_named() {
    let error = Database::open(std::path::Path::new("/proc/nowhere/a.db"), &[FIRST]).await.unwrap_err();
    assert!(error.to_string().contains("/proc/nowhere/a.db"), "{error}");
}

#[tokio::test]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    Database::open(&path, &[FIRST]).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
