// What the journeys of other programs have in common: a key from Settings, and official clients that use it.
import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { inspect, OWNER } from "./stack.mjs";

/** Makes a key in Settings as a person does, and answers it. */
export async function makeKey(page, name, access) {
  await page.goto("/settings/programs");
  const settings = page.locator("[data-app=settings]");
  await settings.getByRole("button", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog", { name: "Make a key" });
  await dialog.getByLabel("For which program").fill(name);
  await dialog.getByLabel("It may").selectOption(access);
  await dialog.getByLabel("Password", { exact: true }).fill(OWNER.password);
  await dialog.getByRole("button", { name: "Make a key" }).click();
  const made = page.getByRole("dialog", { name: `The key “${name}”` });
  const key = await made.getByRole("region", { name: "Key", exact: true }).locator("pre").textContent();
  await inspect(page, "a key that was made");
  await made.getByRole("button", { name: "I have kept it" }).click();
  await settings.getByText(name).waitFor();
  assert.match(key, /^livos_[\w-]{43}$/);
  return key;
}

/** The official client, connected with a key. */
export async function connect(stack, key) {
  const headers = { Authorization: `Bearer ${key}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${stack.url}/mcp`), {
    requestInit: { headers },
  });
  const client = new Client({ name: "journey", version: "1.0.0" });
  await client.connect(transport);
  return client;
}

/** The same at the machine's own command line, where no key is needed. */
export async function terminal(stack, ...options) {
  const args = ["--bus", stack.bus, "mcp", ...options];
  const client = new Client({ name: "journey", version: "1.0.0" });
  await client.connect(new StdioClientTransport({ command: `${stack.programs}/livos`, args }));
  return client;
}

/** What a tool says, and whether it failed. */
export async function use(client, name, args, options) {
  const result = await client.callTool({ name, arguments: args }, undefined, options);
  return { failed: result.isError === true, text: result.content.map(({ text }) => text).join("\n") };
}

/** A bare request, with any headers: the status and the answer's headers. */
export function bare(stack, headers, body) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(stack.url);
    const asked = request({ hostname, port, path: "/mcp", method: "POST", headers }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve({ status: answer.statusCode, headers: answer.headers }));
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

/** Passes everything on as it is, with a key: for a test suite that has none to send. */
export async function keyed(stack, key) {
  const { hostname, port } = new URL(stack.url);
  const server = createServer((incoming, answer) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${key}` };
    const { method, url: path } = incoming;
    const passed = request({ hostname, port, path, method, headers }, (from) => {
      answer.writeHead(from.statusCode, from.headers);
      from.pipe(answer);
    });
    passed.once("error", (error) => answer.destroy(error));
    incoming.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
