//! The agent through its D-Bus face, peer to peer.

use futures_util::StreamExt as _;
use livos_bus::approvals::{OpenProposal, Proposal, ProposalState, ProposalsReply, RunChanges, UndoAgreed};
use livos_bus::assistant::{AssistantStatus, ConversationInfo, ConversationsReply, ProvidersReply};
use livos_bus::spending::{BudgetRequest, ModelPrice, SpendingReply};
use livos_bus::subagents::{SubagentInfo, SubagentRequest, SubagentsReply};
use livos_bus::tools::{ToolAnswer, ToolInfo, ToolRequest};
use livos_bus::web::{SearchRequest, WebReply};
use livos_bus::{
    ApprovalsProxy, Caller, Callers, ChatProxy, Document, ErrorKind, NexusWebProxy, ProvidersProxy,
    SchedulesProxy, SkillsProxy, SpendingProxy, SubagentsProxy, ToolsProxy,
};
use zbus::{Connection, Guid, connection};

use super::*;

pub(super) struct Served {
    pub(super) life: Life,
    pub(super) client: Connection,
    _server: Connection,
}

impl Served {
    pub(super) async fn to(caller: Caller, replies: Vec<Reply>) -> Self {
        let mut life = Life::new(replies).await;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let server = connection::Builder::unix_stream(ours).server(Guid::generate()).p2p();
        let client = connection::Builder::unix_stream(theirs).p2p();
        let (server, client) = tokio::try_join!(server.build(), client.build()).unwrap();
        let changed = life.changed.take().unwrap();
        let signals = crate::bus::serve(&server, &life.nexus, Callers::peer(caller), changed).await.unwrap();
        tokio::spawn(signals);
        Self { life, client, _server: server }
    }
}

#[tokio::test]
async fn the_edge_talks_for_a_person() {
    let served = Served::to(Caller::Web, vec![Reply::text("Hello.")]).await;
    let chat = ChatProxy::new(&served.client).await.unwrap();
    let mut news = chat.receive_conversation_changed().await.unwrap();
    let me = member();
    let status: AssistantStatus = chat.status(&me).await.unwrap().parse().unwrap();
    assert_eq!(status.state, "ready");
    let made: ConversationInfo = chat.create(&me).await.unwrap().parse().unwrap();
    let change = within(news.next()).await.unwrap();
    let change = change.args().unwrap();
    assert_eq!((*change.user(), *change.id()), ("ada", made.id.as_str()), "ids, and nothing else");
    chat.send(&me, &made.id, "hello", &[], "k").await.unwrap();
    served.life.done(&me, &made.id).await;
    let whole: Conversation = chat.get(&me, &made.id).await.unwrap().parse().unwrap();
    assert_eq!(lines(&whole), ["person: hello", "answer done: Hello."]);
    chat.rename(&me, &made.id, "Greetings").await.unwrap();
    chat.pin(&me, &made.id, true).await.unwrap();
    chat.archive(&me, &made.id, true).await.unwrap();
    chat.stop(&me, &made.id).await.unwrap();
    let list: ConversationsReply = chat.list(&me).await.unwrap().parse().unwrap();
    let [one] = list.conversations.as_slice() else { panic!("{list:?}") };
    assert!(one.title == "Greetings" && one.pinned && one.archived && !one.running, "{one:?}");
    chat.events(&me, &made.id, 0).await.unwrap();
    // Whatever their role, nobody else finds it.
    assert_eq!(chat.get(&owner(), &made.id).await.unwrap_err().kind, ErrorKind::NotFound);
    chat.remove(&me, &made.id).await.unwrap();
    assert_eq!(chat.get(&me, &made.id).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn providers_are_for_those_who_run_the_server() {
    let served = Served::to(Caller::Web, vec![Reply::text("OK")]).await;
    let providers = ProvidersProxy::new(&served.client).await.unwrap();
    let refused = [
        providers.list(&member()).await.err(),
        providers.save(&member(), &provider("k")).await.err(),
        providers.remove(&member(), "p").await.err(),
        providers.set_default(&member(), "p").await.err(),
        providers.set_price(&member(), "p", &PRICE).await.err(),
        providers.forget_price(&member(), "p").await.err(),
    ];
    for answer in refused {
        assert_eq!(answer.map(|error| error.kind), Some(ErrorKind::Denied));
    }
    providers.save(&owner(), &provider("k")).await.unwrap();
    providers.set_default(&owner(), "p").await.unwrap();
    let list: ProvidersReply = providers.list(&owner()).await.unwrap().parse().unwrap();
    assert_eq!((list.providers.len(), list.providers[0].key.as_str()), (1, "set"));
    assert!(list.presets.iter().any(|preset| preset.id == "ollama" && !preset.needs_key));
    providers.set_price(&owner(), "p", &PRICE).await.unwrap();
    let price = async || {
        let list: ProvidersReply = providers.list(&owner()).await.unwrap().parse().unwrap();
        list.providers[0].price.clone()
    };
    assert_eq!(price().await.map(|known| (known.price, known.date)), Some((PRICE, None)));
    providers.forget_price(&owner(), "p").await.unwrap();
    assert_eq!(price().await, None, "what is not known is not guessed");
    let missing = providers.set_price(&owner(), "q", &PRICE).await.unwrap_err();
    assert_eq!(missing.kind, ErrorKind::NotFound);
    let dear = ModelPrice { input: u64::MAX, ..PRICE };
    assert_eq!(providers.set_price(&owner(), "p", &dear).await.unwrap_err().kind, ErrorKind::Invalid);
    providers.remove(&owner(), "p").await.unwrap();
}

#[tokio::test]
async fn a_subagent_is_its_persons_alone() {
    let served = Served::to(Caller::Web, vec![Reply::text("Hello.")]).await;
    let subagents = SubagentsProxy::new(&served.client).await.unwrap();
    let from = crate::core::subagents::From { made_by: "", used: &[], tainted: true };
    let wish = crate::core::subagents::Wish {
        name: Some("Watcher".to_owned()),
        description: Some("Watches.".to_owned()),
        tools: Some(vec!["status".to_owned()]),
        ..Default::default()
    };
    served.life.nexus.create_subagent(&member(), "watcher", wish, from).await.unwrap();
    let wanted = SubagentRequest {
        name: "Looker".to_owned(),
        description: "Looks.".to_owned(),
        instructions: "Be short.".to_owned(),
        all_tools: true,
        tools: Vec::new(),
        turns: 3,
    };
    let others = [
        subagents.get(&owner(), "watcher").await.err(),
        subagents.update(&owner(), "watcher", &wanted).await.err(),
        subagents.change(&owner(), "watcher", "pause").await.err(),
        subagents.change(&owner(), "watcher", "remove").await.err(),
        subagents.run(&owner(), "watcher", "Look.").await.err(),
    ];
    for answer in others {
        assert_eq!(answer.map(|error| error.kind), Some(ErrorKind::NotFound));
    }
    let list: SubagentsReply = subagents.list(&owner()).await.unwrap().parse().unwrap();
    assert!(list.subagents.is_empty());
    subagents.update(&member(), "watcher", &wanted).await.unwrap();
    let wrong = SubagentRequest { turns: 31, ..wanted };
    assert_eq!(subagents.update(&member(), "watcher", &wrong).await.unwrap_err().kind, ErrorKind::Invalid);
    let one: SubagentInfo = subagents.get(&member(), "watcher").await.unwrap().parse().unwrap();
    assert_eq!(
        (one.name.as_str(), one.instructions.as_str(), one.tools, one.turns),
        ("Looker", "Be short.", None, 3)
    );
    assert!(one.tainted, "to change it makes nobody else its author");
    let nothing = subagents.run(&member(), "watcher", "").await.unwrap_err();
    assert_eq!(nothing.kind, ErrorKind::Invalid);
    subagents.run(&member(), "watcher", "Look.").await.unwrap();
    served.life.done(&member(), &one.conversation).await;
    let list: SubagentsReply = subagents.list(&member()).await.unwrap().parse().unwrap();
    assert_eq!((list.subagents[0].runs, list.subagents[0].last_result.as_str()), (1, "Hello."));
    for what in ["pause", "resume", "remove"] {
        subagents.change(&member(), "watcher", what).await.unwrap();
    }
    assert_eq!(subagents.change(&member(), "watcher", "erase").await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(subagents.get(&member(), "watcher").await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn the_web_is_switched_by_each_for_themselves_and_by_those_who_run_the_server_for_all() {
    let served = Served::to(Caller::Web, Vec::new()).await;
    let web = NexusWebProxy::new(&served.client).await.unwrap();
    let request =
        SearchRequest { provider: "x".to_owned(), base_url: String::new(), key: ProviderKey::default() };
    let refused = [
        web.switch(&member(), false).await.err(),
        web.save_search(&member(), &request).await.err(),
        web.remove_search(&member()).await.err(),
    ];
    for answer in refused {
        assert_eq!(answer.map(|error| error.kind), Some(ErrorKind::Denied));
    }
    assert_eq!(web.save_search(&owner(), &request).await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(web.remove_search(&owner()).await.unwrap_err().kind, ErrorKind::NotFound);
    web.switch_own(&member(), false).await.unwrap();
    web.switch(&owner(), false).await.unwrap();
    let shown = async |who: &Actor| {
        let reply: WebReply = web.show(who).await.unwrap().parse().unwrap();
        (reply.house, reply.own)
    };
    assert_eq!((shown(&member()).await, shown(&owner()).await), ((false, false), (false, true)));
    web.switch(&owner(), true).await.unwrap();
    assert_eq!(shown(&member()).await, (true, false));
}

fn status() -> ToolRequest {
    ToolRequest {
        key: "0".repeat(32),
        label: "Desk".to_owned(),
        acts: false,
        tainted: false,
        tool: "status".to_owned(),
        arguments: "{}".to_owned(),
    }
}

#[tokio::test]
async fn the_edge_uses_tools_for_a_persons_programs() {
    let served = Served::to(Caller::Web, Vec::new()).await;
    let tools = ToolsProxy::new(&served.client).await.unwrap();
    let all: Vec<ToolInfo> = tools.list(&member()).await.unwrap().parse().unwrap();
    let changing: Vec<&str> = all.iter().filter(|tool| !tool.looks).map(|tool| tool.name.as_str()).collect();
    let here = |tool: &str| crate::core::tools::for_conversations(tool);
    let proposed = livos_policy::PROPOSABLE.iter().filter(|what| !what.egress && !here(what.tool)).count();
    assert_eq!((changing[0], changing[changing.len() - 1]), ("shell", "memory_add"));
    assert_eq!(changing.len(), proposed + 2, "{changing:?}");
    let answer: ToolAnswer = tools.call(&member(), &status()).await.unwrap().parse().unwrap();
    assert!(answer.text.contains("attic: up for"), "{}", answer.text);
    for unknown in ["rm_rf", "cron", "schedule_list", "schedule_remove", "skill_use", "skill_generate"] {
        let unknown = ToolRequest { tool: unknown.to_owned(), acts: true, ..status() };
        assert_eq!(tools.call(&owner(), &unknown).await.unwrap_err().kind, ErrorKind::Invalid);
    }
}

const PRICE: ModelPrice =
    ModelPrice { input: 3_000_000, output: 15_000_000, cached: 300_000, cache_written: 3_750_000 };

fn budget(person: &str, cause: &str, tokens: i64) -> BudgetRequest {
    BudgetRequest { person: person.to_owned(), cause: cause.to_owned(), tokens, money: -1 }
}

#[tokio::test]
async fn budgets_are_for_those_who_run_the_server_and_everybody_sees_their_own() {
    let served = Served::to(Caller::Web, Vec::new()).await;
    let spending = SpendingProxy::new(&served.client).await.unwrap();
    let refused = [
        spending.set_budget(&member(), &budget("", "", 5)).await.err(),
        spending.remove_budget(&member(), "", "").await.err(),
    ];
    for answer in refused {
        assert_eq!(answer.map(|error| error.kind), Some(ErrorKind::Denied));
    }
    spending.set_budget(&owner(), &budget("", "", 5)).await.unwrap();
    spending.set_budget(&owner(), &budget("ada", "chat", -1)).await.unwrap();
    let month =
        async |me: Actor| -> SpendingReply { spending.month(&me, "").await.unwrap().parse().unwrap() };
    let (all, own) = (month(owner()).await, month(member()).await);
    assert_eq!((all.month.as_str(), all.budgets.len()), ("2027-01", 2));
    assert_eq!((all.renews_at % 86_400, own.budgets.len(), own.people.len()), (0, 0, 1));
    assert_eq!((own.people[0].username.as_str(), own.people[0].limits[0].budget.tokens), ("ada", Some(5)));
    for (person, cause, tokens, month) in [
        ("a b", "", 5, ""),
        ("", "rain", 5, ""),
        ("", "", i64::MAX, ""),
        ("", "", 5, "2026-13"),
        ("", "", 5, "26-1"),
    ] {
        let answers = if month.is_empty() {
            spending.set_budget(&owner(), &budget(person, cause, tokens)).await.err()
        } else {
            spending.month(&owner(), month).await.err()
        };
        assert_eq!(
            answers.map(|error| error.kind),
            Some(ErrorKind::Invalid),
            "{person:?} {cause:?} {month:?}"
        );
    }
    spending.remove_budget(&owner(), "", "").await.unwrap();
    assert_eq!(spending.remove_budget(&owner(), "", "").await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn nobody_else_may_speak_for_anybody() {
    for caller in [Caller::Apps, Caller::Files, Caller::Host, Caller::Nexus, Caller::Stranger] {
        let served = Served::to(caller, Vec::new()).await;
        let (chat, providers, approvals, tools, spending, schedules, skills) = (
            ChatProxy::new(&served.client).await.unwrap(),
            ProvidersProxy::new(&served.client).await.unwrap(),
            ApprovalsProxy::new(&served.client).await.unwrap(),
            ToolsProxy::new(&served.client).await.unwrap(),
            SpendingProxy::new(&served.client).await.unwrap(),
            SchedulesProxy::new(&served.client).await.unwrap(),
            SkillsProxy::new(&served.client).await.unwrap(),
        );
        let web = NexusWebProxy::new(&served.client).await.unwrap();
        let nobody =
            SearchRequest { provider: String::new(), base_url: String::new(), key: ProviderKey::default() };
        let id = served.life.talk(&owner()).await;
        for me in [owner(), Actor { via: Via::Nexus, ..owner() }] {
            let answers = [
                chat.status(&me).await.err(),
                chat.list(&me).await.err(),
                chat.create(&me).await.err(),
                chat.get(&me, &id).await.err(),
                chat.rename(&me, &id, "x").await.err(),
                chat.pin(&me, &id, true).await.err(),
                chat.archive(&me, &id, true).await.err(),
                chat.send(&me, &id, "x", &[], "").await.err(),
                chat.stop(&me, &id).await.err(),
                chat.events(&me, &id, 0).await.err(),
                chat.remove(&me, &id).await.err(),
                web.show(&me).await.err(),
                web.switch(&me, true).await.err(),
                web.switch_own(&me, true).await.err(),
                web.save_search(&me, &nobody).await.err(),
                web.remove_search(&me).await.err(),
                providers.list(&me).await.err(),
                providers.save(&me, &provider("k")).await.err(),
                providers.remove(&me, "p").await.err(),
                providers.set_default(&me, "p").await.err(),
                providers.set_price(&me, "p", &PRICE).await.err(),
                providers.forget_price(&me, "p").await.err(),
                schedules.list(&me).await.err(),
                schedules.change(&me, "s", "pause").await.err(),
                schedules.run(&me, "s").await.err(),
                schedules.due().await.err(),
                schedules.begin(&me, "s").await.err(),
                schedules.refuse("s", "x").await.err(),
                chat.forget("grace").await.err(),
                skills.list(&me).await.err(),
                skills.get(&me, "research").await.err(),
                skills.add(&me, "x").await.err(),
                skills.change(&me, "research", "disable", "").await.err(),
                spending.month(&me, "").await.err(),
                spending.set_budget(&me, &budget("", "", 5)).await.err(),
                spending.remove_budget(&me, "", "").await.err(),
                approvals.list(&me).await.err(),
                approvals.get(&me, "p").await.err(),
                approvals.open().await.err(),
                approvals.begin(&me, "p").await.err(),
                approvals.started("p", "apps-1").await.err(),
                approvals.finish("p", "done", "x").await.err(),
                approvals.deny(&me, "p", "x").await.err(),
                approvals.changes(&me, 1).await.err(),
                approvals.take_back(&me, Document::json("x").unwrap()).await.err(),
                approvals.begin_undo("p").await.err(),
                approvals.started_undo("p", "apps-1").await.err(),
                approvals.finish_undo("p", "done", "x").await.err(),
                tools.list(&me).await.err(),
                tools.call(&me, &status()).await.err(),
            ];
            for (number, answer) in answers.into_iter().enumerate() {
                assert_eq!(
                    answer.map(|error| error.kind),
                    Some(ErrorKind::Denied),
                    "{caller:?}, call {number}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_edge_answers_what_is_proposed() {
    let stop = call("a", "apps_stop", json!({ "app": "jellyfin", "why": "It is not used." }));
    let served = Served::to(Caller::Web, vec![Reply::calls(vec![stop]), Reply::text("Done.")]).await;
    let approvals = ApprovalsProxy::new(&served.client).await.unwrap();
    let mut requests = approvals.receive_approval_requested().await.unwrap();
    let me = owner();
    let id = served.life.talk(&me).await;
    served.life.say(&me, &id, "stop it").await;
    let request = within(requests.next()).await.unwrap();
    let proposal = request.args().unwrap().id().to_string();
    let open: Vec<OpenProposal> = approvals.open().await.unwrap().parse().unwrap();
    assert_eq!((open.len(), &open[0].proposal.id, &open[0].actor.user), (1, &proposal, &me.user));
    let list: ProposalsReply = approvals.list(&me).await.unwrap().parse().unwrap();
    assert_eq!(list.proposals[0], open[0].proposal);
    assert!(approvals.list(&member()).await.unwrap().parse::<ProposalsReply>().unwrap().proposals.is_empty());
    assert_eq!(approvals.get(&member(), &proposal).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(approvals.begin(&member(), &proposal).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(approvals.finish(&proposal, "done", "x").await.unwrap_err().kind, ErrorKind::Conflict);
    let begun: Proposal = approvals.begin(&me, &proposal).await.unwrap().parse().unwrap();
    assert_eq!((begun.state, begun.action), (ProposalState::Working, open[0].proposal.action.clone()));
    assert_eq!(approvals.begin(&me, &proposal).await.unwrap_err().kind, ErrorKind::Conflict, "only once");
    approvals.started(&proposal, "apps-1").await.unwrap();
    assert_eq!(approvals.deny(&me, &proposal, "no").await.unwrap_err().kind, ErrorKind::Conflict);
    assert_eq!(approvals.finish(&proposal, "well", "x").await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(approvals.finish(&proposal, "done", "").await.unwrap_err().kind, ErrorKind::Invalid);
    approvals.finish(&proposal, "done", "Stop Jellyfin: done").await.unwrap();
    let seen = served.life.done(&me, &id).await;
    assert_eq!(lines(&seen)[1..], ["tool done: apps_stop [done]", "answer done: Done."]);
    let changes: RunChanges = approvals.changes(&me, open[0].proposal.run).await.unwrap().parse().unwrap();
    let [done] = &changes.proposals[..] else { panic!("{changes:?}") };
    assert_eq!(
        (&done.id, changes.running, changes.no_changes),
        (&proposal, false, vec!["apps-1".to_owned()])
    );
    assert_eq!(approvals.changes(&member(), done.run).await.unwrap_err().kind, ErrorKind::NotFound);
    let steps = || {
        let undo = done.undo.clone().unwrap();
        Document::json(&[UndoAgreed { id: proposal.clone(), undo }]).unwrap()
    };
    assert_eq!(approvals.take_back(&member(), steps()).await.unwrap_err().kind, ErrorKind::NotFound);
    let nonsense = Document::json(&["x"]).unwrap();
    assert_eq!(approvals.take_back(&me, nonsense).await.unwrap_err().kind, ErrorKind::Invalid);
    approvals.take_back(&me, steps()).await.unwrap();
    assert_eq!(approvals.open().await.unwrap().parse::<Vec<OpenProposal>>().unwrap().len(), 1);
    let waits: ProposalsReply = approvals.list(&me).await.unwrap().parse().unwrap();
    assert!(waits.proposals.is_empty(), "nobody is asked about it");
    approvals.begin_undo(&proposal).await.unwrap();
    assert_eq!(approvals.begin_undo(&proposal).await.unwrap_err().kind, ErrorKind::Conflict, "only once");
    approvals.started_undo(&proposal, "apps-2").await.unwrap();
    approvals.finish_undo(&proposal, "done", "Start Jellyfin: done").await.unwrap();
    assert_eq!(approvals.take_back(&me, steps()).await.unwrap_err().kind, ErrorKind::Conflict);
}
