// Other programs use the assistant's tools with a person's key: official clients that we did not write list and call
// every tool, and whoever has no good key, or comes from elsewhere, is refused.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bare, connect, keyed, makeKey, terminal, use } from "../mcp.mjs";
import { claim, desktop, inspect, until } from "../stack.mjs";

const JSON_HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};
const PING = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
const EVERY = [
  "approval_wait",
  "apps_install",
  "apps_list",
  "apps_remove",
  "apps_restart",
  "apps_search",
  "apps_start",
  "apps_stop",
  "apps_update",
  "docker_exec",
  "docker_list",
  "docker_logs",
  "docker_restart",
  "docker_start",
  "docker_stop",
  "files",
  "files_move",
  "files_trash",
  "files_write",
  "logs",
  "memory_add",
  "memory_search",
  "service_list",
  "service_restart",
  "shell",
  "status",
  "sysinfo",
];
const LOOKING = [
  "apps_list",
  "apps_search",
  "docker_list",
  "docker_logs",
  "files",
  "logs",
  "memory_search",
  "service_list",
  "status",
  "sysinfo",
];

/** What each tool is called with on a server without apps, and what it says then. */
const CALLS = [
  ["status", {}, false, /up for/],
  ["sysinfo", { topic: "cpu" }, false, /Processors/],
  ["apps_list", {}, false, /^\[\]$/],
  ["docker_logs", { app: "nothing" }, true, /nothing/],
  ["files", { operation: "list" }, false, /No folder is shared/],
  ["memory_add", { content: "The router stands in the attic." }, false, /Remembered/],
  ["memory_search", { query: "router" }, false, /attic/],
  ["apps_start", { app: "nothing", why: "A test." }, true, /no app/],
  ["apps_stop", { app: "../etc", why: "A test." }, true, /./],
  ["apps_restart", { app: "nothing" }, true, /do not fit/],
  ["apps_install", { app: "nothing", why: "A test." }, true, /no store has/],
  ["apps_search", { query: "nothing of the kind" }, false, /"apps": \[\]/],
  ["apps_update", { app: "nothing", why: "A test." }, true, /no app/],
  ["apps_remove", { app: "nothing", why: "A test." }, true, /no app/],
  ["docker_list", {}, true, /Docker/],
  ["docker_exec", { container: "nothing", cmd: ["ls"], why: "A test." }, true, /Docker/],
  ["docker_exec", { container: "nothing", cmd: "ls", why: "A test." }, true, /do not fit/],
  ["docker_start", { container: "nothing", why: "A test." }, true, /Docker/],
  ["docker_stop", { container: "nothing", why: "A test." }, true, /Docker/],
  ["docker_restart", { container: "nothing", why: "A test." }, true, /Docker/],
  ["service_list", {}, true, /services of this machine/],
  ["logs", { service: "ssh" }, true, /no service/],
  ["service_restart", { service: "ssh", why: "A test." }, true, /no service/],
  ["files_write", { path: "home/a.txt", text: "x", why: "A test." }, true, /no folder in which/],
  ["files_move", { path: "home/a", to: "home/b", why: "A test." }, true, /no folder in which/],
  ["files_trash", { path: "home/a", why: "A test." }, true, /no folder in which/],
  ["approval_wait", { id: "0" }, true, /no such approval/],
  ["shell", { cmd: " " }, true, /a command is text/],
  ["sysinfo", { topic: "everything" }, true, /do not fit/],
  ["status", { more: 1 }, true, /do not fit/],
];

/** Those scenarios of the conformance suite that need nothing but a server. */
const SCENARIOS = ["server-initialize", "ping", "tools-list", "dns-rebinding-protection"];

export default async function ({ stack, browser }) {
  await claim(stack);
  const { page, problems } = await desktop(browser, stack);
  const key = await makeKey(page, "Journey", "act");
  await inspect(page, "keys");

  assert.deepEqual([...new Set(CALLS.map(([name]) => name))].sort(), EVERY, "every tool is called");
  await refusals(stack, key);
  const client = await connect(stack, key);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name).sort(), EVERY);
  for (const { name, annotations, inputSchema } of tools) {
    assert.equal(inputSchema.type, "object", name);
    assert.equal(annotations.readOnlyHint, LOOKING.includes(name) || name === "approval_wait", name);
  }
  for (const [name, args, failed, says] of CALLS) {
    const answer = await use(client, name, args);
    assert.equal(answer.failed, failed, `${name}: ${answer.text}`);
    assert.match(answer.text, says, name);
  }
  await assert.rejects(use(client, "apps_forget", {}), /no tool of that name/);
  await computes(client);

  // Each with a key of its own: how often a key is used in a minute is limited.
  await python(stack, [await makeKey(page, "Newest", "act"), await makeKey(page, "Before", "act")]);
  await conformance(stack, await makeKey(page, "Suite", "act"));

  const reading = await connect(stack, await makeKey(page, "Only reads", "read"));
  assert.deepEqual((await reading.listTools()).tools.map(({ name }) => name).sort(), LOOKING);
  const refused = await use(reading, "apps_stop", { app: "nothing", why: "A test." });
  assert.match(refused.text, /may only look/);
  assert.match((await use(reading, "shell", { cmd: "id" })).text, /may only look/);

  const local = await terminal(stack);
  assert.deepEqual((await local.listTools()).tools.map(({ name }) => name).sort(), LOOKING);
  assert.match((await use(local, "status", {})).text, /up for/);
  await local.close();

  // A daemon that dies takes no key with it; a key that is revoked opens nothing from then on.
  await stack.order({ crash: "livos-web" });
  await stack.order({ crash: "livos-nexus" });
  await until("the tools answer again", async () => {
    const answer = await use(client, "status", {}).catch(() => undefined);
    return answer && !answer.failed;
  });
  await page.reload();
  const settings = page.locator("[data-app=settings]");
  await settings.getByRole("button", { name: "Revoke the key Journey" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke" }).click();
  await settings.getByText("Journey", { exact: true }).waitFor({ state: "detached" });
  await assert.rejects(use(client, "status", {}));
  const { status } = await bare(stack, { ...JSON_HEADERS, authorization: `Bearer ${key}` }, PING);
  assert.equal(status, 401);
  assert.deepEqual(
    problems.filter((problem) => !/50[23]|net::ERR/.test(problem)),
    [],
  );
}

/** A command runs in the sandbox of this machine, and sees nobody's files. */
async function computes(client) {
  const { failed, text } = await use(client, "shell", { cmd: "echo $((6 * 7)); cat /etc/passwd" });
  if (failed && /on this machine/.test(text)) return skip("SANDBOX", "a command in the sandbox", text);
  assert.match(text, /^42\n.*passwd: No such file.*\n\[exit status 1/);
}

async function refusals(stack, key) {
  const good = { ...JSON_HEADERS, authorization: `Bearer ${key}` };
  const unsigned = await bare(stack, JSON_HEADERS, PING);
  assert.equal(unsigned.status, 401);
  assert.match(unsigned.headers["www-authenticate"], /^Bearer/);
  assert.equal((await bare(stack, { ...JSON_HEADERS, authorization: "Bearer livos_x" }, PING)).status, 401);
  assert.equal((await bare(stack, good, PING)).status, 200);
  for (const foreign of [
    { origin: "http://evil.example" },
    { host: "evil.example" },
    { host: "evil.example", origin: "http://evil.example" },
  ])
    assert.equal((await bare(stack, { ...good, ...foreign }, PING)).status, 403, JSON.stringify(foreign));
  assert.equal((await bare(stack, good, `"${"x".repeat(2 << 20)}"`)).status, 413);
}

/** Runs a program to its end: its exit code and what it wrote. */
function run(command, args, { input = "", env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env } });
    let text = "";
    const more = (bytes) => {
      text += bytes;
    };
    child.stdout.on("data", more);
    child.stderr.on("data", more);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, text }));
    child.stdin.end(input);
  });
}

function skip(needs, what, why) {
  if (process.env[`LIVOS_REQUIRE_${needs}`] === "1") throw new Error(`LIVOS_REQUIRE_${needs}=1, but ${why}`);
  console.log(`SKIPPED: ${what} (${why})`);
}

const PYTHON = `
import asyncio, json, os
from mcp import Client, ClientSession
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

URL = os.environ["LIVOS_MCP"]
CALLS = json.loads(os.environ["LIVOS_CALLS"])

async def everything(client):
    tools = sorted(tool.name for tool in (await client.list_tools()).tools)
    answers = []
    for name, arguments in CALLS:
        result = await client.call_tool(name, arguments)
        answers.append([name, bool(result.is_error), "".join(part.text for part in result.content)])
    print(json.dumps([tools, answers]))

def keyed(which):
    key = json.loads(os.environ["LIVOS_KEYS"])[which]
    return create_mcp_http_client(headers={"Authorization": "Bearer " + key})

async def main():
    # As the newest protocol has it, and as those before.
    async with keyed(0) as http:
        async with Client(streamable_http_client(URL, http_client=http)) as client:
            await everything(client)
    async with keyed(1) as http:
        async with streamable_http_client(URL, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                await everything(session)

asyncio.run(main())
`;

/** The official client of another language. */
async function python(stack, keys) {
  const command = process.env.LIVOS_PYTHON ?? "python3";
  const there = await run(command, ["-c", "import mcp"]).catch(() => ({ code: 1 }));
  if (there.code !== 0)
    return skip(
      "MCP",
      "the Python client",
      "its package mcp is not installed; LIVOS_PYTHON names another Python",
    );
  const calls = CALLS.map(([name, args]) => [name, args]);
  const env = {
    LIVOS_KEYS: JSON.stringify(keys),
    LIVOS_MCP: `${stack.url}/mcp`,
    LIVOS_CALLS: JSON.stringify(calls),
  };
  const { code, text } = await run(command, ["-"], { input: PYTHON, env });
  assert.equal(code, 0, text);
  const lines = text.split("\n").filter((line) => line.startsWith("[["));
  assert.equal(lines.length, 2, text);
  for (const line of lines) {
    const [tools, answers] = JSON.parse(line);
    assert.deepEqual(tools, EVERY);
    for (const [index, [name, failed, said]] of answers.entries()) {
      assert.equal(failed, CALLS[index][2], `${name}: ${said}`);
      assert.match(said, CALLS[index][3]);
    }
  }
}

/** The protocol's own suite. */
async function conformance(stack, key) {
  const node = process.env.LIVOS_NODE ?? process.execPath;
  const version = (await run(node, ["--version"])).text;
  if (Number(/^v(\d+)/.exec(version)?.[1]) < 22)
    return skip("MCP", "the conformance suite", "it needs Node 22 or newer; LIVOS_NODE names another Node");
  const suite = new URL(
    "../../../node_modules/@modelcontextprotocol/conformance/dist/index.js",
    import.meta.url,
  );
  const proxy = await keyed(stack, key);
  try {
    for (const scenario of SCENARIOS) {
      const args = [fileURLToPath(suite), "server", "--url", proxy.url, "--scenario", scenario];
      const { code, text } = await run(node, args);
      assert.equal(code, 0, `${scenario}: ${text}`);
    }
  } finally {
    await proxy.close();
  }
}
