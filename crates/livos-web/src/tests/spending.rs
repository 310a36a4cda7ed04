//! What models cost and may cost, over HTTP.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use http::Method;
use livos_bus::spending::BudgetRequest;
use livos_bus::{Actor, Document, Result};
use serde_json::json;
use zbus::interface;

use super::assistant::claimed;
use super::fakes::Fakes;

const BUDGETS: &str = "/api/v1/assistant/budgets";

pub(super) struct Spending(pub(super) Fakes);

#[interface(name = "io.livos.Nexus1.Spending")]
impl Spending {
    fn month(&self, actor: Actor, month: String) -> Result<Document> {
        self.0.called("Spending.Month", &actor, &month);
        Document::json(&json!({ "month": "2026-11", "renews_at": 0, "people": [], "budgets": [] }))
    }

    fn set_budget(&self, actor: Actor, budget: BudgetRequest) -> Result<()> {
        let BudgetRequest { person, cause, tokens, money } = budget;
        self.0.called("Spending.SetBudget", &actor, &format!("{person:?} {cause:?} {tokens} {money}"));
        Ok(())
    }

    fn remove_budget(&self, actor: Actor, person: String, cause: String) -> Result<()> {
        self.0.called("Spending.RemoveBudget", &actor, &format!("{person:?} {cause:?}"));
        Ok(())
    }
}

#[tokio::test]
async fn everybody_asks_what_was_spent_and_admins_say_what_may_be() {
    let (world, mut owner) = claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    let id = ada.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(ada.get("/api/v1/assistant/spending?month=2026-10").await.json()["month"], "2026-11");
    let everyone = format!("{BUDGETS}/everyone/all");
    let hers = format!("{BUDGETS}/{id}/chat");
    assert_eq!(owner.write(Method::PUT, &everyone, &json!({ "tokens": 5 })).await.status, 204);
    assert_eq!(owner.write(Method::PUT, &hers, &json!({ "money": u64::MAX })).await.status, 204);
    assert_eq!(owner.delete(&hers).await.status, 204);
    assert_eq!(owner.delete(&everyone).await.status, 204);
    // Nobody gets a budget who is not there, and nothing else is taken for one.
    owner.write(Method::PUT, &format!("{BUDGETS}/nobody/all"), &json!({})).await.check(404, "not_found");
    owner.write(Method::PUT, &everyone, &json!({ "tokens": -1 })).await.check(400, "invalid");
    owner.write(Method::PUT, &everyone, &json!({ "dollars": 1 })).await.check(400, "invalid");
    let calls: Vec<String> =
        world.fakes.calls().into_iter().filter(|call| call.starts_with("Spending.")).collect();
    let expected = [
        "Spending.Month ada 2026-10".to_owned(),
        "Spending.SetBudget grace \"\" \"\" 5 -1".to_owned(),
        format!("Spending.SetBudget grace {id:?} \"chat\" -1 {}", i64::MAX),
        format!("Spending.RemoveBudget grace {id:?} \"chat\""),
        "Spending.RemoveBudget grace \"\" \"\"".to_owned(),
    ];
    assert_eq!(calls, expected);
    assert!(owner.get("/api/v1/audit").await.text().contains("assistant.budget"));
}

#[tokio::test]
async fn a_price_is_entered_and_what_is_left_out_costs_as_much_as_reading() {
    let (world, mut owner) = claimed().await;
    let path = "/api/v1/assistant/providers/a/price";
    let price = json!({ "input": 3, "output": 15, "cached": 1 });
    assert_eq!(owner.write(Method::PUT, path, &price).await.status, 204);
    owner.write(Method::PUT, path, &json!({ "input": 3 })).await.check(400, "invalid");
    assert_eq!(owner.delete(path).await.status, 204);
    let calls = world.fakes.calls();
    assert!(calls.contains(&"Providers.SetPrice grace a 3 15 1 3".to_owned()), "{calls:?}");
    assert!(calls.contains(&"Providers.ForgetPrice grace a".to_owned()), "{calls:?}");
}
