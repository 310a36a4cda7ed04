import { describe, expect, it } from "vitest";
import {
  type CatalogEntry,
  categoryOf,
  indexCatalog,
  newcomers,
  popular,
  searchCatalog,
  sections,
  usedCategories,
} from "./catalog";
import {
  answerProblem,
  answersToSend,
  cardAction,
  type Input,
  initialAnswers,
  makePassword,
  orderPermissions,
  shareOf,
  splitInputs,
  stepOf,
} from "./install";
import { formatStoreLocation, parseStoreLocation } from "./location";
import { readMarkdown } from "./markdown";
import { catalogPage, hasAddress, safeLink } from "./normalise";

const app = (id: string, more: Partial<CatalogEntry> = {}): CatalogEntry => ({
  store: "umbrel",
  id,
  name: id,
  tagline: "",
  category: "media",
  version: "1",
  developer: "",
  icon: "",
  source_label: "Umbrel",
  format: "umbrel",
  installable: true,
  installed: false,
  ...more,
});

describe("catalogue", () => {
  it("gives categories one spelling", () => {
    expect(categoryOf("Media")).toBe("media");
    expect(categoryOf("developer-tools")).toBe("developer");
    expect(categoryOf("crypto")).toBe("bitcoin");
    expect(categoryOf("never heard of")).toBe("other");
  });

  it("shows what came to a source lately, the latest first, and nothing of a source that was just added", () => {
    const now = 1_800_000_000;
    const index = indexCatalog(
      [
        app("old", { added_at: 0 }),
        app("past", { added_at: now - 40 * 86_400 }),
        app("week", { added_at: now - 7 * 86_400 }),
        app("today", { added_at: now - 60 }),
        app("here", { added_at: now - 60, installed: true }),
        app("cannot", { added_at: now - 60, installable: false }),
      ],
      "en",
    );
    expect(newcomers(index, now, 6).map((item) => item.app.id)).toEqual(["today", "week"]);
    expect(sections(index, 6, now).map((section) => section.id)).toEqual(["installed", "new", "media"]);
    expect(newcomers(indexCatalog([app("old")], "en"), now, 6)).toEqual([]);
  });

  it("ranks the name above its description and needs every word", () => {
    const index = indexCatalog(
      [
        app("zeta", { name: "Zeta", tagline: "A photo album" }),
        app("photoprism", { name: "PhotoPrism", tagline: "Browse pictures" }),
        app("librephotos", { name: "LibrePhotos" }),
        app("photo", { name: "Photo" }),
      ],
      "en",
    );
    expect(searchCatalog(index, "photo", undefined).map((i) => i.app.id)).toEqual([
      "photo",
      "photoprism",
      "librephotos",
      "zeta",
    ]);
    expect(searchCatalog(index, "photo album", undefined).map((i) => i.app.id)).toEqual(["zeta"]);
    expect(searchCatalog(index, "nothing like it", undefined)).toEqual([]);
  });

  it("finds names written with accents", () => {
    const index = indexCatalog([app("baikal", { name: "Baïkal" })], "en");
    expect(searchCatalog(index, "baikal", undefined)).toHaveLength(1);
  });

  it("limits a search to the category", () => {
    const index = indexCatalog([app("a", { category: "AI" }), app("b")], "en");
    expect(searchCatalog(index, "", "ai").map((i) => i.app.id)).toEqual(["a"]);
    expect(usedCategories(index)).toEqual(["media", "ai"]);
  });

  it("builds the home page from what there is", () => {
    const index = indexCatalog(
      [
        app("immich"),
        app("jellyfin", { installed: true }),
        app("nextcloud", { category: "files" }),
        app("x"),
      ],
      "en",
    );
    const page = sections(index, 2);
    expect(page.map((s) => [s.id, s.items.length, s.total])).toEqual([
      ["installed", 1, 1],
      ["media", 2, 3],
      ["files", 1, 1],
    ]);
  });

  it("shows a well-known app once, though two sources have it, and never one that can't be installed", () => {
    const index = indexCatalog(
      [app("jellyfin"), app("jellyfin", { store: "casaos" }), app("immich", { installable: false })],
      "en",
    );
    expect(popular(index, 6).map((i) => i.app.id)).toEqual(["jellyfin"]);
  });
});

describe("install", () => {
  const input = (more: Partial<Input>): Input => ({
    key: "k",
    label: "",
    hint: "",
    kind: "text",
    required: false,
    default: "",
    options: [],
    ...more,
  });

  it("puts the riskiest permission first and keeps the server's order otherwise", () => {
    const list = [
      { code: "a", text: "", risk: "low" },
      { code: "b", text: "", risk: "high" },
      { code: "c", text: "", risk: "medium" },
      { code: "d", text: "", risk: "high" },
    ];
    expect(orderPermissions(list).map((p) => p.code)).toEqual(["b", "d", "c", "a"]);
  });

  it("treats an unknown risk as high", () => {
    const list = [
      { code: "a", text: "", risk: "low" },
      { code: "b", text: "", risk: "new word" },
    ];
    expect(orderPermissions(list)[0]?.code).toBe("b");
  });

  it("asks only what must be decided", () => {
    const must = input({ key: "must", required: true });
    const secret = input({ key: "secret", kind: "password", required: true });
    const rest = input({ key: "rest", required: true, default: "8080" });
    expect(splitInputs([rest, must, secret])).toEqual({ ask: [must, secret], more: [rest] });
  });

  it("fills in a first password and leaves defaults alone", () => {
    const inputs = [input({ key: "p", kind: "password", required: true }), input({ key: "d", default: "x" })];
    expect(initialAnswers(inputs, () => "made")).toEqual({ p: "made", d: "x" });
  });

  it("makes passwords of the wanted length from the readable alphabet only", () => {
    let byte = 0;
    const next = () => {
      byte = (byte + 37) % 256;
      return byte;
    };
    const password = makePassword(20, (bytes) => bytes.map(next));
    expect(password).toMatch(/^[a-zA-Z2-9]{20}$/);
    expect(password).not.toMatch(/[0O1lI]/);
  });

  it("says what is wrong with an answer", () => {
    expect(answerProblem(input({ required: true }), " ")).toBe("required");
    expect(answerProblem(input({}), "")).toBeUndefined();
    expect(answerProblem(input({ kind: "port" }), "70000")).toBe("port");
    expect(answerProblem(input({ kind: "email" }), "me")).toBe("email");
    expect(answerProblem(input({ options: [{ value: "a", label: "A" }] }), "b")).toBe("option");
    expect(answerProblem(input({ kind: "number" }), "12")).toBeUndefined();
  });

  it("leaves out empty optional answers and trims all but secrets", () => {
    const inputs = [
      input({ key: "a" }),
      input({ key: "b", required: true }),
      input({ key: "c", kind: "password" }),
    ];
    expect(answersToSend(inputs, { a: " ", b: " x ", c: " y " })).toEqual({ b: "x", c: " y " });
  });

  it("names the step in the store's words", () => {
    const job = (state: string, step: string) => stepOf({ state, step, done: 0, total: 0, unit: "" });
    expect(job("queued", "")).toBe("queued");
    expect(job("running", "pulling")).toBe("downloading");
    expect(job("running", "waiting")).toBe("waiting");
    expect(job("running", "something new")).toBe("checking");
    expect(job("succeeded", "waiting")).toBe("ready");
  });

  it("has a share only when the total is known", () => {
    expect(shareOf({ state: "running", step: "", done: 5, total: 0, unit: "bytes" })).toBeUndefined();
    expect(shareOf({ state: "running", step: "", done: 5, total: 10, unit: "bytes" })).toBe(0.5);
    expect(shareOf({ state: "running", step: "", done: 15, total: 10, unit: "bytes" })).toBe(1);
  });

  it("offers the one action that fits", () => {
    const action = (more: object) =>
      cardAction({ installable: true, state: undefined, hasAddress: false, jobState: undefined, ...more });
    expect(action({})).toBe("install");
    expect(action({ installable: false })).toBe("unsupported");
    expect(action({ jobState: "running" })).toBe("progress");
    expect(action({ jobState: "failed" })).toBe("retry");
    expect(action({ state: "running", hasAddress: true, jobState: "failed" })).toBe("open");
    expect(action({ state: "problem", hasAddress: true, jobState: "failed" })).toBe("view");
    expect(action({ state: "running" })).toBe("view");
    expect(action({ state: "stopped" })).toBe("start");
  });
});

describe("location", () => {
  it("survives a round trip", () => {
    for (const location of [
      "/",
      "/?q=photo&category=media",
      "/app/umbrel/a%2Fb",
      "/sources",
      "/installed/jellyfin",
      "/installed/jellyfin/logs",
      "/installed/jellyfin/remove",
    ]) {
      expect(formatStoreLocation(parseStoreLocation(location))).toBe(location);
    }
  });

  it("takes a search from elsewhere on the desktop", () => {
    expect(parseStoreLocation("/search?q=photo")).toEqual({
      page: "home",
      query: "photo",
      category: undefined,
    });
  });

  it("falls back to home", () => {
    expect(parseStoreLocation("/nonsense?category=unknown")).toEqual({
      page: "home",
      query: "",
      category: undefined,
    });
  });
});

describe("answers of the server", () => {
  it("reads an app's page nested or flat, with choices as pairs or texts", () => {
    const line = app("jellyfin", { name: "Jellyfin" });
    const inputs = [{ key: "k", kind: "select", required: true, options: ["a", { value: "b", label: "B" }] }];
    const nested = catalogPage({ app: line, description: "d", inputs });
    expect(nested).toEqual(catalogPage({ ...line, description: "d", inputs }));
    expect(nested.inputs[0]).toMatchObject({
      label: "k",
      options: [
        { value: "a", label: "a" },
        { value: "b", label: "B" },
      ],
    });
    expect(nested.permissions).toEqual([]);
    expect(nested.moved).toEqual([]);
    const moved = [{ key: "page", asked: 8080, given: 42000, by: "X" }];
    expect(catalogPage({ app: line, moved }).moved).toEqual(moved);
  });

  it("knows an address by its url, host or port", () => {
    expect(hasAddress({ url: "http://x" })).toBe(true);
    expect(hasAddress({ host: "x.localhost:80", port: 0 })).toBe(true);
    expect(hasAddress({ url: "", port: 0 })).toBe(false);
    expect(hasAddress(undefined)).toBe(false);
  });

  it("makes links only of web addresses", () => {
    expect(safeLink("https://example.org")).toBe("https://example.org/");
    expect(safeLink("javascript:alert(1)")).toBeUndefined();
    expect(safeLink("example")).toBeUndefined();
  });
});

describe("markdown", () => {
  it("reads paragraphs, headings and lists", () => {
    expect(readMarkdown("# Title\n\nOne\ntwo **bold**\n- item `x`\n---")).toEqual([
      { kind: "heading", spans: [{ text: "Title" }] },
      { kind: "paragraph", spans: [{ text: "One two " }, { text: "bold", strong: true }] },
      { kind: "item", spans: [{ text: "item " }, { text: "x", code: true }] },
    ]);
  });

  it("never lets markup, images or scripts through", () => {
    const text =
      "<script>alert(1)</script>![pic](http://evil/x.png)[go](javascript:alert(1))[ok](https://a.b)";
    expect(readMarkdown(text)).toEqual([
      {
        kind: "paragraph",
        spans: [{ text: "alert(1)pic" }, { text: "go" }, { text: ")" }, { text: "ok", href: "https://a.b" }],
      },
    ]);
  });
});
