import { nowSeconds, Problem } from "./server.mjs";

/** Single things in Docker: what would happen to them, what they use, and what happened lately. */
export function dockerWork({ bus, state, ...context }, { overview, containers }) {
  const lists = {
    container: () => containers,
    image: () => overview.images,
    volume: () => overview.volumes,
    network: () => overview.networks,
  };
  const idOf = (kind, one) => (kind === "volume" ? one.name : one.id);
  const details = {
    container: "It goes with what it wrote into itself. Its volumes stay.",
    image: "It can be downloaded again.",
    volume: "Everything in it goes, and can't be had back.",
    network: "It goes; nothing is on it.",
  };
  const step = (verb, { kind, id }) => {
    const one = lists[kind]().find((one) => idOf(kind, one) === id);
    if (!one) return undefined;
    const name = one.anonymous ? id.slice(0, 12) : (one.name ?? one.tags[0] ?? id.slice(7, 19));
    let refused = "";
    if (one.owner?.kind === "app")
      refused = `It belongs to ${one.owner.name}: ${verb} that in the App Store instead.`;
    else if (one.owner?.kind === "docker") refused = "Docker made it and needs it.";
    else if (one.kept_for?.length > 0)
      refused = `${one.kept_for[0]} needs it to start, or to be brought back to what was there before.`;
    else if (kind !== "container" && one.used_by.length > 0)
      refused = `${one.used_by.join(" and ")} use it: remove what uses it first.`;
    else if (verb !== "remove" && verb !== "start" && one.state !== "running") refused = "It doesn't run.";
    return {
      kind,
      id,
      name,
      code: `${verb}-${id.slice(-6)}${state.dockerMoved ?? ""}`,
      detail: verb === "remove" ? details[kind] : `It is to ${verb}.`,
      refused,
      for_good: kind !== "image",
      size: kind === "image" ? one.size : 0,
    };
  };
  const does = (verb, { kind, id }) => {
    const list = lists[kind]();
    const at = list.findIndex((one) => idOf(kind, one) === id);
    if (at < 0) return;
    if (verb === "remove") list.splice(at, 1);
    else list[at].state = verb === "start" || verb === "restart" ? "running" : "exited";
  };
  let looks = 0;
  const past = [
    { kind: "container", action: "create", id: containers[2].id, name: "blog-web-1" },
    { kind: "network", action: "connect", id: "8", name: "immich_default", container: containers[0].id },
    { kind: "container", action: "start", id: containers[2].id, name: "blog-web-1" },
    { kind: "image", action: "pull", id: "nginx:1", name: "nginx:1" },
    { kind: "container", action: "die", id: containers[3].id, name: "quirky_turing", exit_code: 137 },
    { kind: "volume", action: "mount", id: "immich_rows", name: "" },
    { kind: "container", action: "frobnicate", id: containers[3].id, name: "quirky_turing" },
  ];
  const line = (event) =>
    `${JSON.stringify({ at: nowSeconds() - 60, exit_code: -1, container: "", ...event })}\n`;
  const open = new Set();
  state.dockerHappens = (event) => {
    for (const response of open) response.write(line({ ...event, at: nowSeconds() }));
  };
  state.dockerStopsTelling = () => {
    for (const response of open) response.end();
  };
  return [
    [
      "POST",
      "/docker/look",
      ({ json }) => {
        const { verb, things } = json();
        return { body: { steps: things.map((thing) => step(verb, thing)).filter(Boolean) } };
      },
    ],
    [
      "POST",
      "/docker/act",
      ({ json, session }) => {
        const { verb, things } = json();
        for (const thing of things) {
          const now = step(verb, thing);
          if (now && now.code !== thing.code)
            throw new Problem(
              409,
              "conflict",
              `the ${thing.kind} ${now.name} is no longer as it was shown; look at it again.`,
            );
        }
        state.acted = { verb, ids: things.map((thing) => thing.id) };
        const job_id = context.jobs.start({
          family: "apps",
          kind: "docker.act",
          subject: "docker",
          title: things.length === 1 ? `${verb} one thing` : `${verb} ${things.length} things`,
          user: session.user.id,
          ticks: 3,
          fail: () => state.actFails,
          done: () => {
            for (const thing of things) does(verb, thing);
            bus.emit("docker");
          },
        });
        return { status: 202, body: { job_id } };
      },
    ],
    [
      "GET",
      "/docker/stats",
      () => {
        if (state.statsFail) throw new Problem(503, "engine_unavailable", "Docker doesn't answer.");
        looks += 1;
        const running = containers.filter((one) => one.state === "running");
        return {
          body: {
            samples: running.map((one, index) => ({
              id: one.id,
              cpu_ns: looks * (index + 1) * 100_000_000,
              machine_ns: looks * 1_000_000_000,
              memory: (index + 1) * 48_000_000,
              memory_limit: 4_000_000_000,
              processes: 4,
            })),
          },
        };
      },
    ],
    [
      "GET",
      "/docker/events",
      ({ response }) => {
        if (state.engine?.usable === false) throw new Problem(503, "engine_unavailable", state.engine.reason);
        response.writeHead(200, { "content-type": "application/x-ndjson" });
        for (const event of past) response.write(line(event));
        open.add(response);
        response.on("close", () => open.delete(response));
        return undefined;
      },
    ],
    [
      "GET",
      "/docker/engine/log",
      ({ response }) => {
        if (state.noJournal)
          throw new Problem(409, "conflict", "The journal of this machine cannot be read.");
        response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
        response.end(
          "2026-11-29T02:00:01+0000 box dockerd[712]: failed to start daemon: no space left on device\n",
        );
        return undefined;
      },
    ],
    [
      "POST",
      "/docker/engine/start",
      () => {
        if (state.engineStays) throw new Problem(409, "conflict", state.engineStays);
        state.engine = undefined;
        bus.emit("docker");
        return { status: 204 };
      },
    ],
  ];
}
