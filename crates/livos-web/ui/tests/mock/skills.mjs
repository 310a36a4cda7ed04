import { Problem } from "./server.mjs";

const revision = (id, description, text, more = {}) => ({
  id,
  description,
  triggers: [],
  missing: [],
  hosts: [],
  paths: [],
  generated: false,
  tainted: false,
  text: `---\nname: x\ndescription: ${description}\n---\n${text}\n`,
  ...more,
});

/** Instructions for tasks of a kind. */
export function skills({ control }) {
  control.skills = [
    {
      name: "tidy-downloads",
      bundled: false,
      enabled: false,
      waiting: revision("0f", "Puts downloads in order.", "# Tidy\n\nSort them by month.", {
        tools: ["status", "files"],
        missing: ["files"],
        paths: ["/Downloads"],
        generated: true,
        tainted: true,
      }),
    },
    {
      name: "letters",
      bundled: false,
      enabled: true,
      current: revision("1f", "Writes letters as I do.", "Be brief."),
      problem: 'there is no field "tool"',
    },
    ...[
      ["research", "Works through a question with many parts."],
      ["server-health", "Examines how this server is right now and says in plain words what is wrong."],
    ].map(([name, description]) => ({
      name,
      bundled: true,
      enabled: true,
      current: revision(name, description, "# Do it\n\n1. Look.", { tools: ["status", "sysinfo"] }),
    })),
  ];
  const of = (name) => {
    const one = control.skills.find((known) => known.name === name);
    if (!one) throw new Problem(404, "not_found", "there is no such skill; it may have been removed");
    return one;
  };
  const bare = ({ text, ...rest }) => rest;
  const drop = (name) => {
    control.skills = control.skills.filter((known) => known.name !== name);
  };
  return [
    [
      "GET",
      "/assistant/skills",
      () => ({
        body: {
          skills: control.skills.map(({ current, waiting, ...one }) => ({
            ...one,
            ...(current && { current: bare(current) }),
            ...(waiting && { waiting: bare(waiting) }),
          })),
        },
      }),
    ],
    ["GET", "/assistant/skills/{name}", ({ params }) => ({ body: of(params.name) })],
    [
      "POST",
      "/assistant/skills",
      ({ json }) => {
        const { text } = json();
        const name = /^name: (.*)$/m.exec(text)?.[1];
        if (!name) throw new Problem(400, "invalid", "it has to begin with a line of ---");
        drop(name);
        const one = { name, bundled: false, enabled: false, waiting: { ...revision("2f", "x", ""), text } };
        control.skills.unshift(one);
        return { status: 201, body: one };
      },
    ],
    [
      "PATCH",
      "/assistant/skills/{name}",
      ({ params, json }) => {
        const one = of(params.name);
        const { enabled, revision: id } = json();
        if (enabled && one.waiting?.id === id) {
          one.current = one.waiting;
          delete one.waiting;
        } else if (enabled && one.current?.id !== id) {
          throw new Problem(
            409,
            "conflict",
            "it has changed since you looked at it; look at it again, then enable it",
          );
        }
        one.enabled = enabled;
        return {};
      },
    ],
    [
      "DELETE",
      "/assistant/skills/{name}",
      ({ params }) => {
        drop(of(params.name).name);
        return {};
      },
    ],
    [
      "DELETE",
      "/assistant/skills/{name}/waiting",
      ({ params }) => {
        const one = of(params.name);
        delete one.waiting;
        if (!one.current) drop(one.name);
        return {};
      },
    ],
  ];
}
