//! What people settled beforehand for what the agent proposes.

use livos_store::Error;

use super::Store;

/// Rules one person may have.
const MOST: i64 = 1000;

/// A rule of somebody's.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct RuleRow {
    pub(crate) tool: String,
    /// The conversation it is for; `""` for all of them.
    pub(crate) conversation: String,
    pub(crate) verdict: String,
}

impl Store {
    /// A person's rules.
    pub(crate) async fn rules(&self, user: &str) -> Result<Vec<RuleRow>, Error> {
        sqlx::query_as(
            "select tool, conversation, verdict from assistant_rules where user_id = ? order by tool, conversation",
        )
        .bind(user)
        .fetch_all(self.reader())
        .await
        .map_err(Error::query("list rules"))
    }

    /// Sets a rule, or takes it away. False when the person has too many.
    pub(crate) async fn set_rule(
        &self,
        user: &str,
        tool: &str,
        conversation: &str,
        verdict: Option<&str>,
    ) -> Result<bool, Error> {
        let failed = Error::query("set a rule");
        let Some(verdict) = verdict else {
            let gone = sqlx::query(
                "delete from assistant_rules where user_id = ? and tool = ? and conversation = ?",
            );
            let gone = gone.bind(user).bind(tool).bind(conversation).execute(self.writer()).await;
            return gone.map(|_| true).map_err(failed);
        };
        let set = sqlx::query(
            "insert into assistant_rules (user_id, tool, conversation, verdict) select ?1, ?2, ?3, ?4
             where (select count(*) from assistant_rules where user_id = ?1) < ?5
             on conflict do update set verdict = excluded.verdict",
        );
        let set = set.bind(user).bind(tool).bind(conversation).bind(verdict).bind(MOST);
        let done = set.execute(self.writer()).await.map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets the rules of a conversation that is gone.
    pub(crate) async fn forget_rules(&self, user: &str, conversation: &str) -> Result<(), Error> {
        sqlx::query("delete from assistant_rules where user_id = ? and conversation = ?")
            .bind(user)
            .bind(conversation)
            .execute(self.writer())
            .await
            .map(drop)
            .map_err(Error::query("forget rules"))
    }
}
