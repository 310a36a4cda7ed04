import { CATALOG, checksOf, DOCKER_CONTROL, DOCKER_VIEW, MOVED, NEEDS } from "./catalogue.mjs";
import { compose } from "./compose.mjs";
import { nowSeconds, Problem } from "./server.mjs";
import { sourceRoutes } from "./sources.mjs";
import { stacks } from "./stacks.mjs";
import { wishes } from "./wishes.mjs";

/** A small catalogue and the apps installed from it. */
export function apps(context) {
  const { bus, state } = context;
  const installed = new Map();
  /** Apps that members asked for. */
  const settings = { NAME: "Home cinema", port: 8096 };
  const sources = [
    {
      id: "main",
      label: "LivOS apps",
      url: "https://apps.example/catalogue.git",
      format: "umbrel",
      apps: CATALOG.length,
      refreshed_at: nowSeconds() - 3_600,
    },
  ];
  const catalog = CATALOG.map(([id, name, tagline, category, version]) => ({
    store: "main",
    id,
    name,
    tagline,
    category,
    version,
    developer: `${name} team`,
    icon: "",
    source_label: "LivOS apps",
    format: "umbrel",
    installable: true,
    added_at: name === "Navidrome" ? nowSeconds() - 86_400 : 0,
  }));
  const add = (id, appState = "running", age = 0) => {
    const entry = catalog.find((app) => app.id === id);
    installed.set(id, {
      id,
      name: entry.name,
      store: "main",
      version: entry.version,
      icon: "",
      state: appState,
      detail: appState === "problem" ? "The container stopped with code 1." : "",
      host: `${id}.localhost`,
      path: "/",
      default_username: "",
      port: 42000 + installed.size,
      installed_at: nowSeconds() - age,
      services: [
        {
          name: "web",
          state: appState === "running" ? "running" : "exited",
          image: `example/${id}:${entry.version}`,
        },
      ],
    });
  };
  if (!state.fresh) {
    add("jellyfin", "running", 400);
    add("immich", "running", 300);
    add("pihole", "stopped", 200);
  }
  const get = (id) => {
    const app = installed.get(id);
    if (!app) throw new Problem(404, "not_found", "this app is not installed");
    return app;
  };
  const set = (id, part) => {
    if (!installed.has(id)) return;
    installed.set(id, { ...installed.get(id), ...part });
    bus.emit("app", { id });
  };
  const needOf = (id) => {
    const entry = catalog.find((app) => app.id === id);
    const there = installed.get(id);
    return {
      id,
      name: entry.name,
      state: !there ? "available" : there.state === "installing" ? "installing" : "installed",
      choices: there ? [] : [{ store: entry.store, id, name: entry.name }],
    };
  };
  const refuseNeeded = (app, query) => {
    const needed = [...installed.values()].filter((other) => NEEDS[other.id]?.includes(app.id));
    if (needed.length > 0 && query.get("although_needed") !== "1")
      throw new Problem(
        409,
        "needed_by_others",
        `${needed[0].name} needs ${app.name}, and will not work without it; confirm to go on`,
      );
  };
  const verb = (name, kind, during, after) => [
    "POST",
    `/apps/{id}/${name}`,
    ({ params, query, session }) => {
      const app = get(params.id);
      if (name === "stop") refuseNeeded(app, query);
      set(app.id, { state: during });
      const job_id = context.jobs.start({
        family: "apps",
        kind,
        subject: app.id,
        title: `${name[0].toUpperCase()}${name.slice(1)} ${app.name}`,
        user: session.user.id,
        ticks: 4,
        done: () => set(app.id, { state: after }),
      });
      return { status: 202, body: { job_id } };
    },
  ];
  const offered = (app) => sources.some(({ id }) => id === app.store);
  const find = (store, id) => {
    const app = catalog.find((other) => other.store === store && other.id === id);
    if (!app) throw new Problem(404, "not_found", "no such app in this store");
    return app;
  };
  const routes = [
    [
      "GET",
      "/store/apps",
      () => ({
        body: {
          apps: catalog.filter(offered).map((app) => ({ ...app, installed: installed.has(app.id) })),
          sources,
        },
      }),
    ],
    [
      "GET",
      "/store/apps/{store}/{id}",
      ({ params }) => {
        const app = find(params.store, params.id);
        const gone = !offered(app);
        if (gone && !installed.has(app.id)) throw new Problem(404, "not_found", "no such app in this store");
        return {
          body: {
            app: { ...app, installed: installed.has(app.id), source_label: gone ? "" : app.source_label },
            gone,
            dependencies: (NEEDS[app.id] ?? []).map(needOf),
            pictures: app.id === "nextcloud" ? ["pictures.example", "pictures.example", "gone.example"] : [],
            error: "",
            description: `${app.name} runs on your server.\n\nEverything it stores stays at home.`,
            moved: MOVED[app.id] ?? [],
            docker_control: app.id === "dozzle" ? DOCKER_CONTROL : null,
            permissions: [
              ...(app.id === "dozzle" ? [DOCKER_VIEW] : []),
              { code: "files.photos", text: "Reads and writes Photos", risk: "medium" },
              { code: "network.port.8096", text: "Opens port 8096 on your network", risk: "low" },
            ],
            inputs:
              app.id === "vaultwarden"
                ? [
                    {
                      key: "ADMIN_TOKEN",
                      label: "Admin password",
                      hint: "Protects the settings page",
                      kind: "password",
                      required: true,
                      default: "",
                      options: [],
                    },
                  ]
                : app.id === "gitea"
                  ? [
                      {
                        key: "SSH_PORT",
                        label: "Port for SSH",
                        hint: "",
                        kind: "number",
                        required: false,
                        default: "",
                        options: [],
                      },
                    ]
                  : [],
            services: [{ name: "web", image: `example/${app.id}:${app.version}` }],
            facts: {
              on_disk: installed.has(app.id) ? 412_000_000 : 0,
              memory_least: 268_435_456,
              memory_most: app.id === "gitea" ? 1_073_741_824 : 0,
              internet: app.id !== "vaultwarden",
              licence: "AGPL-3.0",
              links: [
                { kind: "source", url: `https://code.example/${app.id}` },
                { kind: "support", url: "javascript:alert(1)" },
              ],
            },
            website: `https://${app.id}.example`,
            release_notes: "Faster start, fewer errors.",
            unsupported: [],
            default_username: app.id === "gitea" ? "admin" : "",
            default_password: app.id === "gitea" ? "changeme" : "",
          },
        };
      },
    ],
    [
      "GET",
      "/store/apps/{store}/{id}/pictures/{number}",
      ({ params }) => {
        // The last one is where nobody answers.
        if (params.number === "2") throw new Problem(409, "unreachable", "the picture can't be had");
        return {
          body: Buffer.from(
            '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="200"><rect width="320" height="200" fill="#5577aa"/></svg>',
          ),
          headers: { "content-type": "image/svg+xml" },
        };
      },
    ],
    [
      "GET",
      "/store/apps/{store}/{id}/checks",
      ({ params }) => ({ body: state.checks ?? checksOf(MOVED[find(params.store, params.id).id]) }),
    ],
    [
      "POST",
      "/store/apps/{store}/{id}/checks",
      ({ params, json }) => {
        const { answers } = json();
        state.checked = [...(state.checked ?? []), answers];
        return {
          body: state.checks ?? checksOf(MOVED[find(params.store, params.id).id], undefined, answers),
        };
      },
    ],
    [
      "POST",
      "/apps/{id}/checks",
      ({ params, json }) => {
        const { answers } = json();
        state.updateChecked = [...(state.updateChecked ?? []), answers];
        const found = state.checks ?? checksOf([], get(params.id), answers);
        return { body: { ...found, permissions: state.updatePermissions ?? [] } };
      },
    ],
    ["GET", "/apps/{id}/checks", ({ params }) => ({ body: state.checks ?? checksOf([], get(params.id)) })],
    ...sourceRoutes({ sources, bus, context }),
    ...wishes({ find, bus }),
    [
      "GET",
      "/apps/{id}/update",
      ({ params }) => {
        const app = get(params.id);
        if (!app.update) throw new Problem(404, "not_found", `${app.name} is up to date`);
        const input = (key, label, kind, options = []) => ({
          key,
          label,
          hint: "",
          kind,
          required: true,
          default: "",
          options,
        });
        return {
          body: {
            from: app.version,
            to: app.update,
            release_notes: "Faster start, fewer errors.",
            permissions: [],
            inputs: [
              input("PLUGIN_KEY", "Key for plug-ins", "password"),
              input("FIGURES", "Share anonymous figures", "boolean"),
              input("QUALITY", "Quality", "select", [
                { value: "low", label: "Low" },
                { value: "high", label: "High" },
              ]),
            ],
            services: [],
            error: "",
          },
        };
      },
    ],
    [
      "POST",
      "/apps/{id}/update",
      ({ params, json, session }) => {
        const app = get(params.id);
        state.updated = json();
        set(app.id, { state: "updating" });
        const job_id = context.jobs.start({
          family: "apps",
          kind: "app.update",
          subject: app.id,
          title: `Update ${app.name}`,
          user: session.user.id,
          ticks: state.ticks ?? 4,
          done: () => set(app.id, { state: "running", version: app.update, update: "" }),
        });
        return { status: 202, body: { job_id } };
      },
    ],
    ["GET", "/apps", () => ({ body: [...installed.values()] })],
    ["GET", "/apps/{id}", ({ params }) => ({ body: get(params.id) })],
    [
      "POST",
      "/apps",
      ({ json, session }) => {
        if (session.user.role === "member")
          throw new Problem(403, "denied", "only the owner and admins may install apps");
        state.asked = json();
        const { store, app: id } = state.asked;
        const app = find(store, id);
        if (installed.has(id)) throw new Problem(409, "conflict", `${app.name} is already installed`);
        add(id, "installing");
        bus.emit("app", { id });
        const job_id = context.jobs.start({
          family: "apps",
          kind: "app.install",
          subject: id,
          title: `Install ${app.name}`,
          user: session.user.id,
          total: 740_000_000,
          unit: "bytes",
          steps: [
            "checking",
            "downloading",
            "downloading",
            "downloading",
            "downloading",
            "starting",
            "waiting",
          ],
          tick: state.tick ?? 300,
          ticks: state.ticks ?? 20,
          fail: () => {
            if (id !== "nextcloud") return undefined;
            set(id, { state: "problem", detail: "The image does not exist." });
            return "The image example/nextcloud:30.0.2 does not exist in its registry.";
          },
          done: () => {
            set(id, { state: "running" });
            bus.emit("catalog");
          },
        });
        return { status: 202, body: { job_id } };
      },
    ],
    [
      "POST",
      "/store/updates",
      ({ session }) => {
        const started = [];
        const skipped = [];
        for (const { id, name, update } of [...installed.values()].filter((app) => app.update)) {
          if (id === "immich") {
            const reason = "agree to what it asks for anew: Reads and writes Photos";
            skipped.push({ id, name, code: "consent_needed", reason });
            continue;
          }
          if (installed.get(id).pinned) {
            skipped.push({ id, name, code: "pinned", reason: `${name} is to stay on its version` });
            continue;
          }
          set(id, { state: "updating", update: "" });
          const job_id = context.jobs.start({
            family: "apps",
            kind: "app.update",
            subject: id,
            title: `Update ${name}`,
            user: session.user.id,
            ticks: state.ticks ?? 4,
            fail: () => {
              if (id !== "nextcloud") return undefined;
              set(id, { state: "running", update });
              return "The disk is full. Nothing was changed.";
            },
            done: () => set(id, { state: "running", version: update, update: "" }),
          });
          started.push({ id, name, job_id });
        }
        return { body: { started, skipped } };
      },
    ],
    [
      "GET",
      "/apps/{id}/export",
      ({ params }) => ({
        body: Buffer.from("an archive"),
        headers: {
          "content-type": "application/x-tar",
          "content-disposition": `attachment; filename="${get(params.id).id}.tar"`,
        },
      }),
    ],
    ...compose({ installed, set, state, context }),
    ...stacks({
      installed,
      state,
      context,
      add: (id, installed_at) => {
        const like = installed.values().next().value;
        installed.set(id, { ...like, id, name: id, store: "own", version: "", host: "", installed_at });
        bus.emit("app", { id });
      },
    }),
    [
      "GET",
      "/apps/{id}/settings",
      ({ params }) => {
        const app = get(params.id);
        const input = { label: "", hint: "", kind: "text", required: true, default: "", options: [] };
        return {
          body: {
            inputs: [
              {
                input: { ...input, key: "NAME", label: "Name of the server" },
                value: settings.NAME,
                set: true,
                secret: false,
              },
              {
                input: { ...input, key: "TOKEN", label: "Key of the film database", kind: "password" },
                value: "",
                set: true,
                secret: true,
              },
            ],
            ports: [{ key: "8096/tcp", service: "web", inside: 8096, store: 8096, port: settings.port }],
            memory: app.services.map(({ name }) => ({ service: name, store: 0, limit: 0 })),
            docker: app.id === "dozzle" ? "view" : "",
            images: app.services.map(({ name }) => ({
              service: name,
              image: `example/${app.id}`,
              store: app.version,
              tag: app.version,
            })),
          },
        };
      },
    ],
    [
      "POST",
      "/apps/{id}/settings/look",
      ({ params, json }) => {
        get(params.id);
        const { answers, ports, docker } = json();
        if (ports["8096/tcp"] === 8080) {
          throw new Problem(
            409,
            "port_taken",
            "web needs port 8080/tcp, but that belongs to the app Pi-hole, which must be removed first",
          );
        }
        const changes = Object.keys(answers).map((name) => ({ kind: "variable", name, from: "", to: "" }));
        const permissions = docker === "control" ? [DOCKER_CONTROL] : [];
        if (docker) changes.push({ kind: "other", name: "mounts", from: "", to: "" });
        for (const [name, port] of Object.entries(ports)) {
          changes.push({ kind: "port", name, from: String(settings.port), to: String(port || 8096) });
          permissions.push({
            code: `publish_port-${port}`,
            text: `Be reachable in your network on port ${port}/tcp.`,
            risk: "medium",
          });
        }
        return { body: { services: [{ service: "web", changes }], recreated: ["web"], permissions } };
      },
    ],
    [
      "PUT",
      "/apps/{id}/settings",
      ({ params, json, session }) => {
        const app = get(params.id);
        state.changed = json();
        set(app.id, { state: "updating" });
        const job_id = context.jobs.start({
          family: "apps",
          kind: "app.configure",
          subject: app.id,
          title: `Change the settings of ${app.name}`,
          user: session.user.id,
          ticks: state.ticks ?? 4,
          done: () =>
            set(app.id, {
              state: "running",
              ways_back: [
                {
                  kind: "settings",
                  version: app.version,
                  at: nowSeconds(),
                  until: nowSeconds() + 7 * 86_400,
                  also: [],
                },
                ...(app.ways_back ?? [])
                  .filter((way) => way.kind !== "settings")
                  .map((way) => ({ ...way, also: ["settings"] })),
              ],
            }),
        });
        return { status: 202, body: { job_id } };
      },
    ],
    [
      "PUT",
      "/apps/{id}/pin",
      ({ params }) => {
        set(get(params.id).id, { pinned: true });
        return {};
      },
    ],
    [
      "DELETE",
      "/apps/{id}/pin",
      ({ params }) => {
        set(get(params.id).id, { pinned: false });
        return {};
      },
    ],
    [
      "PUT",
      "/apps/{id}/skip",
      ({ params, json }) => {
        set(get(params.id).id, { skipped: json().version, update: "" });
        return {};
      },
    ],
    [
      "DELETE",
      "/apps/{id}/skip",
      ({ params }) => {
        const app = get(params.id);
        set(app.id, { skipped: "", update: app.skipped });
        return {};
      },
    ],
    verb("start", "app.start", "starting", "running"),
    verb("rollback", "app.rollback", "rolling_back", "running"),
    verb("stop", "app.stop", "starting", "stopped"),
    verb("restart", "app.restart", "starting", "running"),
    [
      "DELETE",
      "/apps/{id}",
      ({ params, query, session }) => {
        const app = get(params.id);
        refuseNeeded(app, query);
        set(app.id, { state: "removing" });
        const job_id = context.jobs.start({
          family: "apps",
          kind: "app.remove",
          subject: app.id,
          title: `Remove ${app.name}`,
          user: session.user.id,
          ticks: 4,
          done: () => {
            installed.delete(app.id);
            bus.emit("app", { id: app.id });
          },
        });
        return { status: 202, body: { job_id } };
      },
    ],
    [
      "GET",
      "/apps/{id}/logs",
      ({ params, query, response }) => {
        const app = get(params.id);
        const lines = Array.from(
          { length: Math.min(200, Number(query.get("tail") ?? 100)) },
          (_, i) =>
            `web  | ${new Date(Date.now() - (200 - i) * 1000).toISOString()} ${app.name} did its work ${i}`,
        );
        if (query.get("follow") !== "true" && query.get("follow") !== "1")
          return { body: `${lines.join("\n")}\n` };
        response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
        response.write(`${lines.join("\n")}\n`);
        const timer = setInterval(
          () => response.write(`web  | ${new Date().toISOString()} still here\n`),
          1_000,
        );
        response.on("close", () => clearInterval(timer));
        return undefined;
      },
    ],
    [
      "GET",
      "/engine",
      () => ({
        body: state.engine ?? { usable: true, version: "27.3.1", architecture: "amd64", reason: "" },
      }),
    ],
  ];
  return {
    routes,
    installed,
    sources,
    set,
    add,
    cancelled: (id) => {
      if (installed.get(id)?.state === "installing") {
        installed.delete(id);
        bus.emit("app", { id });
      }
    },
  };
}
