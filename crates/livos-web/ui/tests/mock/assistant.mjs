import { randomBytes } from "node:crypto";
import { approvals } from "./approvals.mjs";
import { LONG_ANSWER, RICH, WORK } from "./assistant-texts.mjs";
import { embeddings } from "./embeddings.mjs";
import { schedules } from "./schedules.mjs";
import { nowSeconds, Problem } from "./server.mjs";
import { skills } from "./skills.mjs";
import { spending } from "./spending.mjs";
import { subagents } from "./subagents.mjs";
import { toolServers } from "./tool-servers.mjs";
import { web } from "./web.mjs";

const PRESETS = [
  {
    id: "anthropic",
    label: "Anthropic",
    dialect: "anthropic",
    base_url: "https://api.anthropic.com",
    models: ["claude-sonnet-4-5", "claude-haiku-4-5"],
    needs_key: true,
  },
  {
    id: "openai",
    label: "OpenAI",
    dialect: "responses",
    base_url: "https://api.openai.com/v1",
    models: ["gpt-5.1", "gpt-5-mini"],
    needs_key: true,
  },
  {
    id: "ollama",
    label: "Ollama",
    dialect: "chat_completions",
    base_url: "http://127.0.0.1:11434/v1",
    models: ["qwen3:8b"],
    needs_key: false,
  },
];

/**
 * Conversations with an assistant that says what a script says. `script` is what the next questions are answered
 * with; with `paced` on, each step of it waits until `step()` is called.
 */
export function assistant({ state, bus, accounts }) {
  const conversations = new Map();
  const proposals = new Map();
  const control = {
    conversations,
    proposals,
    rules: [],
    answers: [],
    providers: [],
    presets: PRESETS,
    paced: false,
    script: WORK,
    results: {},
    down: false,
  };
  let waiting = [];

  const of = (session, id) => {
    const one = conversations.get(id);
    if (!one || one.owner !== session.user.id)
      throw new Problem(404, "not_found", "there is no such conversation");
    return one;
  };
  const admin = (session) => {
    if (session.user.role === "member") throw new Problem(403, "forbidden", "an admin can do that");
  };
  const line = ({ id, title, pinned, archived, updated_at, run, subagent, tier, thinking }) => ({
    id,
    title,
    pinned,
    archived,
    updated_at,
    running: run !== null,
    asks: approving.asks(id),
    subagent,
    tier,
    thinking,
  });
  const changed = (id) => bus.emit("assistant", { conversation: id });

  function make(owner, { title = "", at = nowSeconds(), ...rest } = {}) {
    const one = {
      id: `c-${randomBytes(6).toString("hex")}`,
      owner,
      title,
      pinned: false,
      archived: false,
      updated_at: at,
      seq: 0,
      runs: 0,
      run: null,
      items: [],
      queued: [],
      log: [],
      clients: new Set(),
      ...rest,
    };
    conversations.set(one.id, one);
    return one;
  }

  const write = (response, { seq, name, data }) =>
    response.write(`${seq ? `id: ${seq}\n` : ""}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  /** What is settled has a number and is replayed; what is being written has none. */
  const tell = (one, name, data, settled = true) => {
    const event = { name, data, ...(settled ? { seq: one.seq } : {}) };
    if (settled) one.log.push(event);
    for (const client of one.clients) write(client, event);
  };
  const put = (one, item, settled = true) => {
    if (settled) one.seq += 1;
    const whole = { seq: one.seq, ...item, ...(settled ? { seq: one.seq } : {}) };
    const at = one.items.findIndex((other) => other.key === item.key);
    if (at < 0) one.items.push(whole);
    else one.items[at] = whole;
    tell(one, "item", whole, settled);
    return whole;
  };

  const turn = () =>
    control.paced
      ? new Promise((resolve) => waiting.push(resolve))
      : new Promise((resolve) => setTimeout(resolve, 5));

  const approving = approvals({ control, put, changed, turn });

  async function answer(one) {
    const run = one.run;
    let count = 0;
    let current = null;
    const key = () => {
      count += 1;
      return `${run}.${count}`;
    };
    const close = (more) => {
      if (!current) return;
      put(one, { ...current, ...more });
      current = null;
    };
    for (const step of control.script) {
      await turn();
      if (one.run !== run) return;
      if (step.say !== undefined || step.think !== undefined) {
        const kind = step.say !== undefined ? "answer" : "thinking";
        if (current?.kind !== kind) {
          close({ state: "done" });
          const begun = { key: key(), run, kind, text: "" };
          current = put(
            one,
            kind === "answer" ? { ...begun, at: nowSeconds(), state: "streaming" } : begun,
            false,
          );
        }
        const text = step.say ?? step.think;
        current.text += text;
        tell(one, "delta", { run, item: current.key, text }, false);
      } else if (step.tool) {
        close({ state: "done" });
        const tool = { key: key(), run, kind: "tool", call: `call-${count}`, ...step.tool };
        put(one, {
          ...tool,
          state: "running",
          output: undefined,
          duration_ms: undefined,
          problem: undefined,
        });
        await turn();
        if (one.run !== run) return;
        put(one, { state: "done", ...tool });
      } else if (step.propose) {
        close({ state: "done" });
        await approving.proposed(one, { key: key(), run, kind: "tool", call: `call-${count}` }, step.propose);
        if (one.run !== run) return;
      } else if (step.fail) {
        if (current?.kind !== "answer")
          current = { key: key(), run, kind: "answer", text: "", at: nowSeconds() };
        close({ state: "failed", problem: step.fail });
      }
    }
    close({ state: "done", usage: { input: 1_204, output: 310, cost: 8_262 } });
    finish(one);
  }

  function finish(one) {
    one.run = null;
    one.updated_at = nowSeconds();
    if (!one.title) {
      one.title = one.items.find((item) => item.kind === "person")?.text.slice(0, 60) ?? "";
      one.seq += 1;
      tell(one, "title", { title: one.title });
    }
    const next = one.queued.shift();
    if (next) {
      tell(one, "queued", { queued: one.queued });
      begin(one, next.text, next.run);
      return;
    }
    one.seq += 1;
    tell(one, "state", { running: false });
    changed(one.id);
  }

  /** What had been scheduled is asked. */
  function scheduled({ conversation, task }) {
    const one = conversations.get(conversation);
    one.runs += 1;
    begin(one, task, one.runs, { scheduled: { due_at: nowSeconds(), late: false } });
    bus.emit("reminder", { conversation });
    return one.runs;
  }

  function begin(one, text, run, more = {}) {
    one.run = run;
    put(one, { key: `${run}.0`, run, kind: "person", text, at: nowSeconds(), ...more });
    one.seq += 1;
    tell(one, "state", { running: true });
    changed(one.id);
    void answer(one);
  }

  /** One that is over, as if it had been held long ago. */
  function held(owner, title, at, items, rest = {}) {
    const one = make(owner, { title, at, ...rest });
    items.forEach((item, index) => {
      one.seq += 1;
      const common = { key: `1.${index}`, run: 1, seq: one.seq };
      const written = ["person", "answer"].includes(item.kind) ? { at } : {};
      one.items.push({
        ...common,
        ...written,
        ...(item.kind === "answer" ? { state: "done" } : {}),
        ...item,
      });
    });
    one.runs = 1;
    return one;
  }

  if (!state.fresh) {
    const [ada] = accounts.users;
    const now = nowSeconds();
    const day = 86_400;
    control.providers.push({
      ...provider("anthropic", PRESETS[0]),
      key: "set",
      default: true,
      checked_at: now - 3 * 3_600,
      price: { input: 3e6, output: 15e6, cached: 3e5, cache_written: 3.75e6, date: "2025-11" },
    });
    const rich = RICH;
    control.rich = held(ada.id, "Why is Jellyfin slow?", now - 60, rich);
    held(ada.id, "What takes up the most room?", now - 2 * 3_600, LONG_ANSWER, { pinned: true });
    held(ada.id, "Tidy up Downloads", now - day, LONG_ANSWER);
    held(ada.id, "Backups of the family photos", now - 3 * day, LONG_ANSWER);
    held(ada.id, "Which apps could I do without?", now - 40 * day, LONG_ANSWER);
    held(ada.id, "Names for the new server", now - 50 * day, LONG_ANSWER, { archived: true });
  }

  function provider(id, { label, dialect, base_url, models }) {
    return { id, dialect, label, base_url, model: models[0], key: "none", default: false };
  }

  const routes = [
    ...approving.routes,
    ...spending({ state, accounts, admin, control }),
    ...schedules({ state, accounts, control, begin: scheduled }),
    ...subagents({ state, accounts, control }),
    ...skills({ control }),
    ...toolServers({ admin, control }),
    ...web({ admin, control }),
    ...embeddings({ admin, control }),
    [
      "GET",
      "/assistant/status",
      () => {
        const used = control.providers.find((one) => one.default);
        if (control.down) return { body: { state: "unavailable" } };
        if (!used) return { body: { state: "no_provider" } };
        const tiers = control.providers
          .filter(({ tier }) => tier && tier !== "usual")
          .map(({ tier, id: provider, model }) => ({ tier, provider, model }));
        return { body: { state: "ready", model: { provider: used.label, model: used.model }, tiers } };
      },
    ],
    [
      "GET",
      "/assistant/providers",
      ({ session }) => {
        admin(session);
        return { body: { providers: control.providers, presets: control.presets } };
      },
    ],
    [
      "PUT",
      "/assistant/providers/{id}",
      ({ session, params, json }) => {
        admin(session);
        const { key, ...change } = json();
        const known = control.providers.find((one) => one.id === params.id);
        if (key?.includes("wrong"))
          throw new Problem(400, "key_refused", "the provider refused the key: invalid x-api-key");
        const saved = {
          ...(known ?? { id: params.id, key: "none", default: control.providers.length === 0 }),
          ...change,
          checked_at: nowSeconds(),
        };
        delete saved.problem;
        if (key) saved.key = "set";
        if (known) control.providers[control.providers.indexOf(known)] = saved;
        else control.providers.push(saved);
        return { body: saved };
      },
    ],
    [
      "DELETE",
      "/assistant/providers/{id}",
      ({ session, params }) => {
        admin(session);
        control.providers = control.providers.filter((one) => one.id !== params.id);
        if (!control.providers.some((one) => one.default) && control.providers[0])
          control.providers[0].default = true;
        return {};
      },
    ],
    [
      "PUT",
      "/assistant/providers/{id}/default",
      ({ session, params }) => {
        admin(session);
        for (const one of control.providers) one.default = one.id === params.id;
        return {};
      },
    ],
    [
      "PUT",
      "/assistant/providers/{id}/tier",
      ({ session, params, json }) => {
        admin(session);
        const { tier } = json();
        for (const one of control.providers) {
          if (one.id === params.id) one.tier = tier;
          else if (one.tier === tier) one.tier = "usual";
        }
        return {};
      },
    ],
    [
      "GET",
      "/assistant/conversations",
      ({ session }) => ({
        body: {
          conversations: [...conversations.values()].filter((o) => o.owner === session.user.id).map(line),
        },
      }),
    ],
    [
      "POST",
      "/assistant/conversations",
      ({ session }) => ({ status: 201, body: line(make(session.user.id)) }),
    ],
    [
      "PATCH",
      "/assistant/conversations/{id}",
      ({ session, params, json }) => {
        const one = of(session, params.id);
        const { title, pinned, archived, tier, thinking } = { ...one, ...json() };
        Object.assign(one, { title, pinned, archived, tier, thinking });
        changed(one.id);
        return {};
      },
    ],
    [
      "DELETE",
      "/assistant/conversations/{id}",
      ({ session, params }) => {
        of(session, params.id);
        conversations.delete(params.id);
        changed(params.id);
        return {};
      },
    ],
    [
      "GET",
      "/assistant/conversations/{id}",
      ({ session, params }) => {
        const one = of(session, params.id);
        return { body: { ...line(one), seq: one.seq, items: one.items, queued: one.queued } };
      },
    ],
    [
      "GET",
      "/assistant/conversations/{id}/results/{reference}",
      ({ session, params }) => {
        of(session, params.id);
        const text = control.results[params.reference];
        if (text === undefined) throw new Problem(404, "not_found", "that result is not kept any more");
        return { body: { reference: params.reference, text } };
      },
    ],
    [
      "POST",
      "/assistant/conversations/{id}/messages",
      ({ session, params, json }) => {
        const one = of(session, params.id);
        const { text } = json();
        one.runs += 1;
        const run = one.runs;
        if (one.run === null) begin(one, text, run);
        else {
          one.queued.push({ run, text, at: nowSeconds() });
          tell(one, "queued", { queued: one.queued }, false);
        }
        return { status: 202, body: { run } };
      },
    ],
    [
      "POST",
      "/assistant/conversations/{id}/stop",
      ({ session, params }) => {
        const one = of(session, params.id);
        if (one.run === null) return {};
        const last = one.items.at(-1);
        if (last.kind === "answer") put(one, { ...last, state: "stopped" });
        else
          put(one, {
            key: `${one.run}.s`,
            run: one.run,
            kind: "answer",
            text: "",
            at: nowSeconds(),
            state: "stopped",
          });
        finish(one);
        return {};
      },
    ],
    [
      "GET",
      "/assistant/conversations/{id}/events",
      ({ session, params, query, response }) => {
        const one = of(session, params.id);
        response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
        response.write(": ping\n\n");
        for (const event of one.log) if (event.seq > Number(query.get("after"))) write(response, event);
        const last = one.items.at(-1);
        if (one.run !== null && (last.kind === "thinking" || last.state === "streaming"))
          write(response, { name: "item", data: last });
        one.clients.add(response);
        response.on("close", () => one.clients.delete(response));
      },
    ],
  ];
  if (control.rich) {
    control.plan(control.rich.id);
    control.employ(control.rich.id, control.rich.id);
  }
  return Object.assign(control, {
    routes,
    make,
    held,
    /** Lets the script go on by so many steps. */
    step(count = 1) {
      for (const go of waiting.splice(0, count)) go();
    },
    /** Lets it run to its end by itself. */
    release() {
      control.paced = false;
      for (const go of waiting.splice(0)) go();
      waiting = [];
    },
    waiting: () => waiting.length,
    following: () => [...conversations.values()].reduce((sum, one) => sum + one.clients.size, 0),
    tell,
    put,
  });
}
