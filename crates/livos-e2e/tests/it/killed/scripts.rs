//! What the agent is asked in these runs, what its model says then, and what must have come of it.

use serde_json::{Value, json};

/// What a tool does to the world, once or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It only looks.
    Nothing,
    /// Something is remembered.
    Remembered,
    /// Something is scheduled.
    Scheduled,
    /// A new file is there.
    Written,
    /// A file is another one, and what it was before lies in the trash.
    Rewritten,
    /// A file is elsewhere.
    Moved,
    /// A file lies in the trash.
    Trashed,
    /// A container was restarted.
    Restarted,
    /// A container was stopped.
    Stopped,
    /// Another server was told something.
    Noted,
    /// A subagent was asked.
    HandedOver,
    /// A subagent is kept.
    Kept,
    /// A skill waits to be looked at.
    Skilled,
}

type Call = (Effect, &'static str, fn(&str) -> Value);

/// A run: what its model calls for, turn by turn, and how long it takes about, in milliseconds; only the choice of moments
/// depends on that.
pub(super) struct Script {
    pub(super) name: &'static str,
    pub(super) turns: &'static [&'static [Call]],
    pub(super) takes: u64,
    /// Its messages are two that come one after the other.
    pub(super) twice: bool,
}

const fn script(name: &'static str, takes: u64, turns: &'static [&'static [Call]]) -> Script {
    Script { name, turns, takes, twice: false }
}

const STATUS: Call = (Effect::Nothing, "status", |_| json!({}));
const CPU: Call = (Effect::Nothing, "sysinfo", |_| json!({ "topic": "cpu" }));
const APPS: Call = (Effect::Nothing, "apps_list", |_| json!({}));
const SEARCH: Call = (Effect::Nothing, "memory_search", |mark| json!({ "query": mark }));
const SHELL: Call = (Effect::Nothing, "shell", |mark| json!({ "cmd": format!("echo {mark}") }));
const REMEMBER: Call = (
    Effect::Remembered,
    "memory_add",
    |mark| json!({ "content": format!("The word of the day is {mark}.") }),
);
const SCHEDULE: Call = (
    Effect::Scheduled,
    "cron",
    |mark| json!({ "task": format!("Say {mark}."), "delay": 30, "unit": "days" }),
);
const WRITE: Call = (
    Effect::Written,
    "files_write",
    |mark| json!({ "path": format!("home/Docs/{mark}-new.txt"), "text": mark, "why": "To try." }),
);
const REWRITE: Call = (
    Effect::Rewritten,
    "files_write",
    |mark| json!({ "path": format!("home/Docs/{mark}-old.txt"), "text": mark, "why": "To try." }),
);
const MOVE: Call = (
    Effect::Moved,
    "files_move",
    |mark| json!({ "path": format!("home/Docs/{mark}-from.txt"), "to": format!("home/Docs/{mark}-to.txt"), "why": "To try." }),
);
const TRASH: Call = (
    Effect::Trashed,
    "files_trash",
    |mark| json!({ "path": format!("home/Docs/{mark}-gone.txt"), "why": "To try." }),
);
const RESTART: Call = (
    Effect::Restarted,
    "docker_restart",
    |mark| json!({ "container": format!("{mark}-up"), "why": "To try." }),
);
const STOP: Call =
    (Effect::Stopped, "docker_stop", |mark| json!({ "container": format!("{mark}-up"), "why": "To try." }));
const NOTE: Call = (Effect::Noted, "notes__write_down", |mark| json!({ "text": mark }));
const HAND_OVER: Call =
    (Effect::HandedOver, "spawn_subagent", |mark| json!({ "task": format!("Look into part {mark}.") }));
const KEEP: Call = (
    Effect::Kept,
    "subagent_create",
    |mark| json!({ "id": mark, "name": mark, "description": "Tries.", "instructions": "Try." }),
);
const SKILL: Call = (
    Effect::Skilled,
    "skill_generate",
    |mark| json!({ "name": mark, "description": "Tries.", "instructions": "# Try\n\n1. Try.", "tools": ["status"] }),
);

/// Twenty of them.
pub(super) const SCRIPTS: [Script; 20] = [
    script("words", 900, &[]),
    script("looks", 500, &[&[STATUS, CPU, APPS]]),
    script("looks again and again", 700, &[&[STATUS], &[CPU], &[APPS]]),
    script("remembers", 500, &[&[REMEMBER]]),
    script("remembers among looks", 500, &[&[STATUS, REMEMBER, CPU]]),
    script("remembers, then looks it up", 700, &[&[REMEMBER], &[SEARCH]]),
    script("schedules", 500, &[&[SCHEDULE]]),
    script("writes a file", 900, &[&[WRITE]]),
    script("rewrites a file", 900, &[&[REWRITE]]),
    script("moves a file", 900, &[&[MOVE]]),
    script("trashes a file", 900, &[&[TRASH]]),
    script("writes, then moves", 1500, &[&[WRITE], &[MOVE]]),
    script("restarts a container", 1500, &[&[RESTART]]),
    script("stops a container", 1500, &[&[STOP]]),
    script("restarts, and remembers", 1500, &[&[REMEMBER, RESTART]]),
    script("tells another server", 1500, &[&[NOTE]]),
    script("asks a subagent", 1200, &[&[HAND_OVER]]),
    script("keeps a subagent and a skill", 700, &[&[KEEP, SKILL]]),
    script("computes", 900, &[&[SHELL, STATUS]]),
    Script { name: "two at once", takes: 900, turns: &[&[REMEMBER]], twice: true },
];

impl Script {
    /// Each call, in order.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.turns.iter().flat_map(|turn| turn.iter())
    }

    pub(super) fn has(&self, effect: Effect) -> bool {
        self.calls().any(|(of, ..)| *of == effect)
    }

    /// What a person says.
    pub(super) fn asks(mark: &str) -> String {
        format!("please do {mark} now")
    }

    /// What the model says to it.
    fn fixtures(&self, mark: &str, fixtures: &mut Vec<Value>) {
        let count: Vec<String> = (1..30).map(|number| number.to_string()).collect();
        let end = format!("{} that was {mark}.", count.join(", "));
        // What it answers: to the question, and after each turn to the last of its calls.
        let mut to = json!({ "userMessage": Self::asks(mark), "hasToolResult": false });
        for (turn, calls) in self.turns.iter().enumerate() {
            let id = |number: usize| format!("call_{mark}_{turn}_{number}");
            let made: Vec<Value> = calls
                .iter()
                .enumerate()
                .map(|(number, (_, name, arguments))| json!({ "id": id(number), "name": name, "arguments": arguments(mark) }))
                .collect();
            fixtures.push(
                json!({ "match": to, "response": { "content": "I will.", "toolCalls": made }, "latency": 5 }),
            );
            to = json!({ "toolCallId": id(calls.len() - 1) });
        }
        fixtures.push(json!({ "match": to, "response": { "content": end }, "latency": 5 }));
        if self.has(Effect::HandedOver) {
            let task = json!({ "userMessage": format!("Look into part {mark}.") });
            fixtures.push(json!({ "match": task, "response": { "content": "Looked into." }, "latency": 5 }));
        }
    }
}

/// What the model says in all of them, in so many rounds.
pub(super) fn fixtures(rounds: usize) -> Value {
    let mut all = vec![
        json!({ "match": { "userMessage": "Answer with the word OK." }, "response": { "content": "OK" } }),
    ];
    for (number, script) in SCRIPTS.iter().enumerate() {
        for round in 0..rounds {
            script.fixtures(&mark(number, round), &mut all);
            script.fixtures(&second(&mark(number, round)), &mut all);
        }
    }
    let last = json!({ "userMessage": Script::asks("last") });
    all.push(json!({ "match": last, "response": { "content": "Done." } }));
    Value::from(all)
}

/// A word that stands in one round of one script and nowhere else.
pub(super) fn mark(script: usize, round: usize) -> String {
    format!("s{script:02}r{round}x")
}

/// That of the second message, where there are two.
pub(super) fn second(mark: &str) -> String {
    format!("{mark}-two")
}
