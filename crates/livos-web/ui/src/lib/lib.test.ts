import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, errorText } from "./api/error";
import { nextPage, session } from "./api/session";
import type { JobInfo, SessionInfo } from "./api/types";
import { EventParser } from "./events";
import { ago, bytes, bytesOf, duration } from "./format";
import { t, tx } from "./i18n";
import { keyNames, matches } from "./keys";
import { applyJob } from "./live";
import { batchState, findResumable, totals, type UploadItem } from "./uploads/state";

describe("texts", () => {
  it("fill in values and choose the plural", () => {
    expect(t("shell.status.attention", { count: 1 })).toBe("1 app needs attention");
    expect(t("shell.status.attention", { count: 3 })).toBe("3 apps need attention");
    expect(t("shell.app.named", { name: "{{state}}", state: "running" })).toBe("{{state}}, running");
  });

  it("fall back to what the server said for a step we do not know", () => {
    expect(tx("shell.step.downloading", "x")).toBe("Downloading");
    expect(tx("shell.step.polishing", "Polishing")).toBe("Polishing");
  });
});

describe("after signing in", () => {
  it.each([
    ["?next=/open/jellyfin%3Fpage%3D/web/", "/open/jellyfin?page=/web/"],
    ["", undefined],
    ["?next=//evil.example/open/x", undefined],
    ["?next=/open//evil.example", undefined],
    ["?next=https://evil.example", undefined],
    ["?next=/files/home", undefined],
    ["?next=javascript:alert(1)", undefined],
  ])("goes on from %s to %s", (search, page) => expect(nextPage(search)).toBe(page));
});

describe("numbers", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1_000, "1 kB"],
    [4_751_400, "4.75 MB"],
    [99_960_000, "100 MB"],
    [999_600_000, "1 GB"],
    [1.24e12, "1.24 TB"],
  ])("%d bytes is %s", (count, text) => {
    expect(bytes(count)).toBe(text);
  });

  it("says a shared unit once", () => {
    expect(bytesOf(312e6, 740e6)).toBe("312 of 740 MB");
    expect(bytesOf(900e3, 740e6)).toBe("900 kB of 740 MB");
  });

  it("tells time by the largest useful unit", () => {
    expect(duration(39)).toBe("39 sec");
    expect(duration(90 * 60)).toBe("1.5 hr");
    const now = Date.UTC(2026, 0, 10);
    expect(ago(now / 1000 - 10, now)).toBe("just now");
    expect(ago(now / 1000 - 3 * 86_400, now)).toBe("3 days ago");
    expect(ago(now / 1000 - 9 * 86_400, now)).toMatch(/2026/);
  });
});

describe("event stream", () => {
  const whole =
    'id: e-1\nevent: job\ndata: {"a":1}\n\n: comment\nevent: ping\ndata:\n\ndata: one\ndata: two\n\n';

  it.each([1, 2, 3, 7, 1_000])("is read the same in pieces of %i", (piece) => {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < whole.length; at += piece) events.push(...parser.push(whole.slice(at, at + piece)));
    expect(events).toEqual([
      { id: "e-1", name: "job", data: '{"a":1}' },
      { id: "e-1", name: "ping", data: "" },
      { id: "e-1", name: "message", data: "one\ntwo" },
    ]);
  });

  it("understands carriage returns, also when one is cut off", () => {
    const parser = new EventParser();
    expect(parser.push("event: a\r")).toEqual([]);
    expect(parser.push("\ndata: 1\r\n\r\n")).toEqual([{ id: "", name: "a", data: "1" }]);
  });
});

describe("keys", () => {
  const press = (init: KeyboardEventInit) => new KeyboardEvent("keydown", init);

  it.each([
    ["Mod+A", { key: "a", code: "KeyA", ctrlKey: true }, true],
    ["Mod+A", { key: "a", code: "KeyA" }, false],
    ["Alt+Shift+N", { key: "Ñ", code: "KeyN", altKey: true, shiftKey: true }, true],
    ["F2", { key: "F2", code: "F2" }, true],
    ["F2", { key: "F2", code: "F2", shiftKey: true }, false],
    ["?", { key: "?", code: "Slash", shiftKey: true }, true],
    ["Shift+Delete", { key: "Delete", code: "Delete", shiftKey: true }, true],
    ["Delete", { key: "Delete", code: "Delete", shiftKey: true }, false],
  ])("%s", (combination, init, expected) => {
    expect(matches(press(init), combination)).toBe(expected);
  });

  it("are named as people read them", () => {
    expect(keyNames("Mod+K")).toEqual(["Ctrl", "K"]);
    expect(keyNames("Alt+Shift+ArrowLeft")).toEqual(["Alt", "Shift", "←"]);
  });
});

describe("jobs", () => {
  const job = (id: string, created_at: number, state: JobInfo["state"] = "running") =>
    ({ id, created_at, state }) as JobInfo;

  it("are replaced in place or put first, and not invented before the list is known", () => {
    expect(applyJob(undefined, job("a", 1))).toBeUndefined();
    const list = applyJob([job("a", 1)], job("b", 2));
    expect(list?.map(({ id }) => id)).toEqual(["b", "a"]);
    expect(applyJob(list, job("a", 1, "failed"))?.map(({ state }) => state)).toEqual(["running", "failed"]);
  });
});

describe("uploads", () => {
  const item = (state: UploadItem["state"], size: number, sent = 0) => ({ state, size, sent }) as UploadItem;
  const batch = (...items: UploadItem[]) => ({
    id: "b",
    root: "home",
    path: "",
    onConflict: "keep_both" as const,
    startedAt: 0,
    rate: 0,
    items,
  });

  it("add up, and a batch is what its worst part is", () => {
    const mixed = batch(item("done", 100), item("uploading", 50, 20), item("failed", 10));
    expect(totals(mixed)).toMatchObject({ count: 3, done: 1, active: 1, failed: 1, sent: 120, size: 160 });
    expect(batchState(mixed)).toBe("uploading");
    expect(batchState(batch(item("done", 1), item("failed", 1)))).toBe("failed");
    expect(batchState(batch(item("done", 1), item("paused", 1)))).toBe("paused");
    expect(batchState(batch(item("done", 1)))).toBe("done");
  });

  it("continue only with the same file for the same place", () => {
    const open = { id: "u", root: "home", path: "A", name: "x.bin", size: 9, offset: 4, expires_at: 0 };
    expect(findResumable([open], { root: "home", path: "A", name: "x.bin", size: 9 })).toBe(open);
    expect(findResumable([open], { root: "home", path: "A", name: "x.bin", size: 8 })).toBeUndefined();
    expect(findResumable([open], { root: "home", path: "B", name: "x.bin", size: 9 })).toBeUndefined();
  });
});

describe("requests", () => {
  const info = { csrf: "token", session_id: "s", access_expires_at: 0, user: { id: "u" } } as SessionInfo;
  const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
  const expired = () => answer(401, { code: "token_expired", message: "", request_id: "r" });

  beforeEach(() => session.set({ phase: "signed_in", session: info }));
  afterEach(() => vi.unstubAllGlobals());

  async function load() {
    vi.resetModules();
    const { session: fresh } = await import("./api/session");
    fresh.set({ phase: "signed_in", session: info });
    return { ...(await import("./api/fetch")), session: fresh };
  }

  it("renew an expired session once for all and repeat themselves", async () => {
    const { request } = await load();
    let valid = false;
    let renewed = 0;
    vi.stubGlobal("fetch", async (input: Request | string) => {
      const url = typeof input === "string" ? input : input.url;
      if (url.includes("/session/refresh")) {
        renewed += 1;
        valid = true;
        return answer(200, info);
      }
      return valid ? answer(200, { fine: true }) : expired();
    });
    const all = await Promise.all([1, 2, 3].map((n) => request(new Request(`http://x/api/v1/${n}`))));
    expect(all.map((response) => response.status)).toEqual([200, 200, 200]);
    expect(renewed).toBe(1);
  });

  it("lock the desktop when renewing is refused", async () => {
    const { request, session: fresh } = await load();
    vi.stubGlobal("fetch", async () => answer(401, { code: "token_expired" }));
    expect((await request(new Request("http://x/api/v1/jobs"))).status).toBe(401);
    expect(fresh.get().phase).toBe("locked");
  });

  it("carry the CSRF token only when they change something", async () => {
    const { request } = await load();
    const seen: (string | null)[] = [];
    vi.stubGlobal("fetch", async (input: Request) => {
      seen.push(input.headers.get("x-csrf-token"));
      return answer(200, {});
    });
    await request(new Request("http://x/api/v1/jobs"));
    await request(new Request("http://x/api/v1/jobs/1", { method: "DELETE" }));
    expect(seen).toEqual([null, "token"]);
  });

  it.each([
    ["arrived: its answer is fetched", 200, 1],
    ["never arrived: it is sent once more", 404, 2],
  ])("whose answer was lost and that %s", async (_, known, sent) => {
    vi.useFakeTimers();
    const { request } = await load();
    let writes = 0;
    const used = new Set<string | null>();
    vi.stubGlobal("fetch", async (input: Request | string) => {
      if (typeof input === "string") {
        expect(input).toBe(`/api/v1/outcomes/${[...used][0]}`);
        return answer(known, { state: "done", status: 202, body: { job_id: "j" } });
      }
      writes += 1;
      used.add(input.headers.get("idempotency-key"));
      if (writes === 1) throw new TypeError("Failed to fetch");
      return answer(202, { job_id: "j" });
    });
    const reply = request(new Request("http://x/api/v1/apps", { method: "POST", body: "{}" }));
    await vi.runAllTimersAsync();
    expect(await (await reply).json()).toEqual({ job_id: "j" });
    expect([writes, used.size]).toEqual([sent, 1]);
    vi.useRealTimers();
  });

  it("say in words that there was no answer", async () => {
    const { request } = await load();
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    await expect(request(new Request("http://x/api/v1/jobs"))).rejects.toMatchObject({
      status: 0,
      code: "unreachable",
    });
    expect(errorText(new ApiError(0, {}))).toMatch(/can't be reached/);
    expect(errorText(new ApiError(409, { message: "it already exists" }))).toBe("It already exists.");
    expect(errorText(new ApiError(500, {}))).toMatch(/server had a problem/);
  });
});
