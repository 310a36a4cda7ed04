import { nowSeconds, Problem } from "./server.mjs";

/** What an assistant's script proposes, and what comes of the answers to it. */
export function approvals({ control, put, changed, turn }) {
  const proposals = new Map();
  Object.assign(control, { proposals, rules: [], answers: [], undone: [], undoBreaks: {} });

  /** Waits until its person has answered and, as the server would, until it is done. */
  function proposed(one, common, { tool, app, state = "waiting", ...more }) {
    const id = `${one.id}-${common.key.replace(".", "-")}`;
    const item = { ...common, name: tool, summary: `${tool} ${app}`, input: { app } };
    const proposal = {
      id,
      conversation: one.id,
      run: one.run,
      action: { tool, arguments: { app: app.toLowerCase() } },
      summary: `${tool} ${app}`,
      subject: app,
      why: "It has not answered for an hour.",
      state,
      tainted: false,
      at: nowSeconds(),
      expires_at: nowSeconds() + 86_400,
      undone: false,
      ...more,
    };
    return new Promise((resolve) => {
      const kept = { one, item, proposal, resolve };
      proposals.set(id, kept);
      moved(kept, {});
      const allowed = control.rules.some(
        (rule) => rule.tool === tool && rule.conversation === one.id && rule.verdict === "allow",
      );
      if (allowed) void perform(kept);
    });
  }

  control.propose = proposed;

  function moved(kept, change) {
    Object.assign(kept.proposal, change);
    const { state } = kept.proposal;
    const open = ["waiting", "working", "unknown"].includes(state);
    put(kept.one, {
      ...kept.item,
      state: open ? "running" : state === "done" ? "done" : "failed",
      proposal: { ...kept.proposal },
      ...(open ? {} : { output: kept.proposal.outcome, duration_ms: 1_500 }),
    });
    changed(kept.one.id);
    if (!open) kept.resolve();
  }

  async function perform(kept) {
    moved(kept, { state: "working" });
    await turn();
    moved(kept, control.breaks ?? { state: "done", outcome: "done" });
  }

  const keptOf = (session, id) => {
    const kept = proposals.get(id);
    if (kept?.one.owner !== session.user.id) throw new Problem(404, "not_found", "there is no such proposal");
    return kept;
  };

  /** What a run changed, the latest first. */
  function planOf(session, run) {
    const done = [...proposals.values()].filter(
      ({ one, proposal }) =>
        one.owner === session.user.id && proposal.run === Number(run) && proposal.state === "done",
    );
    const steps = done.reverse().map(({ proposal }) => {
      const { id, action, summary, subject, undo, undone, undoing } = proposal;
      const step = { id, action, summary, subject, why: undoing?.outcome ?? "" };
      if (undone) return { ...step, state: "undone" };
      if (undoing && !undoing.outcome) return { ...step, state: "working" };
      if (undo) return { ...step, state: "ready", undo };
      const why = "a restart leaves nothing to put back: it runs as it did before";
      return { ...step, state: "impossible", why };
    });
    return { conversation: done[0]?.one.id ?? "", steps };
  }

  async function putBack(steps) {
    const all = steps.map(({ id, undo }) => [proposals.get(id), { action: undo, together: id, turn: 0 }]);
    for (const [kept, undoing] of all) moved(kept, { undoing: { ...undoing, state: "waiting" } });
    for (const [kept, undoing] of all) {
      await turn();
      const outcome = control.undoBreaks[kept.proposal.action.arguments.app];
      if (outcome) moved(kept, { undoing: { ...undoing, state: "failed", outcome } });
      else moved(kept, { undone: true, undoing: { ...undoing, state: "done", outcome: "done" } });
    }
  }

  /** Something that was done in the run of a conversation that is over. */
  control.did = (one, number, tool, app, undo) => {
    const common = { kind: "tool", key: `${one.runs}.${number}`, run: one.runs, call: `call-${number}` };
    const id = `${one.id}-${number}`;
    const proposal = {
      ...{ id, conversation: one.id, run: one.runs, state: "done", tainted: false, undone: false },
      ...{ action: { tool, arguments: { app: app.toLowerCase() } }, summary: `${tool} ${app}`, subject: app },
      ...{ why: "It was asked for.", at: nowSeconds(), expires_at: nowSeconds() + 86_400, outcome: "done" },
      ...(undo ? { undo: { tool: undo, arguments: { app: app.toLowerCase() } } } : {}),
    };
    const item = { ...common, name: tool, summary: `${tool} ${app}`, input: { app } };
    const kept = { one, item, proposal, resolve: () => {} };
    proposals.set(id, kept);
    moved(kept, {});
  };

  const routes = [
    [
      "POST",
      "/assistant/approvals/{id}",
      ({ session, params, json }) => {
        const kept = keptOf(session, params.id);
        const { decision, action, always } = json();
        if (!["waiting", "unknown"].includes(kept.proposal.state))
          throw new Problem(409, "conflict", "it was answered already");
        if (decision === "approve" && JSON.stringify(action) !== JSON.stringify(kept.proposal.action))
          throw new Problem(409, "changed", "this is not what is proposed any more; look again");
        control.answers.push([decision, action, always]);
        if (decision === "deny") moved(kept, { state: "denied", outcome: "the person said no" });
        else {
          const { tool } = kept.proposal.action;
          if (always) control.rules.push({ tool, conversation: kept.one.id, verdict: "allow" });
          void perform(kept);
        }
        return {};
      },
    ],
    [
      "POST",
      "/assistant/approvals/{id}/undo",
      ({ session, params }) => {
        moved(keptOf(session, params.id), { undone: true });
        return { status: 202, body: { job_id: "apps-1" } };
      },
    ],
    ["GET", "/assistant/runs/{run}/undo", ({ session, params }) => ({ body: planOf(session, params.run) })],
    [
      "POST",
      "/assistant/runs/{run}/undo",
      ({ session, params, json }) => {
        const { steps } = json();
        const ready = planOf(session, params.run).steps.filter((step) => step.state === "ready");
        const same = steps.every(({ id, undo }) =>
          ready.some((step) => step.id === id && JSON.stringify(step.undo) === JSON.stringify(undo)),
        );
        if (!same) throw new Problem(409, "changed", "this is not what is proposed any more; look again");
        control.undone.push(...steps.map((step) => step.id));
        void putBack(steps);
        return { status: 202, body: planOf(session, params.run) };
      },
    ],
    ["GET", "/assistant/rules", () => ({ body: { rules: control.rules } })],
    [
      "PUT",
      "/assistant/rules/{tool}",
      ({ params, json }) => {
        const { conversation = "", verdict } = json();
        const { tool } = params;
        control.rules = control.rules.filter((one) => one.tool !== tool || one.conversation !== conversation);
        if (verdict !== "ask") control.rules.push({ tool, conversation, verdict });
        return { status: 204 };
      },
    ],
  ];

  return {
    proposed,
    routes,
    asks: (id) =>
      [...proposals.values()].some(
        (kept) => kept.one.id === id && ["waiting", "unknown"].includes(kept.proposal.state),
      ),
  };
}
