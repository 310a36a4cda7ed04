//! What a run does next, and what a model is told, from the steps alone.

use livos_bus::assistant::AnswerState;
use livos_llm::{AnswerPart, Message, StopReason, Usage};
use serde_json::json;

use super::*;
use crate::core::page::Page;
use crate::core::progress::{Next, next};
use crate::core::step::{Break, Ending, Entry, Step};
use crate::core::{context, problem, tools};

fn log(steps: Vec<Step>) -> Vec<Entry> {
    (1..).zip(steps).map(|(seq, step)| Entry { seq, run: 1, at: NOW, step }).collect()
}

fn asked() -> Step {
    Step::asked("why".to_owned())
}

fn turn() -> Step {
    Step::Turn { model: "m".to_owned(), told: None, upto: 0 }
}

fn called(calls: &[&str]) -> Step {
    let parts = calls.iter().map(|id| AnswerPart::Call(log_call(id))).collect();
    Step::Answered {
        parts,
        usage: Usage { input: 10, ..Usage::default() },
        cost: None,
        stop: StopReason::ToolCalls,
    }
}

fn said(text: &str) -> Step {
    let parts = vec![AnswerPart::Text { text: text.to_owned() }];
    Step::Answered { parts, usage: Usage::default(), cost: None, stop: StopReason::End }
}

fn result(call: &str) -> Step {
    let call = call.to_owned();
    Step::Result {
        call,
        text: "log".to_owned(),
        failed: false,
        duration_ms: 1,
        skill: None,
        foreign: false,
        changed: false,
        kept: None,
    }
}

fn broken(by: Break) -> Step {
    let (text, thinking) = ("half".to_owned(), String::new());
    Step::BrokenOff { text, thinking, usage: Usage::default(), cost: None, by, problem: None }
}

#[test]
fn the_next_thing_follows_from_the_steps() {
    let bounds = Bounds { turns: 3, tokens: 100, ..Bounds::default() };
    let check = |steps: Vec<Step>| next(&log(steps), 1, &bounds);
    assert_eq!(check(vec![asked()]), Next::Ask);
    assert_eq!(check(vec![asked(), turn()]), Next::NoteInterruption);
    assert_eq!(check(vec![asked(), turn(), broken(Break::Interrupted)]), Next::Ask);
    assert_eq!(check(vec![asked(), turn(), broken(Break::Stopped)]), Next::End(Ending::Stopped, None));
    assert_eq!(check(vec![asked(), turn(), broken(Break::Failed)]), Next::End(Ending::Failed, None));
    assert_eq!(check(vec![asked(), turn(), said("so")]), Next::End(Ending::Done, None));
    let both = vec![(0, log_call("a")), (1, log_call("b"))];
    assert_eq!(check(vec![asked(), turn(), called(&["a", "b"])]), Next::Call(2, both));
    let rest = vec![(0, log_call("a"))];
    assert_eq!(check(vec![asked(), turn(), called(&["a", "b"]), result("b")]), Next::Call(2, rest));
    assert_eq!(check(vec![asked(), turn(), called(&["a"]), result("a")]), Next::Ask);
    assert_eq!(check(vec![asked(), Step::Ended { how: Ending::Done, problem: None }]), Next::Over);
}

#[test]
fn a_run_without_an_end_is_ended_in_words() {
    let round = || [turn(), called(&["a"]), result("a")];
    let steps: Vec<Step> = [asked()].into_iter().chain((0..3).flat_map(|_| round())).collect();
    for bounds in [Bounds { turns: 3, ..Bounds::default() }, Bounds { tokens: 30, ..Bounds::default() }] {
        match next(&log(steps.clone()), 1, &bounds) {
            Next::End(Ending::Failed, Some(problem)) => assert_eq!(problem.code, "limit"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(next(&log(steps), 1, &Bounds::default()), Next::Ask);
}

#[test]
fn a_model_is_told_everything_once_and_in_turns() {
    let steps = vec![
        asked(),
        turn(),
        called(&["a", "b"]),
        result("b"),
        result("a"),
        turn(),
        broken(Break::Failed),
        Step::Ended { how: Ending::Failed, problem: Some(problem::internal()) },
        Step::Titled { title: "t".to_owned() },
        asked(),
        asked(),
    ];
    let messages = context::messages(&log(steps), "UTC");
    let kinds: Vec<(&str, usize)> = messages
        .iter()
        .map(|message| match message {
            Message::Person(parts) => ("person", parts.len()),
            Message::Answer(parts) => ("answer", parts.len()),
            Message::Results(results) => ("results", results.len()),
        })
        .collect();
    assert_eq!(kinds, [("person", 1), ("answer", 2), ("results", 2), ("answer", 1), ("person", 2)]);
}

#[test]
fn a_page_grows_as_its_steps_come_and_is_the_same_when_read_at_once() {
    let steps = log(vec![
        asked(),
        turn(),
        called(&["a", "b"]),
        result("b"),
        result("a"),
        turn(),
        Step::BrokenOff {
            text: String::new(),
            thinking: String::new(),
            usage: Usage::default(),
            cost: None,
            by: Break::Interrupted,
            problem: Some(problem::interrupted()),
        },
        turn(),
        said("so"),
        Step::Ended { how: Ending::Done, problem: None },
    ]);
    let mut page = Page::default();
    for entry in &steps {
        page.apply(entry);
    }
    let items = page.into_items();
    assert_eq!(items, Page::of(&steps).into_items());
    let lines: Vec<String> = items.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "person: why",
            "tool done: docker_logs",
            "tool done: docker_logs",
            "answer failed:  (interrupted)",
            "answer done: so"
        ]
    );
}

#[test]
fn an_answer_that_was_cut_short_says_so() {
    let parts = vec![AnswerPart::Text { text: "long".to_owned() }];
    let cut = Step::Answered { parts, usage: Usage::default(), cost: None, stop: StopReason::Limit };
    let page = Page::of(&log(vec![asked(), turn(), cut])).into_items();
    match page.last() {
        Some(Item::Answer { state: AnswerState::Failed, problem: Some(problem), text, .. }) => {
            assert_eq!((problem.code.as_str(), text.as_str()), ("limit", "long"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_step_is_read_back_as_it_was_written() {
    for step in [asked(), turn(), called(&["a"]), said("x"), result("a"), broken(Break::Stopped)] {
        let text = serde_json::to_string(&step).unwrap();
        assert_eq!(serde_json::from_str::<Step>(&text).unwrap(), step);
    }
}

#[test]
fn every_tool_has_a_schema_that_refuses_what_it_does_not_know() {
    let tools = tools::all();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "status",
            "sysinfo",
            "apps_list",
            "apps_search",
            "docker_list",
            "docker_logs",
            "service_list",
            "logs",
            "files",
            "shell",
            "scrape",
            "web_search",
            "mcp_list",
            "mcp_registry_search",
            "mcp_install",
            "mcp_manage",
            "mcp_config_raw",
            "apps_restart",
            "apps_start",
            "apps_stop",
            "apps_install",
            "apps_update",
            "apps_remove",
            "docker_restart",
            "docker_start",
            "docker_stop",
            "docker_exec",
            "service_restart",
            "files_write",
            "files_move",
            "files_trash",
            "cron",
            "schedule_list",
            "schedule_remove",
            "skill_use",
            "skill_list",
            "skill_generate",
            "spawn_subagent",
            "subagent_message",
            "subagent_create",
            "subagent_list",
            "subagent_update",
            "subagent_delete",
            "subagent_schedule",
            "loop_manage",
            "task_state",
            "progress_report",
            "result_read",
            "memory_search",
            "memory_add"
        ]
    );
    let propose = tools.iter().filter(|tool| livos_policy::proposable(&tool.name).is_some());
    assert_eq!(propose.count(), livos_policy::PROPOSABLE.len(), "what may be proposed is offered");
    for tool in &tools {
        assert_eq!(tool.schema["type"], "object", "{}: {}", tool.name, tool.schema);
        assert_eq!(tool.schema["additionalProperties"], json!(false), "{}: {}", tool.name, tool.schema);
        assert!(!tools::summary(&tool.name, &json!({ "app": "a\u{1b}[31m" })).contains('\u{1b}'));
    }
    assert_eq!(tools[5].schema["required"], json!(["app"]));
}
