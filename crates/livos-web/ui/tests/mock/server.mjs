import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { accounts } from "./accounts.mjs";
import { apps } from "./apps.mjs";
import { assistant } from "./assistant.mjs";
import { docker } from "./docker.mjs";
import { events } from "./events.mjs";
import { exposure } from "./exposure.mjs";
import { files } from "./files.mjs";
import { jobs } from "./jobs.mjs";
import { personal } from "./personal.mjs";
import { shells } from "./shell.mjs";
import { uploads } from "./uploads.mjs";

export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};

export class Problem extends Error {
  constructor(status, code, message, extra = {}) {
    super(message);
    Object.assign(this, { status, code, extra });
  }
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

/** Starts the server; `control` lets tests change what it holds and how it behaves. */
export async function startMock({ port = 0, fresh = false, dist } = {}) {
  const root = dist ?? process.env.LIVOS_UI_DIST ?? fileURLToPath(new URL("../../dist", import.meta.url));
  const state = { version: "0.1.0", delay: 0, down: false, fail: new Map(), requests: [], fresh };
  /** What is answered instead, and what is not answered until it is let go; both by "GET /api/v1/…". */
  state.answers = new Map();
  const held = new Map();
  const bus = events(state);
  const context = { state, bus };
  context.accounts = accounts(context);
  context.jobs = jobs(context);
  context.apps = apps(context);
  context.docker = docker(context);
  context.files = files(context);
  context.uploads = uploads(context);
  context.personal = personal(context);
  context.assistant = assistant(context);
  context.exposure = exposure(context);
  const routes = [
    context.accounts,
    context.jobs,
    context.apps,
    context.docker,
    context.files,
    context.uploads,
    context.personal,
    context.assistant,
    context.exposure,
  ].flatMap((m) => m.routes);

  const find = (method, path) => {
    for (const [verb, pattern, handler, open] of routes) {
      if (verb !== method) continue;
      const names = [];
      const expression = pattern.replace(/\{(\w+)\}/g, (_, name) => {
        names.push(name);
        return "([^/]+)";
      });
      const match = new RegExp(`^/api/v1${expression}$`).exec(path);
      if (!match) continue;
      return {
        handler,
        open,
        params: Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(match[i + 1])])),
      };
    }
    return null;
  };

  async function api(request, response, url) {
    const method = request.method ?? "GET";
    const failure = state.fail.get(`${method} ${url.pathname}`);
    if (failure) throw new Problem(failure.status, failure.code, failure.message, failure.extra);
    await held.get(`${method} ${url.pathname}`);
    if (url.pathname === "/api/v1/events") {
      context.accounts.require(request);
      return bus.connect(request, response);
    }
    const route = find(method, url.pathname);
    if (!route) throw new Problem(404, "not_found", `there is no ${url.pathname}`);
    const session = route.open ? null : context.accounts.require(request);
    if (
      session &&
      !["GET", "HEAD", "OPTIONS"].includes(method) &&
      request.headers["x-csrf-token"] !== session.csrf
    ) {
      throw new Problem(403, "csrf", "the request did not come from this page");
    }
    const raw = method === "GET" || method === "HEAD" ? Buffer.alloc(0) : await body(request);
    const json = () => {
      try {
        return JSON.parse(raw.toString() || "{}");
      } catch {
        throw new Problem(400, "invalid", "the request is not JSON");
      }
    };
    if (state.delay) await new Promise((resolve) => setTimeout(resolve, state.delay));
    const instead = state.answers.get(`${method} ${url.pathname}`);
    const answer = instead
      ? { body: instead }
      : await route.handler({
          request,
          response,
          url,
          query: url.searchParams,
          params: route.params,
          raw,
          json,
          session,
        });
    if (response.writableEnded || response.headersSent) return;
    const { status = answer?.body === undefined ? 204 : 200, headers = {}, body: data } = answer ?? {};
    const binary = Buffer.isBuffer(data) || typeof data === "string";
    response.writeHead(status, {
      ...(data === undefined
        ? {}
        : { "content-type": typeof data === "string" ? "text/plain; charset=utf-8" : "application/json" }),
      "cache-control": "no-store",
      ...headers,
    });
    response.end(data === undefined || method === "HEAD" ? undefined : binary ? data : JSON.stringify(data));
  }

  async function page(url, response) {
    const wanted = normalize(decodeURIComponent(url.pathname)).replace(/^(\.\.[/\\])+/, "");
    let file = join(root, wanted);
    // A file of a person may be in the address: only what was built has a name of its own.
    if (!extname(wanted) || !existsSync(file)) file = join(root, "index.html");
    try {
      const data = await readFile(file);
      response.writeHead(200, {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "content-security-policy": CSP,
        "x-content-type-options": "nosniff",
        "cache-control": wanted.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      });
      response.end(data);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("not found");
    }
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://mock");
    if (state.down) return request.socket.destroy();
    state.requests.push(`${request.method} ${url.pathname}${url.search}`);
    try {
      if (url.pathname.startsWith("/api/v1/")) await api(request, response, url);
      else if (url.pathname.startsWith("/open/")) {
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
        response.end(
          `<!doctype html><title>${url.pathname.slice(6)}</title><h1>${url.pathname.slice(6)}</h1>`,
        );
      } else await page(url, response);
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem(500, "internal", "");
      if (!(error instanceof Problem)) console.error(error);
      if (response.headersSent) return response.destroy();
      response.writeHead(problem.status, {
        "content-type": "application/json",
        ...(problem.extra.headers ?? {}),
      });
      const { headers: _, ...extra } = problem.extra;
      response.end(
        JSON.stringify({
          code: problem.code,
          message: problem.message,
          request_id: `mock-${state.requests.length}`,
          ...extra,
        }),
      );
    }
  });
  const dropShells = shells(server, context);
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  return {
    ...context,
    url: `http://127.0.0.1:${address.port}`,
    /** Pretends that the server's process is gone: every connection breaks. */
    goDown() {
      state.down = true;
      bus.drop();
      dropShells();
      server.closeAllConnections();
    },
    /** Leaves a request without an answer until the function that this gives back is called. */
    hold(line) {
      let release;
      held.set(
        line,
        new Promise((resolve) => {
          release = resolve;
        }),
      );
      return () => {
        held.delete(line);
        release();
      };
    },
    comeBack() {
      state.down = false;
    },
    async stop() {
      context.jobs.stop();
      bus.drop();
      dropShells();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
