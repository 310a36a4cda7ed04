import { nowSeconds } from "./server.mjs";

/** A compose file that becomes an app, as far as a browser can tell. */
export function stacks({ installed, state, context, add }) {
  const look = ({ name, compose, answers = {} }) => {
    const problems = [];
    compose.split("\n").forEach((words, at) => {
      if (words.trim().startsWith("build:")) {
        const text =
          "services.web.build: images are not built here; build it elsewhere and name the finished one under `image`";
        problems.push({ line: at + 1, column: 5, error: true, text });
      }
    });
    const asks = compose.includes("${TAG:?");
    const open = asks && !answers.TAG;
    const input = (key, kind, required, hint) => ({
      key,
      label: key,
      hint,
      kind,
      required,
      default: "",
      options: [],
    });
    const known = !open && problems.length === 0;
    const taken = installed.get(name)
      ? `there is an app ${name} already (${installed.get(name).name}); choose another name`
      : "";
    const rule = "a name has 1 to 63 of a–z, 0–9, ‘-’ and ‘_’, and starts with a letter or digit";
    const wrongName = /^[a-z0-9][a-z0-9_-]{0,62}$/.test(name) ? taken : rule;
    return {
      name: wrongName,
      problems,
      permissions: known
        ? [
            { code: "folder-1", text: "Read your folder Photos (web).", risk: "medium" },
            ...(compose.includes("privileged: true")
              ? [{ code: "privileged-1", text: "Take over this machine (web).", risk: "high" }]
              : []),
          ]
        : [],
      moved: known ? [{ key: "page", asked: 2283, given: 8100, by: "Immich" }] : [],
      inputs: asks
        ? [input("TAG", "text", true, "which version"), input("API_TOKEN", "password", false, "")]
        : [],
      services: known ? [{ name: "web", image: `photos/web:${answers.TAG ?? "1"}` }] : [],
      checks: known
        ? [
            { check: "docker", state: "ok", words: "Docker 28.1.1 can be used.", next: "" },
            { check: "disk", state: "ok", words: "212.4 GB are free where apps keep their data.", next: "" },
            ...(state.stackLines ?? []),
          ]
        : [],
      ready: known && wrongName === "" && !(state.stackLines ?? []).some((line) => line.state === "block"),
      most: 131_072,
    };
  };
  return [
    ["POST", "/stacks/check", ({ json }) => ({ body: look(json()) })],
    [
      "POST",
      "/stacks",
      ({ json, session }) => {
        const asked = json();
        state.stacked = asked;
        const job_id = context.jobs.start({
          family: "apps",
          kind: "app.install",
          subject: asked.name,
          title: `Install ${asked.name}`,
          user: session.user.id,
          steps: ["checking", "downloading", "starting", "waiting"],
          total: 90_000_000,
          unit: "bytes",
          ticks: state.ticks ?? 4,
          fields: { detail: "web: photos/web:1" },
          fail: () => state.stackFails,
          done: () => add(asked.name, nowSeconds()),
        });
        return { status: 202, body: { job_id } };
      },
    ],
  ];
}
