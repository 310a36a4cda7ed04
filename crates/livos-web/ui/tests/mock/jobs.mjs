import { nowSeconds, Problem } from "./server.mjs";

/** Jobs that run on timers, so that progress can be watched. */
export function jobs({ bus, ...context }) {
  const list = new Map();
  const timers = new Map();
  const logs = new Map();
  let count = 0;
  const put = (job) => {
    list.set(job.id, job);
    bus.emit("job", job);
  };
  const start = ({
    family,
    kind,
    subject,
    title,
    user,
    total = 0,
    unit = "",
    steps = ["running"],
    tick = 300,
    ticks = 12,
    fail,
    done,
    fields = {},
  }) => {
    count += 1;
    const job = {
      id: `${family}-${count}`,
      kind,
      subject,
      title,
      state: "running",
      step: steps[0],
      step_index: 1,
      step_count: steps.length,
      done: 0,
      total,
      unit,
      rate: 0,
      detail: "",
      error_code: "",
      error_message: "",
      started_by: user,
      created_at: nowSeconds(),
      started_at: nowSeconds(),
      finished_at: 0,
      cancellable: true,
      retryable: true,
      ...fields,
    };
    logs.set(job.id, `${title}\n`);
    put(job);
    let at = 0;
    timers.set(
      job.id,
      setInterval(() => {
        at += 1;
        const part = at / ticks;
        if (at >= ticks) {
          clearInterval(timers.get(job.id));
          const failed = fail?.();
          put({
            ...list.get(job.id),
            state: failed ? "failed" : "succeeded",
            done: failed ? list.get(job.id).done : total,
            rate: 0,
            finished_at: nowSeconds(),
            cancellable: false,
            error_code: failed ? "failed" : "",
            error_message: failed ?? "",
          });
          logs.set(job.id, `${logs.get(job.id)}${failed ?? "done"}\n`);
          if (!failed) done?.();
          return;
        }
        const step = Math.min(steps.length - 1, Math.floor(part * steps.length));
        put({
          ...list.get(job.id),
          step: steps[step],
          step_index: step + 1,
          done: Math.round(total * part),
          rate: unit === "bytes" ? Math.round(total / ((ticks * tick) / 1000)) : 0,
          detail: unit === "bytes" ? `layer ${1 + Math.floor(part * 7)} of 7` : "",
        });
      }, tick),
    );
    return job.id;
  };
  const get = (id) => {
    const job = list.get(id);
    if (!job) throw new Problem(404, "not_found", "there is no such job");
    return job;
  };
  const routes = [
    ["GET", "/jobs", () => ({ body: [...list.values()] })],
    ["GET", "/jobs/{id}", ({ params }) => ({ body: get(params.id) })],
    [
      "GET",
      "/jobs/{id}/log",
      ({ params }) => {
        get(params.id);
        return { body: logs.get(params.id) ?? "" };
      },
    ],
    [
      "POST",
      "/jobs/{id}/cancel",
      ({ params }) => {
        clearInterval(timers.get(params.id));
        put({
          ...get(params.id),
          state: "cancelled",
          rate: 0,
          finished_at: nowSeconds(),
          cancellable: false,
        });
        context.apps?.cancelled?.(get(params.id).subject);
        return {};
      },
    ],
    [
      "POST",
      "/jobs/{id}/retry",
      ({ params }) => {
        const { kind, subject, title, started_by, total, unit } = get(params.id);
        list.delete(params.id);
        bus.emit("job_removed", { id: params.id });
        start({ family: params.id.split("-")[0], kind, subject, title, user: started_by, total, unit });
        return {};
      },
    ],
    [
      "DELETE",
      "/jobs/{id}",
      ({ params }) => {
        get(params.id);
        list.delete(params.id);
        bus.emit("job_removed", { id: params.id });
        return {};
      },
    ],
  ];
  return {
    routes,
    start,
    put,
    list,
    stop() {
      for (const timer of timers.values()) clearInterval(timer);
    },
  };
}
