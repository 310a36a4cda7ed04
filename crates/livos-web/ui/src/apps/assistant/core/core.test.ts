import { beforeEach, describe, expect, it } from "vitest";
import type { AnswerItem, Conversation, ConversationLine, Item, ToolItem } from "@/lib/assistant";
import { commandIn, commandsLike, levelIn, verboseIn } from "./commands";
import { byDay, matching } from "./days";
import { draftOf, keepDraft } from "./drafts";
import { rowsOf, usageOf } from "./rows";
import { suggestionsOf } from "./suggestions";
import { apply, type LogEvent } from "./view";

const person = (run: number, text: string): Item => ({
  kind: "person",
  key: `${run}.0`,
  seq: run * 10,
  run,
  text,
  at: 1,
});
const answer = (text: string, more: Partial<AnswerItem> = {}): AnswerItem => ({
  kind: "answer",
  key: "1.9",
  seq: 11,
  run: 1,
  at: 1,
  state: "streaming",
  text,
  ...more,
});
const tool = (call: string, state: ToolItem["state"] = "done"): ToolItem => ({
  kind: "tool",
  key: `1.${call}`,
  seq: 11,
  run: 1,
  call,
  name: "logs",
  summary: "Read the log",
  input: {},
  state,
});

const empty: Conversation = {
  id: "c",
  title: "",
  pinned: false,
  archived: false,
  updated_at: 0,
  running: true,
  asks: false,
  seq: 10,
  items: [person(1, "Why?")],
  queued: [],
};

const item = (value: Item, seq?: number): LogEvent => ({ seq, name: "item", data: value });
const delta = (text: string, key = "1.9"): LogEvent => ({
  seq: undefined,
  name: "delta",
  data: { run: 1, item: key, text },
});
const textOf = (view: Conversation, key = "1.9") => {
  const found = view.items.find((one) => one.key === key);
  return found && "text" in found ? found.text : undefined;
};

describe("what a stream says", () => {
  it("becomes an answer, piece by piece", () => {
    const { view, lost } = apply(empty, [
      item(answer("")),
      delta("Be"),
      delta("cause."),
      item(answer("Because.", { seq: 12, state: "done" }), 12),
      { seq: 13, name: "title", data: { title: "Why" } },
      { seq: 14, name: "state", data: { running: false } },
    ]);
    expect(lost).toBe(false);
    expect(textOf(view)).toBe("Because.");
    expect(view).toMatchObject({ seq: 14, title: "Why", running: false });
    expect(view.items).toHaveLength(2);
  });

  it("leaves what it says nothing about as it is", () => {
    const before = apply(empty, [item(answer("a"))]).view;
    const after = apply(before, [delta("b")]).view;
    expect(after.items[0]).toBe(before.items[0]);
    expect(before.items[1]).toMatchObject({ text: "a" });
  });

  it("is the same when it is replayed after a break", () => {
    const once = [
      item(tool("a", "running"), 11),
      item({ ...tool("a"), seq: 12 }, 12),
      item(answer("", { seq: 12 })),
    ];
    const first = apply(empty, [...once, delta("Half")]).view;
    // A new connection replays what is settled, and sends the answer so far as a whole.
    const again = apply(first, [
      ...once.slice(0, 2),
      item(answer("Half of", { seq: 12 })),
      delta(" it"),
    ]).view;
    expect(textOf(again)).toBe("Half of it");
    expect(again.items.map((one) => one.key)).toEqual(["1.0", "1.a", "1.9"]);
    expect(again.seq).toBe(12);
  });

  it("never goes back to an older state of a thing", () => {
    const done = apply(empty, [item({ ...tool("a"), seq: 14 }, 14)]).view;
    const late = apply(done, [item({ ...tool("a", "running"), seq: 11 }, 11)]).view;
    expect(late.items[1]).toMatchObject({ state: "done" });
    expect(late.seq).toBe(14);
  });

  it("adds nothing to an answer that is over", () => {
    const done = apply(empty, [item(answer("All.", { state: "done", seq: 12 }), 12)]).view;
    const late = apply(done, [delta(" twice")]);
    expect(textOf(late.view)).toBe("All.");
    expect(late.lost).toBe(false);
  });

  it.each([
    ["text for an answer that is not here", delta("x", "9.9")],
    ["text for something that has none", delta("x", "1.a")],
    ["reset", { seq: undefined, name: "reset", data: {} }],
  ])("says that something was missed: %s", (_, event) => {
    const view = apply(empty, [item(tool("a"))]).view;
    expect(apply(view, [event, item(answer("later"))])).toEqual({ view, lost: true });
  });

  it("keeps what waits, and ignores what it does not know", () => {
    const queued = [{ run: 2, text: "And then?", at: 5 }];
    const { view } = apply(empty, [
      { seq: undefined, name: "queued", data: { queued } },
      { seq: 12, name: "weather", data: { sunny: true } },
    ]);
    expect(view.queued).toEqual(queued);
    expect(view.items).toEqual(empty.items);
    expect(apply(view, [item(person(2, "And then?"))]).view.queued).toEqual([]);
  });
});

describe("rows", () => {
  it("gather what was done between messages", () => {
    const thought: Item = { kind: "thinking", key: "1.t", seq: 11, run: 1, text: "hm" };
    const rows = rowsOf([person(1, "Why?"), thought, tool("a"), thought, tool("b"), answer("Because.")]);
    expect(rows.map((row) => row.kind)).toEqual(["person", "work", "answer"]);
    expect(rows[1]).toMatchObject({ tools: 2 });
  });

  it("puts what waits for the person on a row of its own, also among many steps", () => {
    const proposal = {
      id: "p",
      conversation: "c",
      run: 1,
      action: { tool: "apps_restart", arguments: {} },
      summary: "Restart X",
      subject: "X",
      why: "It hangs",
      state: "waiting",
      tainted: false,
      at: 1,
      expires_at: 2,
      undone: false,
    } as const;
    const rows = rowsOf([tool("a"), { ...tool("b", "running"), proposal }, tool("c")]);
    expect(rows.map((row) => row.kind)).toEqual(["work", "proposal", "work"]);
  });

  it("have a way back at the end of a run that changed something, once it is over", () => {
    const done = (key: string, more: object): Item => ({
      ...tool(key),
      proposal: {
        ...{ id: key, conversation: "c", run: 1, summary: "Stop X", subject: "X", why: "So", at: 1 },
        ...{ action: { tool: "apps_stop", arguments: {} }, state: "done", tainted: false, expires_at: 2 },
        undone: false,
        ...more,
      },
    });
    const kinds = (items: Item[], running = false) => rowsOf(items, running).map((row) => row.kind);
    const run = [person(1, "Stop it"), done("a", {}), answer("Done.")];
    expect(kinds(run)).toEqual(["person", "proposal", "answer", "undo"]);
    expect(kinds(run, true)).toEqual(["person", "proposal", "answer"]);
    expect(kinds([...run, person(2, "And?")], true)).toEqual([
      "person",
      "proposal",
      "answer",
      "undo",
      "person",
    ]);
    for (const nothing of [
      { undone: true },
      { state: "denied" as const },
      { action: { tool: "scrape", arguments: {} } },
    ])
      expect(kinds([person(1, "Stop it"), done("a", nothing), answer("Done.")])).not.toContain("undo");
    const subagent = { name: "Helper", conversation: "d", run: 9 };
    expect(kinds([person(1, "Stop it"), { ...tool("a"), subagent }])).not.toContain("undo");
    expect(
      kinds([person(1, "Stop it"), { ...tool("a"), subagent: { ...subagent, changed: true } }]),
    ).toContain("undo");
  });

  it("say where older messages were condensed, and count what that took", () => {
    const condensed: Item = {
      kind: "condensed",
      key: "c7",
      seq: 17,
      run: 1,
      at: 1,
      text: "- Asked: Why?",
      messages: 3,
      shortened: true,
      usage: { input: 5, output: 7, cost: 9 },
    };
    const rows = rowsOf([person(1, "Why?"), tool("a"), condensed, tool("b"), answer("Because.")]);
    expect(rows.map((row) => row.kind)).toEqual(["person", "work", "condensed", "work", "answer"]);
    expect(usageOf([condensed])).toMatchObject({ answers: 0, input: 5, output: 7, cost: 9 });
  });

  it("show an answer from its first word on, and one that failed without any", () => {
    expect(rowsOf([answer("")])).toEqual([]);
    expect(rowsOf([answer("", { state: "failed" })])).toHaveLength(1);
  });

  it("add up what was taken", () => {
    const used = answer("a", { usage: { input: 5, output: 7 } });
    expect(usageOf([used, { ...used, key: "2" }, tool("a"), answer("x")])).toEqual({
      answers: 3,
      input: 10,
      output: 14,
      tools: 1,
      cost: 0,
      unpriced: 2,
    });
    const paid = answer("a", { usage: { input: 5, output: 7, cost: 9 } });
    expect(usageOf([paid, paid])).toMatchObject({ cost: 18, unpriced: 0 });
  });
});

describe("the list", () => {
  const at = (year: number, month: number, date: number, hour = 12) =>
    new Date(year, month, date, hour).getTime() / 1000;
  const line = (title: string, updated_at: number, pinned = false): ConversationLine => ({
    id: title,
    title,
    pinned,
    archived: false,
    updated_at,
    running: false,
    asks: false,
  });
  const now = at(2026, 10, 27, 9) * 1000;

  it("is by day, with pinned ones first and months for what is older", () => {
    const groups = byDay(
      [
        line("old", at(2026, 8, 3)),
        line("pinned", at(2025, 1, 1), true),
        line("monday", at(2026, 10, 23)),
        line("morning", at(2026, 10, 27, 1)),
        line("yesterday", at(2026, 10, 26, 23)),
        line("later", at(2026, 10, 27, 8)),
        line("older", at(2026, 8, 1)),
      ],
      now,
    );
    expect(groups.map((group) => group.conversations.map(({ title }) => title))).toEqual([
      ["pinned"],
      ["later", "morning"],
      ["yesterday"],
      ["monday"],
      ["old", "older"],
    ]);
  });

  it("is searched by all words, in any order", () => {
    const lines = [line("Why is Jellyfin slow?", 1), line("Backups", 2)];
    expect(matching(lines, "slow why").map(({ id }) => id)).toEqual(["Why is Jellyfin slow?"]);
    expect(matching(lines, " ")).toHaveLength(2);
  });
});

describe("commands", () => {
  it.each([
    ["/help", "help"],
    ["/STATS ", "stats"],
    ["/help me", undefined],
    ["/etc/hosts", undefined],
    ["help", undefined],
    ["/toString", undefined],
  ])("%s is %s", (text, name) => {
    expect(commandIn(text)).toBe(name);
  });

  it("are offered while one is being written", () => {
    expect(commandsLike("/st")).toEqual(["status", "stats"]);
    expect(commandsLike("/")).toHaveLength(7);
    expect(commandsLike("a /")).toEqual([]);
    expect(commandsLike("/status now")).toEqual([]);
  });

  it("say how hard to think and how much to show", () => {
    expect(levelIn("/think high")).toBe("high");
    expect(levelIn("/THINK off ")).toBe("off");
    expect(levelIn("/think harder")).toBeUndefined();
    expect(levelIn("think high")).toBeUndefined();
    expect(verboseIn("/verbose full")).toBe(true);
    expect(verboseIn("/verbose off")).toBe(false);
    expect(verboseIn("/verbose why")).toBeUndefined();
  });
});

describe("drafts", () => {
  beforeEach(() => localStorage.clear());

  it("are kept for each conversation, the oldest make room, and sent ones go", () => {
    keepDraft("a", "hello");
    keepDraft("b", "world");
    expect([draftOf("a"), draftOf("b"), draftOf("c")]).toEqual(["hello", "world", ""]);
    for (let count = 0; count < 60; count += 1) keepDraft(`c${count}`, "x");
    expect([draftOf("a"), draftOf("c59")]).toEqual(["", "x"]);
    keepDraft("c59", "");
    expect(draftOf("c59")).toBe("");
  });

  it("survive whatever is in the browser's storage", () => {
    localStorage.setItem("livos.drafts.", "[1]");
    expect(draftOf("0")).toBe("");
    localStorage.setItem("livos.drafts.", '{"a":7}');
    expect(draftOf("a")).toBe("");
  });
});

describe("suggestions", () => {
  it("ask about what is wrong first, and always are three", () => {
    const disk = { mount: "/", total: 100, free: 8, used: 92 };
    const system = { disks: [disk], services: [] } as never;
    const apps = [{ name: "Immich", state: "problem", update: null }] as never;
    const all = suggestionsOf(system, apps);
    expect(all).toHaveLength(3);
    expect(suggestionsOf(undefined, [])).toHaveLength(3);
    expect(new Set(all).size).toBe(3);
    expect(all.slice(0, 2)).not.toEqual(suggestionsOf(undefined, []).slice(0, 2));
  });
});
