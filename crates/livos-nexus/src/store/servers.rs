//! Other servers, their tools as they are and as they were agreed to, and the calls that were made to them.

use livos_bus::assistant::Problem;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{Store, failed};
use crate::core::servers::definition::Definition;
use crate::error::Error;

/// A server as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) title: String,
    /// Its headers, sealed.
    pub(crate) sealed: Option<Vec<u8>>,
    /// Their names.
    pub(crate) headers: Vec<String>,
    pub(crate) enabled: bool,
    pub(crate) checked_at: i64,
    pub(crate) problem: Option<Problem>,
}

/// One of its tools.
#[derive(Debug, Clone)]
pub(crate) struct KeptTool {
    pub(crate) server: String,
    pub(crate) known_as: String,
    pub(crate) seen: Definition,
    pub(crate) digest: String,
    pub(crate) agreed: Option<Definition>,
    pub(crate) agreed_digest: Option<String>,
    /// `ask` or `look`; `""` when it is not used.
    pub(crate) how: String,
    pub(crate) known: bool,
    /// When it was agreed to, UTC seconds.
    pub(crate) agreed_at: i64,
    pub(crate) gone: bool,
}

/// A tool as its server says it is now.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) known_as: String,
    pub(crate) definition: Definition,
    pub(crate) digest: String,
}

fn server(row: &SqliteRow) -> Result<Kept, Error> {
    const OPERATION: &str = "read a server of tools";
    let read = || -> sqlx::Result<(Kept, String, Option<String>)> {
        let kept = Kept {
            name: row.try_get("name")?,
            url: row.try_get("url")?,
            title: row.try_get("title")?,
            sealed: row.try_get("sealed")?,
            headers: Vec::new(),
            enabled: row.try_get("enabled")?,
            checked_at: row.try_get("checked_at")?,
            problem: None,
        };
        Ok((kept, row.try_get("headers")?, row.try_get("problem")?))
    };
    let (mut kept, headers, problem) = read().map_err(failed(OPERATION))?;
    let strange = |error| Error::Row("servers of tools", error);
    kept.headers = serde_json::from_str(&headers).map_err(strange)?;
    kept.problem = problem.map(|text| serde_json::from_str(&text)).transpose().map_err(strange)?;
    Ok(kept)
}

fn tool(row: &SqliteRow) -> Result<KeptTool, Error> {
    const OPERATION: &str = "read a tool of a server";
    let strange = |error| Error::Row("tools of servers", error);
    let text = |column: &str| row.try_get::<String, _>(column).map_err(failed(OPERATION));
    let maybe = |column: &str| row.try_get::<Option<String>, _>(column).map_err(failed(OPERATION));
    let flag = |column: &str| row.try_get::<bool, _>(column).map_err(failed(OPERATION));
    Ok(KeptTool {
        server: text("server")?,
        known_as: text("known_as")?,
        seen: serde_json::from_str(&text("seen")?).map_err(strange)?,
        digest: text("digest")?,
        agreed: maybe("agreed")?.map(|text| serde_json::from_str(&text)).transpose().map_err(strange)?,
        agreed_digest: maybe("agreed_digest")?,
        how: text("how")?,
        known: flag("known")?,
        agreed_at: row.try_get("agreed_at").map_err(failed(OPERATION))?,
        gone: flag("gone")?,
    })
}

impl Store {
    /// All servers, by name.
    pub(crate) async fn tool_servers(&self) -> Result<Vec<Kept>, Error> {
        let rows = sqlx::query("select * from tool_servers order by name")
            .fetch_all(self.database().reader())
            .await
            .map_err(failed("list servers of tools"))?;
        rows.iter().map(server).collect()
    }

    /// One.
    pub(crate) async fn tool_server(&self, name: &str) -> Result<Option<Kept>, Error> {
        let row = sqlx::query("select * from tool_servers where name = ?")
            .bind(name)
            .fetch_optional(self.database().reader())
            .await
            .map_err(failed("read a server of tools"))?;
        row.as_ref().map(server).transpose()
    }

    /// Their tools, by name; those of one server if it is named.
    pub(crate) async fn server_tools(&self, of: Option<&str>) -> Result<Vec<KeptTool>, Error> {
        let rows =
            sqlx::query("select * from server_tools where ?1 is null or server = ?1 order by server, tool")
                .bind(of)
                .fetch_all(self.database().reader())
                .await
                .map_err(failed("list tools of servers"))?;
        rows.iter().map(tool).collect()
    }

    /// Those that are used: of servers that are on, and exactly as they were agreed to.
    pub(crate) async fn tools_in_use(&self) -> Result<Vec<KeptTool>, Error> {
        let rows = sqlx::query(
            "select server_tools.* from server_tools join tool_servers on name = server
             where enabled and how <> '' and not gone and digest = agreed_digest order by server, tool",
        )
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list tools of servers"))?;
        rows.iter().map(tool).collect()
    }

    /// Keeps a server with its tools. At another address it is another server: nothing is agreed to any more.
    pub(crate) async fn keep_tool_server(&self, kept: &Kept, tools: &[Seen]) -> Result<(), Error> {
        const OPERATION: &str = "keep a server of tools";
        let headers = serde_json::to_string(&kept.headers).map_err(|error| Error::Write("headers", error))?;
        let mut transaction = self.begin(OPERATION).await?;
        sqlx::query("delete from tool_servers where name = ? and url <> ?")
            .bind(&kept.name)
            .bind(&kept.url)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        sqlx::query(
            "insert into tool_servers (name, url, title, sealed, headers, enabled, checked_at)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict (name) do update set title = ?3, sealed = ?4, headers = ?5,
                 checked_at = ?7, problem = null",
        )
        .bind(&kept.name)
        .bind(&kept.url)
        .bind(&kept.title)
        .bind(&kept.sealed)
        .bind(headers)
        .bind(kept.enabled)
        .bind(kept.checked_at)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        see(&mut transaction, &kept.name, tools).await?;
        transaction.commit().await.map_err(failed(OPERATION))
    }

    /// What a server says of its tools now. False if it was forgotten meanwhile, or is elsewhere.
    pub(crate) async fn see_tools(&self, kept: &Kept, tools: &[Seen], at: i64) -> Result<bool, Error> {
        const OPERATION: &str = "note the tools of a server";
        let mut transaction = self.begin(OPERATION).await?;
        let noted = sqlx::query(
            "update tool_servers set checked_at = ?3, problem = null, title = ?4 where name = ?1 and url = ?2",
        )
        .bind(&kept.name)
        .bind(&kept.url)
        .bind(at)
        .bind(&kept.title)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        if noted.rows_affected() == 0 {
            return Ok(false);
        }
        see(&mut transaction, &kept.name, tools).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(true)
    }

    /// What went wrong with it just now.
    pub(crate) async fn note_tool_server(&self, kept: &Kept, problem: &Problem) -> Result<(), Error> {
        let text = serde_json::to_string(problem).map_err(|error| Error::Write("a problem", error))?;
        sqlx::query("update tool_servers set problem = ?3 where name = ?1 and url = ?2")
            .bind(&kept.name)
            .bind(&kept.url)
            .bind(text)
            .execute(self.database().writer())
            .await
            .map(drop)
            .map_err(failed("note how a server did"))
    }

    /// Has its tools used, or not; false if there is none of that name.
    pub(crate) async fn switch_tool_server(&self, name: &str, on: bool) -> Result<bool, Error> {
        let switched = sqlx::query("update tool_servers set enabled = ? where name = ?")
            .bind(on)
            .bind(name)
            .execute(self.database().writer())
            .await;
        Ok(switched.map_err(failed("switch a server of tools"))?.rows_affected() == 1)
    }

    /// Forgets it with all of it; false if there is none of that name.
    pub(crate) async fn remove_tool_server(&self, name: &str) -> Result<bool, Error> {
        let gone = sqlx::query("delete from tool_servers where name = ?")
            .bind(name)
            .execute(self.database().writer())
            .await;
        Ok(gone.map_err(failed("forget a server of tools"))?.rows_affected() == 1)
    }

    /// Agrees to a tool as it was looked at; `how` is `""` when it is not to be used. False if it is not that any more.
    pub(crate) async fn settle_tool(
        &self,
        server: &str,
        tool: &str,
        digest: &str,
        how: &str,
        at: i64,
    ) -> Result<bool, Error> {
        let settled = sqlx::query(
            "update server_tools set how = ?4, known = 1, agreed_at = ?5,
                 agreed = case when ?4 = '' then null else seen end,
                 agreed_digest = case when ?4 = '' then null else digest end
             where server = ?1 and tool = ?2 and (digest = ?3 or ?4 = '')",
        )
        .bind(server)
        .bind(tool)
        .bind(digest)
        .bind(how)
        .bind(at)
        .execute(self.database().writer())
        .await;
        Ok(settled.map_err(failed("settle a tool of a server"))?.rows_affected() == 1)
    }

    /// Notes that a call is about to be made; false if it was before.
    pub(crate) async fn note_server_call(&self, id: &str, conversation: &str) -> Result<bool, Error> {
        let noted =
            sqlx::query("insert into server_calls (id, conversation) values (?, ?) on conflict do nothing")
                .bind(id)
                .bind(conversation)
                .execute(self.database().writer())
                .await;
        Ok(noted.map_err(failed("note a call to a server"))?.rows_affected() == 1)
    }

    /// Whether that was noted.
    pub(crate) async fn was_server_called(&self, id: &str) -> Result<bool, Error> {
        sqlx::query_scalar("select exists (select 1 from server_calls where id = ?)")
            .bind(id)
            .fetch_one(self.database().reader())
            .await
            .map_err(failed("look for a call to a server"))
    }

    /// Forgets it: it was asked about, or did not begin.
    pub(crate) async fn forget_server_call(&self, id: &str) -> Result<(), Error> {
        sqlx::query("delete from server_calls where id = ?")
            .bind(id)
            .execute(self.database().writer())
            .await
            .map(drop)
            .map_err(failed("forget a call to a server"))
    }
}

async fn see(transaction: &mut Transaction<'_, Sqlite>, server: &str, tools: &[Seen]) -> Result<(), Error> {
    const OPERATION: &str = "note the tools of a server";
    sqlx::query("update server_tools set gone = 1 where server = ?")
        .bind(server)
        .execute(&mut **transaction)
        .await
        .map_err(failed(OPERATION))?;
    for Seen { known_as, definition, digest } in tools {
        let seen =
            serde_json::to_string(definition).map_err(|error| Error::Write("a tool of a server", error))?;
        sqlx::query(
            "insert into server_tools (server, tool, known_as, seen, digest) values (?1, ?2, ?3, ?4, ?5)
             on conflict (server, tool) do update set known_as = ?3, seen = ?4, digest = ?5, gone = 0",
        )
        .bind(server)
        .bind(&definition.name)
        .bind(known_as)
        .bind(seen)
        .bind(digest)
        .execute(&mut **transaction)
        .await
        .map_err(failed(OPERATION))?;
    }
    // What nobody agreed to is not missed.
    sqlx::query("delete from server_tools where server = ? and gone and agreed is null")
        .bind(server)
        .execute(&mut **transaction)
        .await
        .map(drop)
        .map_err(failed(OPERATION))
}
