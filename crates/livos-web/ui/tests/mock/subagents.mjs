import { nowSeconds, Problem } from "./server.mjs";

/** Subagents that people keep. Each belongs to the one who had it made. */
export function subagents({ state, accounts, control }) {
  control.subagents = [];
  const of = (session, id) => {
    const one = control.subagents.find((known) => known.id === id && known.owner === session.user.id);
    if (!one) throw new Problem(404, "not_found", "there is no such subagent; it may have been deleted");
    return one;
  };
  const plans = (id) =>
    control.schedules.filter((plan) => plan.subagent === id).map(({ owner, ...plan }) => plan);
  const whole = ({ owner, ...one }) => ({ ...one, schedules: plans(one.id) });

  /** To be called once there are conversations, with one to ask in and one to work in. */
  control.employ = (asked, works) => {
    if (state.fresh) return;
    const [ada] = accounts.users;
    const now = nowSeconds();
    const common = { owner: ada.id, tainted: false, created_at: now - 900_000, running: false };
    control.subagents.push(
      {
        id: "disks",
        name: "Disk watcher",
        description: "Looks how full the disks are, and what grows.",
        instructions: "Name the three largest folders. Be short.",
        tools: ["sysinfo", "files"],
        turns: 15,
        conversation: works,
        runs: 12,
        last_at: now - 3_600,
        last: "done",
        last_result: "The disks are at 61 %.",
        history: [
          { run: 12, at: now - 3_600, task: "Look.", state: "done", result: "The disks are at 61 %." },
          {
            run: 11,
            at: now - 90_000,
            task: "Look.",
            state: "failed",
            result: "The provider did not answer",
          },
        ],
        ...common,
      },
      {
        id: "news",
        name: "Release reader",
        description: "Reads what is new in the apps that are installed.",
        turns: 10,
        conversation: works,
        runs: 0,
        ...common,
        tainted: true,
      },
    );
    const zone = { time_zone: "Europe/Berlin", owner: ada.id, conversation: asked };
    control.schedules.push(
      {
        id: "c0-20-0",
        task: "Look how full they are.",
        cron: "0 7 * * *",
        next_at: now + 50_000,
        paused: false,
        subagent: "disks",
        ...zone,
      },
      {
        id: "c0-22-0",
        task: "Look for new releases.",
        cron: "",
        every: 3_600,
        most: 20,
        done: 4,
        next_at: now + 1_200,
        paused: false,
        subagent: "news",
        ...zone,
      },
    );
  };

  return [
    [
      "GET",
      "/assistant/subagents",
      ({ session }) => ({
        body: {
          subagents: control.subagents
            .filter(({ owner }) => owner === session.user.id)
            .map((one) => {
              const { instructions, history, ...rest } = whole(one);
              return rest;
            }),
        },
      }),
    ],
    ["GET", "/assistant/subagents/{id}", ({ session, params }) => ({ body: whole(of(session, params.id)) })],
    [
      "POST",
      "/assistant/subagents",
      ({ session, json }) => {
        const { tools, ...made } = json();
        if (control.subagents.some(({ id }) => id === made.id))
          throw new Problem(409, "conflict", `there is a subagent called ${made.id} already`);
        const one = { ...made, ...(tools ? { tools } : {}), conversation: "", runs: 0, tainted: false };
        control.subagents.push({ ...one, created_at: nowSeconds(), running: false, owner: session.user.id });
        return { status: 201 };
      },
    ],
    [
      "PUT",
      "/assistant/subagents/{id}",
      ({ session, params, json }) => {
        const { tools, ...brief } = json();
        const one = of(session, params.id);
        if (tools?.includes("fly"))
          throw new Problem(400, "invalid", 'there is no tool "fly" for a subagent');
        Object.assign(one, brief);
        if (tools) one.tools = tools;
        else delete one.tools;
        return {};
      },
    ],
    [
      "PATCH",
      "/assistant/subagents/{id}",
      ({ session, params, json }) => {
        of(session, params.id);
        const { paused } = json();
        for (const plan of control.schedules.filter(({ subagent }) => subagent === params.id)) {
          plan.paused = paused;
          if (paused) delete plan.next_at;
          else plan.next_at = nowSeconds() + 3_600;
        }
        return {};
      },
    ],
    [
      "DELETE",
      "/assistant/subagents/{id}",
      ({ session, params }) => {
        of(session, params.id);
        control.subagents = control.subagents.filter(({ id }) => id !== params.id);
        control.schedules = control.schedules.filter(({ subagent }) => subagent !== params.id);
        return {};
      },
    ],
    [
      "POST",
      "/assistant/subagents/{id}/run",
      ({ session, params, json }) => {
        const one = of(session, params.id);
        one.runs += 1;
        one.running = true;
        one.last_at = nowSeconds();
        one.last = "running";
        control.task = json().task ?? "";
        return { status: 202, body: { run: one.runs } };
      },
    ],
  ];
}
