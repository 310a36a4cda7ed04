import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { queries } from "@/lib/api";
import { keys } from "@/lib/api/queries";
import { loadTexts } from "@/lib/i18n";
import { toasts } from "@/lib/notify";
import { deleteQuestion, transferItems, trashItems, type Ui, undo } from "./actions";
import { undoSteps } from "./core/shared";

const calls: { method: string; path: string; body: unknown }[] = [];
let answer: (path: string) => { status: number; body: unknown };

beforeAll(() => loadTexts("files"));
beforeEach(() => {
  calls.length = 0;
  queries.clear();
  undoSteps.set([]);
  toasts.set([]);
  answer = () => ({ status: 202, body: { job_id: "files-1" } });
  vi.stubGlobal(
    "fetch",
    vi.fn(async (request: Request) => {
      const path = new URL(request.url).pathname.replace("/api/v1", "");
      const text = request.method === "GET" ? "" : await request.text();
      calls.push({ method: request.method, path, body: text ? JSON.parse(text) : undefined });
      const { status, body } = answer(path);
      return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
    }),
  );
});

function ui(more: Partial<Ui> = {}): Ui {
  return {
    ask: () => Promise.resolve(undefined),
    confirm: () => Promise.resolve(true),
    report: vi.fn(),
    labelOf: (place) => place.path || place.root,
    clash: () => Promise.resolve(undefined),
    noSpace: () => Promise.resolve(),
    ...more,
  };
}

const folder = (root: string, path: string, names: string[]) =>
  queries.setQueryData(keys.directory(root, path), {
    root,
    path,
    total: names.length,
    revision: "1",
    entries: names.map((name): [string, number, number, number] => [name, 0, 1, 1]),
  });

describe("undoing", () => {
  it("waits for what the server has not answered yet, and takes that back and not the step before", async () => {
    undoSteps.set([{ kind: "rename", place: { root: "home", path: "new" }, oldName: "old" }]);
    answer = (path) => ({ status: 200, body: path === "/files/trash" ? { ids: ["t1"] } : { restored: [] } });
    const trashing = trashItems(ui(), [{ root: "home", path: "x" }]);
    await undo(ui());
    await trashing;
    expect(calls.map((call) => call.path)).toEqual(["/files/trash", "/files/trash/restore"]);
    expect(calls[1]?.body).toEqual({ ids: ["t1"] });
    expect(undoSteps.get()).toHaveLength(1);
  });
});

describe("moving", () => {
  it("asks nothing without a clash and can be undone", async () => {
    folder("home", "b", ["other"]);
    expect(
      await transferItems(ui(), "move", [{ root: "home", path: "a/x" }], { root: "home", path: "b" }),
    ).toBe(true);
    expect(calls[0]).toMatchObject({ path: "/files/move", body: { on_conflict: "keep_both" } });
    await undo(ui());
    expect(calls[1]?.body).toMatchObject({
      items: [{ root: "home", path: "b/x" }],
      destination: { root: "home", path: "a" },
    });
  });

  it("does nothing when the clash dialog is closed, and never offers to undo a clash by name", async () => {
    folder("home", "b", ["x"]);
    const items = [{ root: "home", path: "a/x" }];
    const target = { root: "home", path: "b" };
    expect(await transferItems(ui(), "move", items, target)).toBe(false);
    expect(calls).toEqual([]);
    await transferItems(ui({ clash: () => Promise.resolve("replace") }), "move", items, target);
    expect(calls[0]?.body).toMatchObject({ on_conflict: "replace" });
    expect(undoSteps.get()).toEqual([]);
  });

  it("reports a refusal in the window", async () => {
    folder("home", "b", []);
    answer = () => ({ status: 403, body: { code: "denied", message: "not yours", request_id: "r" } });
    const report = vi.fn();
    expect(
      await transferItems(ui({ report }), "copy", [{ root: "home", path: "x" }], { root: "home", path: "b" }),
    ).toBe(false);
    expect(report).toHaveBeenLastCalledWith({
      title: "Not copied",
      error: expect.objectContaining({ status: 403 }),
    });
  });

  it("refuses a folder into itself before asking the server", async () => {
    folder("home", "a/b", []);
    const report = vi.fn();
    await transferItems(ui({ report }), "move", [{ root: "home", path: "a" }], { root: "home", path: "a/b" });
    expect(calls).toEqual([]);
    expect(report).toHaveBeenLastCalledWith(expect.objectContaining({ title: "Not moved" }));
  });
});

describe("Trash", () => {
  it("offers Undo once, by the toast or by the key", async () => {
    answer = (path) =>
      path === "/files/trash"
        ? { status: 200, body: { ids: ["t1"] } }
        : { status: 200, body: { restored: [] } };
    await trashItems(ui(), [{ root: "home", path: "Plan.txt" }]);
    const [shown] = toasts.get();
    expect(shown?.text).toBe("Moved ‘Plan.txt’ to Trash.");
    await undo(ui());
    shown?.action?.run();
    expect(calls.filter((call) => call.path === "/files/trash/restore")).toEqual([
      { method: "POST", path: "/files/trash/restore", body: { ids: ["t1"] } },
    ]);
  });

  it("names what is deleted for good and says how much is freed", () => {
    const file = { name: "a.iso", kind: 0, size: 2_000_000 };
    expect(deleteQuestion([file])).toMatchObject({
      title: "Delete ‘a.iso’ for good?",
      text: "This frees 2 MB and can't be undone.",
      danger: true,
    });
    const many = deleteQuestion([...Array(7).fill(file), { name: "Old", kind: 1, size: 0 }]);
    expect(many.title).toBe("Delete 8 items for good?");
    expect(many.text).toContain("and 3 more");
    expect(many.text).toContain("at least 14 MB");
  });
});
