import { nowSeconds, Problem } from "./server.mjs";

const SCHEMA = JSON.stringify({ type: "object", properties: { text: { type: "string" } } }, null, 2);

/** A tool as its server says it is. */
const tool = (server, name, description, rest = {}) => ({
  name,
  known_as: `${server}__${name}`,
  description,
  schema: SCHEMA,
  says_it_looks: false,
  digest: `${name}-1`,
  state: "new",
  ...rest,
});

/** Other servers whose tools the assistant uses. */
export function toolServers({ admin, control }) {
  control.toolServers = [];
  const of = (name) => {
    const one = control.toolServers.find((server) => server.name === name);
    if (!one) throw new Problem(404, "not_found", `there is no server ‘${name}’`);
    return one;
  };
  return [
    [
      "GET",
      "/assistant/tool-servers",
      ({ session }) => {
        admin(session);
        return { body: { servers: control.toolServers } };
      },
    ],
    [
      "PUT",
      "/assistant/tool-servers/{name}",
      ({ session, params, json }) => {
        admin(session);
        const { url = "", key, headers, program, variables } = json();
        if (program?.command[0] === "nope")
          throw new Problem(
            400,
            "unreachable",
            "nope is not on this server (looked in /usr/local/bin, /usr/bin, /bin); install it there, below /usr/local",
          );
        if (url.includes("nowhere"))
          throw new Problem(400, "unreachable", "nowhere does not answer; check the address and the network");
        const { name } = params;
        const before = control.toolServers.find((server) => server.name === name);
        const one = {
          name,
          url,
          program,
          title: "Notes 1.2",
          headers: key ? ["authorization"] : Object.keys(headers ?? variables ?? {}),
          on: true,
          checked_at: nowSeconds(),
          tools: before?.tools ?? [
            tool(name, "add", "Writes a note down."),
            tool(name, "search", "Looks for notes with these words.", { says_it_looks: true }),
            tool(name, "sneak", "Looks.", {
              state: "refused",
              refused: "it has a character that nobody sees (U+E0041), as somebody would to hide something",
            }),
          ],
        };
        control.toolServers = [...control.toolServers.filter((server) => server.name !== name), one];
        return { body: one };
      },
    ],
    [
      "DELETE",
      "/assistant/tool-servers/{name}",
      ({ session, params }) => {
        admin(session);
        of(params.name);
        control.toolServers = control.toolServers.filter((server) => server.name !== params.name);
        return {};
      },
    ],
    [
      "POST",
      "/assistant/tool-servers/{name}/look",
      ({ session, params }) => {
        admin(session);
        return { body: of(params.name) };
      },
    ],
    [
      "PUT",
      "/assistant/tool-servers/{name}/on",
      ({ session, params, json }) => {
        admin(session);
        of(params.name).on = json().on;
        return {};
      },
    ],
    [
      "PUT",
      "/assistant/tool-servers/{name}/tools",
      ({ session, params, json }) => {
        admin(session);
        const { tool, digest, how } = json();
        const one = of(params.name).tools.find((known) => known.name === tool);
        if (how !== "off" && digest !== one.digest)
          throw new Problem(409, "conflict", `${tool} is not what was looked at any more; look at it again`);
        one.state = how;
        delete one.before;
        return {};
      },
    ],
    [
      "GET",
      "/assistant/tool-server-registry",
      ({ session }) => {
        admin(session);
        const found = [
          {
            name: "io.github.ada/garden-notes",
            description: "Notes of a garden.",
            version: "1.0.2",
            url: "https://notes.example/mcp",
            command: [],
            headers: ["X-Key"],
          },
          {
            name: "io.github.ada/garden-plan",
            description: "Plans of a garden.",
            version: "2.0.0",
            url: "",
            command: ["npx", "-y", "@ada/garden-plan@2.0.0"],
            headers: ["PLAN_KEY"],
          },
        ];
        return { body: { registry: "https://registry.example", found, others: 2 } };
      },
    ],
    [
      "GET",
      "/assistant/tool-server-file",
      ({ session }) => {
        admin(session);
        const servers = control.toolServers.map(({ name, url }) => [name, { type: "http", url }]);
        return { body: { mcpServers: Object.fromEntries(servers) } };
      },
    ],
    [
      "POST",
      "/assistant/tool-server-file",
      ({ session, json }) => {
        admin(session);
        const { text, agreed = [] } = json();
        control.agreed = agreed;
        const servers = Object.entries(JSON.parse(text).mcpServers);
        const programs = servers.filter(([, one]) => one.command);
        const run = programs.filter(([name]) => agreed.some((digest) => digest.startsWith(`${name}-digest`)));
        return {
          body: {
            kept: run.map(([name]) => name),
            refused: servers
              .filter(([, one]) => !one.command)
              .map(([name]) => ({ name, why: "it has neither a url nor a command" })),
            asking: programs
              .filter((one) => !run.includes(one))
              .map(([name, one]) => ({
                name,
                program: { command: [one.command, ...(one.args ?? [])], network: false },
                variables: Object.keys(one.env ?? {}),
                digest: `${name}-digest`,
              })),
          },
        };
      },
    ],
  ];
}
