//! Providers and their keys.

use livos_bus::assistant::Tier;

use super::*;
use crate::Error;
use crate::core::seal::Seal;

const CANARY: &str = "sk-canary-53cret-0123456789";

#[tokio::test]
async fn a_provider_is_tried_before_it_is_kept() {
    let refusal = livos_llm::Error::KeyRefused { message: "no such key".to_owned() };
    let script = Scripted::new("s", vec![Reply::fail(refusal), Reply::text("OK")]);
    let life = Life::open(TempDir::new().unwrap(), script, Bounds::default()).await;
    let providers = &life.nexus.providers;
    let error = providers.save(provider("sk-1")).await.unwrap_err();
    let wire = error.to_wire();
    assert_eq!((wire.kind, wire.code.as_str()), (livos_bus::ErrorKind::Invalid, "key_refused"));
    assert!(providers.list().await.unwrap().providers.is_empty());
    assert_eq!(providers.status().await.unwrap().state, "no_provider");
    let kept = providers.save(provider("sk-1")).await.unwrap();
    assert!(kept.default && kept.key == "set" && kept.checked_at == Some(NOW));
    assert_eq!(providers.status().await.unwrap().state, "ready");
}

#[tokio::test]
async fn a_key_lies_sealed_and_is_never_answered() {
    let script = Scripted::new("s", vec![Reply::text("OK")]);
    let life = Life::open(TempDir::new().unwrap(), script, Bounds::default()).await;
    let kept = life.nexus.providers.save(provider(CANARY)).await.unwrap();
    let list = life.nexus.providers.list().await.unwrap();
    let shown = format!("{kept:?}{}{:?}", json!(list), provider(CANARY));
    assert!(!shown.contains(CANARY), "{shown}");
    life.nexus.store.database().close().await;
    let mut files = 0;
    for file in std::fs::read_dir(life.home.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
        files += 1;
    }
    assert!(files > 0);
}

#[tokio::test]
async fn a_key_is_for_one_address() {
    let ok = || Reply::text("OK");
    let life =
        Life::open(TempDir::new().unwrap(), Scripted::new("s", vec![ok(), ok(), ok()]), Bounds::default())
            .await;
    let providers = &life.nexus.providers;
    providers.save(provider(CANARY)).await.unwrap();
    // Another model with the same key is fine; another address is not, whoever asks.
    let other_model = ProviderRequest { model: "m2".to_owned(), ..provider("") };
    assert_eq!(providers.save(other_model).await.unwrap().key, "set");
    let elsewhere = ProviderRequest { base_url: "https://evil.test".to_owned(), ..provider("") };
    let error = providers.save(elsewhere.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
    assert_eq!(life.script.requests().len(), 2, "nobody was asked");
    // Nor does a row that was changed behind our back make the key go there.
    sqlx::query("update providers set base_url = 'https://evil.test'")
        .execute(life.nexus.store.database().writer())
        .await
        .unwrap();
    assert!(matches!(providers.model(Tier::Usual).await, Err(Error::Sealed(_))));
    let with_key = ProviderRequest { key: ProviderKey("sk-2".to_owned()), ..elsewhere };
    assert_eq!(providers.save(with_key).await.unwrap().base_url, "https://evil.test");
}

#[test]
fn a_seal_opens_only_under_its_key_at_its_place() {
    let seal = |byte| Seal::new(&Secret::new(vec![byte; 32])).unwrap();
    let sealed = seal(1).seal("key", "here").unwrap();
    assert_eq!(seal(1).open(&sealed, "here").as_deref(), Some("key"));
    assert_eq!(seal(2).open(&sealed, "here"), None);
    assert_eq!(seal(1).open(&sealed, "there"), None);
    for cut in 0..sealed.len() {
        assert_eq!(seal(1).open(&sealed[..cut], "here"), None);
    }
    assert_ne!(sealed, seal(1).seal("key", "here").unwrap(), "no two seals are the same");
    assert!(Seal::new(&Secret::new(vec![1; 31])).is_err());
}

#[tokio::test]
async fn the_first_answers_until_another_is_chosen_or_it_goes() {
    let ok = || Reply::text("OK");
    let life =
        Life::open(TempDir::new().unwrap(), Scripted::new("s", vec![ok(), ok()]), Bounds::default()).await;
    let providers = &life.nexus.providers;
    providers.save(provider("")).await.unwrap();
    providers.save(ProviderRequest { id: "q".to_owned(), ..provider("") }).await.unwrap();
    let default = async || providers.status().await.unwrap().model.map(|model| model.provider);
    assert_eq!(default().await.as_deref(), Some("p"));
    providers.set_default("q").await.unwrap();
    assert_eq!(default().await.as_deref(), Some("q"));
    assert!(matches!(providers.set_default("r").await, Err(Error::UnknownProvider(_))));
    assert_eq!(default().await.as_deref(), Some("q"));
    providers.remove("q").await.unwrap();
    assert_eq!(default().await.as_deref(), Some("p"));
    providers.remove("p").await.unwrap();
    assert!(matches!(providers.remove("p").await, Err(Error::UnknownProvider(_))));
    assert_eq!(default().await, None);
}

#[tokio::test]
async fn what_is_no_provider_is_refused_unasked() {
    let life = Life::open(TempDir::new().unwrap(), Scripted::new("s", Vec::new()), Bounds::default()).await;
    let long = "x".repeat(600);
    let wrong: [fn(&mut ProviderRequest, &str); 6] = [
        |request, _| request.id = "A b".to_owned(),
        |request, _| request.label = " ".to_owned(),
        |request, _| request.model = String::new(),
        |request, _| request.dialect = "klingon".to_owned(),
        |request, long| request.base_url = long.to_owned(),
        |request, _| request.label = "a\u{1b}b".to_owned(),
    ];
    for change in wrong {
        let mut request = provider("");
        change(&mut request, &long);
        let error = life.nexus.providers.save(request).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
    }
    assert!(life.script.requests().is_empty());
}

#[tokio::test]
async fn every_preset_can_be_kept() {
    let life = Life::open(TempDir::new().unwrap(), Scripted::new("s", Vec::new()), Bounds::default()).await;
    let providers = &life.nexus.providers;
    let presets = providers.list().await.unwrap().presets;
    let dialect_of = |id: &str| {
        let found = presets.iter().find(|preset| preset.id == id);
        found.map(|preset| preset.dialect.clone())
    };
    assert_eq!(dialect_of("openai").as_deref(), Some("responses"));
    assert_eq!(dialect_of("gemini").as_deref(), Some("gemini"));
    for preset in presets.iter().filter(|preset| !preset.base_url.is_empty()) {
        life.script.push(Reply::text("OK"));
        let request = ProviderRequest {
            id: preset.id.clone(),
            dialect: preset.dialect.clone(),
            label: preset.label.clone(),
            base_url: preset.base_url.clone(),
            model: preset.models[0].clone(),
            key: ProviderKey("sk-1".to_owned()),
        };
        providers.save(request).await.unwrap();
    }
    // And each is what a real model is made of, whose address and name are looked at before anybody is asked.
    let seen = life.endpoints.lock().unwrap().clone();
    assert_eq!(seen.len(), presets.len() - 1);
    for endpoint in seen {
        livos_llm::Remote::new(&livos_llm::Client::new(Arc::new(|| 0)), endpoint).unwrap();
    }
}

#[tokio::test]
async fn a_conversation_and_a_subagent_ask_the_model_of_their_tier() {
    let task = |id: &str, tier: &str| call(id, "spawn_subagent", json!({ "task": "Look.", "tier": tier }));
    let life = Life::new(Vec::new()).await;
    for (id, model) in [("quick", "small"), ("slow", "large")] {
        life.script.push(Reply::text("OK"));
        let request = ProviderRequest { id: id.to_owned(), model: model.to_owned(), ..provider("k") };
        life.nexus.providers.save(request).await.unwrap();
    }
    let providers = &life.nexus.providers;
    providers.set_tier("quick", Tier::Fast).await.unwrap();
    providers.set_tier("quick", Tier::Best).await.unwrap();
    providers.set_tier("slow", Tier::Best).await.unwrap();
    let status = providers.status().await.unwrap();
    assert_eq!(status.tiers.len(), 1, "each tier has one: {status:?}");
    providers.set_tier("quick", Tier::Fast).await.unwrap();
    assert!(matches!(providers.set_tier("r", Tier::Fast).await, Err(Error::UnknownProvider(_))));
    let last = || life.endpoints.lock().unwrap().last().unwrap().model.clone();
    let id = life.talk(&owner()).await;
    for (tier, model) in [(Tier::Usual, "m"), (Tier::Best, "large"), (Tier::Fast, "small")] {
        life.nexus.set_tier(&owner(), &id, tier).await.unwrap();
        life.script.push(Reply::text("So."));
        life.say(&owner(), &id, "one").await;
        let seen = life.done(&owner(), &id).await;
        assert_eq!((last().as_str(), seen.info.tier), (model, tier));
    }
    assert!(life.nexus.set_tier(&member(), &id, Tier::Best).await.is_err(), "it is not theirs");
    life.script.push(Reply::calls(vec![task("s", "opus")]));
    life.script.push(Reply::text("Looked.").then_hold(Arc::new(tokio::sync::Notify::new())));
    life.say(&owner(), &id, "look").await;
    let seen =
        life.until(&owner(), &id, |seen| format!("{seen:?}").contains("subagent: Some(SubagentWork")).await;
    let work = seen.items.iter().find_map(|item| match item {
        Item::Tool { subagent, .. } => subagent.clone(),
        _ => None,
    });
    life.until(&owner(), &work.unwrap().conversation, |seen| seen.items.len() == 2).await;
    assert_eq!(last(), "large");
    // Where a tier is set up no more, the usual one answers.
    life.nexus.providers.remove("quick").await.unwrap();
    assert!(life.nexus.providers.model(Tier::Fast).await.unwrap().is_some_and(|chosen| chosen.id == "p"));
}

#[tokio::test]
async fn where_the_provider_of_a_tier_fails_the_usual_one_answers() {
    let life = Life::new(Vec::new()).await;
    life.script.push(Reply::text("OK"));
    let request = ProviderRequest { id: "slow".to_owned(), model: "large".to_owned(), ..provider("k") };
    life.nexus.providers.save(request).await.unwrap();
    life.nexus.providers.set_tier("slow", Tier::Best).await.unwrap();
    let models = || life.endpoints.lock().unwrap().iter().map(|one| one.model.clone()).collect::<Vec<_>>();
    let overloaded =
        || livos_llm::Error::Overloaded { retry_after: None, message: "too much to do".to_owned() };
    let id = life.talk(&owner()).await;
    life.nexus.set_tier(&owner(), &id, Tier::Best).await.unwrap();
    life.script.push(Reply::fail(overloaded()));
    life.script.push(Reply::calls(vec![call("a", "status", json!({}))]));
    life.script.push(Reply::text("All is well."));
    let before = models().len();
    life.say(&owner(), &id, "how is it?").await;
    let seen = life.done(&owner(), &id).await;
    // Also for what is left of the run; and the page says so.
    assert_eq!(models()[before..], ["large", "m", "m"]);
    assert_eq!(
        lines(&seen)[1..],
        ["answer failed:  (interrupted)", "tool done: status", "answer done: All is well."]
    );
    let Some(Item::Answer { problem: Some(problem), .. }) = seen.items.get(1) else { panic!("{seen:?}") };
    assert!(problem.message.contains("The usual model answers instead"), "{}", problem.message);
    // The next question tries it again.
    life.script.push(Reply::text("Well."));
    life.say(&owner(), &id, "and now?").await;
    life.done(&owner(), &id).await;
    assert_eq!(models().last().map(String::as_str), Some("large"));
    // Once a piece of an answer is out, even of a call, nobody else is asked.
    let begun = livos_llm::Event::CallStarted { call: "b".to_owned(), name: "status".to_owned() };
    life.script.push(Reply::steps(vec![
        livos_llm::scripted::Step::Event(begun),
        livos_llm::scripted::Step::Fail(overloaded()),
    ]));
    let before = models().len();
    life.say(&owner(), &id, "once more").await;
    life.done(&owner(), &id).await;
    assert_eq!(models()[before..], ["large"]);
    // What a provider refuses to say nobody else is asked for either.
    let refused = livos_llm::Error::ContentRefused { message: "no".to_owned() };
    life.script.push(Reply::fail(refused));
    let before = models().len();
    life.say(&owner(), &id, "and this").await;
    life.done(&owner(), &id).await;
    assert_eq!(models()[before..], ["large"]);
    // The usual one has nobody behind it.
    life.nexus.set_tier(&owner(), &id, Tier::Usual).await.unwrap();
    life.script.push(Reply::fail(overloaded()));
    life.say(&owner(), &id, "still?").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer failed:  (rate_limited)");
}

#[tokio::test]
async fn a_model_thinks_as_hard_as_its_conversation_wants() {
    use livos_llm::Thinking;
    let life = Life::new(Vec::new()).await;
    let id = life.talk(&owner()).await;
    for (word, thinking) in [("", Thinking::Unset), ("high", Thinking::High), ("low", Thinking::Low)] {
        life.nexus.set_thinking(&owner(), &id, word).await.unwrap();
        life.script.push(Reply::text("So."));
        life.say(&owner(), &id, "one").await;
        let seen = life.done(&owner(), &id).await;
        assert_eq!(seen.info.thinking, word);
        assert_eq!(life.script.requests().last().unwrap().thinking, thinking);
    }
    assert!(matches!(life.nexus.set_thinking(&owner(), &id, "hardest").await, Err(Error::Invalid(_))));
    assert!(life.nexus.set_thinking(&member(), &id, "low").await.is_err(), "it is not theirs");
}

#[tokio::test]
async fn a_model_at_home_that_reads_only_the_end_of_what_it_is_told_is_found_out() {
    let life = Life::new(Vec::new()).await;
    let save = |base_url: &str| {
        life.script.push(Reply::text("OK"));
        let request = ProviderRequest { base_url: base_url.to_owned(), ..provider("") };
        let request = ProviderRequest { id: "home".to_owned(), key: ProviderKey("k".to_owned()), ..request };
        life.nexus.providers.save(request)
    };
    let problem = || async {
        let all = life.nexus.providers.list().await.unwrap().providers;
        all.into_iter().find(|one| one.id == "home").unwrap().problem.map(|problem| problem.message)
    };
    let id = life.talk(&owner()).await;
    for (base_url, read, found) in [
        ("http://127.0.0.1:11434/v1", 1_000, true),
        ("http://127.0.0.1:11434/v1", 60_000, false),
        // What does not tell is believed, and elsewhere what is too long is refused.
        ("http://127.0.0.1:11434/v1", 0, false),
        ("https://models.test", 1_000, false),
    ] {
        save(base_url).await.unwrap();
        life.nexus.providers.set_default("home").await.unwrap();
        life.script.push(Reply::text("So.").costing(read, 5));
        life.say(&owner(), &id, "one").await;
        life.done(&owner(), &id).await;
        let said = problem().await;
        assert_eq!(said.is_some(), found, "{base_url} {read}: {said:?}");
        assert!(
            said.is_none_or(|said| said.contains("1000 tokens") && said.contains("OLLAMA_CONTEXT_LENGTH"))
        );
    }
}
