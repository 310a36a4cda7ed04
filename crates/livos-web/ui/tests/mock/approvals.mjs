import { nowSeconds, Problem } from "./server.mjs";

/** What an assistant's script proposes, and what comes of the answers to it. */
export function approvals({ control, put, changed, turn }) {
  const proposals = new Map();
  Object.assign(control, { proposals, rules: [], answers: [] });

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
