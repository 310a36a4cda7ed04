import { nowSeconds, Problem } from "./server.mjs";

const STORE = `services:
  web:
    image: ghcr.io/immich/server:1
    ports: ["2283:80"]
    depends_on: [db]
  db:
    image: postgres:16
    environment: {POSTGRES_PASSWORD: "\${APP_PASSWORD}"}
    volumes: ["rows:/var/lib/postgresql/data"]
volumes: {rows: {}}
`;

/** The compose file of the app Immich, as far as a browser can tell. */
export function compose({ installed, set, state, context }) {
  let text = STORE;
  let count = 1;
  state.composeIs = (next) => {
    text = next;
    count += 1;
  };
  const get = (id) => {
    if (installed.get(id)) return installed.get(id);
    throw new Problem(404, "not_found", `the app ${id} is not installed`);
  };
  const revision = () => `r${count}`;
  const line = (kind, before, after, words) => ({ kind, before, after, text: words });
  const lines = (next) => {
    const [before, after] = [text.split("\n"), next.split("\n")];
    let top = 0;
    while (top < before.length && before[top] === after[top]) top += 1;
    let end = 0;
    while (end < before.length - top && before.at(-1 - end) === after.at(-1 - end)) end += 1;
    return [
      ...before.slice(0, top).map((words, at) => line("same", at + 1, at + 1, words)),
      ...before.slice(top, before.length - end).map((words, at) => line("removed", top + at + 1, 0, words)),
      ...after.slice(top, after.length - end).map((words, at) => line("added", 0, top + at + 1, words)),
      line("gap", 0, 0, ""),
    ];
  };
  const problems = (next) => {
    const at = next.split("\n").findIndex((words) => words.includes("network_mode"));
    if (at < 0) return [];
    const words = "services.web.network_mode: “ns:/proc/1” is not supported here";
    return [{ line: at + 1, column: 5, error: true, text: words }];
  };
  return [
    [
      "GET",
      "/apps/{id}/compose",
      ({ params }) => {
        get(params.id);
        const runs = `name: immich\n${text}`;
        const file = "docker-compose.yml";
        const body = {
          file,
          text,
          store: STORE,
          edited: text !== STORE,
          revision: revision(),
          most: 131_072,
          runs,
        };
        return { body };
      },
    ],
    [
      "POST",
      "/apps/{id}/compose/check",
      ({ params, json }) => {
        get(params.id);
        const next = json().text;
        const found = problems(next);
        const privileged = next.includes("privileged: true");
        const change = {
          services: [
            { service: "web", changes: [{ kind: "image", name: "", from: "server:1", to: "server:2" }] },
          ],
          recreated: ["db", "web"],
          permissions: privileged
            ? [{ code: "privileged-1", text: "Take over this machine (web).", risk: "high" }]
            : [],
        };
        return {
          body: {
            problems: found,
            lines: lines(next),
            change: found.length > 0 ? null : change,
            volumes: next.includes("rows") ? [] : ["immich_rows"],
            revision: revision(),
          },
        };
      },
    ],
    [
      "PUT",
      "/apps/{id}/compose",
      ({ params, json, session }) => {
        const app = get(params.id);
        const asked = json();
        if (asked.revision !== revision()) {
          throw new Problem(
            409,
            "changed_meanwhile",
            `the compose file of ${app.name} was changed in the meantime`,
          );
        }
        state.composed = asked;
        const job_id = context.jobs.start({
          family: "apps",
          kind: "app.configure",
          subject: app.id,
          title: `Change the compose file of ${app.name}`,
          user: session.user.id,
          steps: ["checking", "downloading", "starting", "waiting"],
          total: 200_000_000,
          unit: "bytes",
          ticks: state.ticks ?? 4,
          fields: { detail: "web: ghcr.io/immich/server:2" },
          fail: () => state.composeFails,
          done: () => {
            state.composeIs(asked.text);
            set(app.id, {
              edited: asked.text !== STORE,
              ways_back: [
                {
                  kind: "settings",
                  version: app.version,
                  at: nowSeconds(),
                  until: nowSeconds() + 7 * 86_400,
                  also: [],
                },
              ],
            });
          },
        });
        return { status: 202, body: { job_id } };
      },
    ],
  ];
}
