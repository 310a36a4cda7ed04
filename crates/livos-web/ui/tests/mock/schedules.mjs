import { nowSeconds, Problem } from "./server.mjs";

/** What the assistant is to be asked later. Each belongs to the one who asked for it. */
export function schedules({ state, accounts, control, begin }) {
  control.schedules = [];
  control.removedSchedules = [];
  const of = (session, id, list = control.schedules) => {
    const one = list.find((known) => known.id === id && known.owner === session.user.id);
    if (!one) throw new Problem(404, "not_found", "there is no such schedule; it may have been removed");
    return one;
  };

  /** To be called once there are conversations. */
  control.plan = (conversation) => {
    if (state.fresh) return;
    const [ada] = accounts.users;
    const now = nowSeconds();
    const zone = { time_zone: "Europe/Berlin", owner: ada.id, conversation };
    control.schedules.push(
      {
        id: "c0-4-0",
        task: "Look whether every app runs, and tell me what does not.",
        cron: "0 8 * * 1-5",
        next_at: now + 40_000,
        paused: false,
        last_at: now - 46_400,
        last: "done",
        ...zone,
      },
      {
        id: "c0-9-0",
        task: "Remind me to swap the backup drive.",
        cron: "",
        next_at: now + 7_200,
        paused: false,
        ...zone,
      },
      {
        id: "c0-12-0",
        task: "Say how full the disks are.",
        cron: "*/30 9-17 * * *",
        paused: true,
        problem: "the account it belongs to is switched off",
        ...zone,
      },
      {
        id: "c0-14-0",
        task: "Look at its log and tell me what is wrong.",
        cron: "",
        event: { kind: "app_problem", subject: "jellyfin" },
        paused: false,
        ...zone,
      },
    );
  };

  const routes = [
    [
      "GET",
      "/assistant/schedules",
      ({ session }) => ({
        body: {
          schedules: control.schedules
            .filter(({ owner }) => owner === session.user.id)
            .map(({ owner, ...one }) => one),
        },
      }),
    ],
    [
      "POST",
      "/assistant/schedules",
      ({ session, json }) => {
        const { task, at, cron = "", event, subject = "", subagent, time_zone } = json();
        if (at === "2020-01-01T08:00")
          throw new Problem(400, "invalid", "that time is over; say a later one");
        const one = {
          id: `a${control.schedules.length}`,
          conversation: "",
          task,
          cron,
          time_zone,
          paused: false,
        };
        if (event) one.event = { kind: event, subject };
        else one.next_at = nowSeconds() + 3_600;
        if (subagent) one.subagent = subagent;
        control.schedules.push({ ...one, owner: session.user.id });
        return { status: 201, body: one };
      },
    ],
    [
      "PATCH",
      "/assistant/schedules/{id}",
      ({ session, params, json }) => {
        const one = of(session, params.id);
        one.paused = json().paused;
        if (one.paused) delete one.next_at;
        else if (!one.event) one.next_at = nowSeconds() + 3_600;
        delete one.problem;
        return {};
      },
    ],
    [
      "DELETE",
      "/assistant/schedules/{id}",
      ({ session, params }) => {
        control.removedSchedules.push(of(session, params.id));
        control.schedules = control.schedules.filter(({ id }) => id !== params.id);
        return {};
      },
    ],
    [
      "POST",
      "/assistant/schedules/{id}/restore",
      ({ session, params }) => {
        control.schedules.push(of(session, params.id, control.removedSchedules));
        return {};
      },
    ],
    [
      "POST",
      "/assistant/schedules/{id}/run",
      ({ session, params }) => {
        const one = of(session, params.id);
        one.last_at = nowSeconds();
        one.last = "running";
        return { status: 202, body: { run: begin(one) } };
      },
    ],
  ];
  return routes;
}
