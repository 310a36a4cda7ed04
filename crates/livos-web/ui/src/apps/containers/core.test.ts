import { describe, expect, it } from "vitest";
import { formatPlace, matches, parsePlace, portWords, stacksOf, tabs, views } from "./core";
import type { Container } from "./data";

const container = (
  name: string,
  owner: Partial<Container["owner"]>,
  more: Partial<Container> = {},
): Container => ({
  id: name,
  name,
  owner: { kind: "nobody", id: "", name: "", ...owner },
  service: "",
  image: "",
  state: "running",
  health: "",
  created_at: 0,
  started_at: 0,
  ports: [],
  ...more,
});

describe("containers", () => {
  it("places survive the address bar", () => {
    for (const tab of tabs) expect(parsePlace(formatPlace({ tab }))).toEqual({ tab });
    for (const view of views) {
      expect(parsePlace(formatPlace({ container: "0a", view }))).toEqual({ container: "0a", view });
    }
    expect(parsePlace("/container/0a/nonsense")).toEqual({ container: "0a", view: "overview" });
    expect(parsePlace(formatPlace({ compose: "my.app" }))).toEqual({ compose: "my.app" });
    expect(parsePlace("/nonsense")).toEqual({ tab: "containers" });
  });

  it("stacks hold what belongs together, apps first", () => {
    const stacks = stacksOf([
      container("a", { kind: "stack", id: "old", name: "old" }, { state: "exited" }),
      container("b", { kind: "stack", id: "old", name: "old" }),
      container("c", {}),
      container("d", { kind: "app", id: "old", name: "Zoo" }),
      container("e", { kind: "adopted", id: "blog", name: "Blog" }),
    ]);
    expect(stacks.map(({ owner, containers, running }) => [owner.name, containers.length, running])).toEqual([
      ["Blog", 1, 1],
      ["Zoo", 1, 1],
      ["old", 2, 1],
    ]);
  });

  it("ports are said once", () => {
    const port = { address: "", port: 8080, inside: 80, protocol: "tcp" };
    const of = (ports: Container["ports"]) => portWords(container("a", {}, { ports }));
    expect(of([port, port, { ...port, address: "::1" }, { ...port, protocol: "udp" }])).toEqual([
      "8080 → 80",
      "[::1]:8080 → 80",
      "8080 → 80/udp",
    ]);
  });

  it("a search looks everywhere", () => {
    expect(matches("web OLD", "old-web-1", "nginx:1")).toBe(true);
    expect(matches("web new", "old-web-1", "nginx:1")).toBe(false);
    expect(matches("", "x")).toBe(true);
  });
});
