import { beforeAll, describe, expect, it } from "vitest";
import { loadTexts } from "@/lib/i18n";
import { happened, type Step, typedFor, usageOf } from "./acting";
import { sentence } from "./Events";
import { sorted } from "./Table";

const sample = (id: string, cpu_ns: number, machine_ns: number) => ({
  id,
  cpu_ns,
  machine_ns,
  memory: 5,
  memory_limit: 10,
  processes: 1,
});

const step = (kind: string, name: string): Step => ({
  kind,
  name,
  id: name,
  code: "",
  detail: "",
  refused: "",
  for_good: true,
  size: 0,
});

describe("what containers use", () => {
  it("is a share of what the whole machine did between two looks", () => {
    const usage = usageOf([sample("a", 300, 2000), sample("b", 10, 2000)], [sample("a", 100, 1000)]);
    expect(usage.get("a")).toEqual({ cpu: 0.2, memory: 5 });
    expect(usage.get("b")).toEqual({ cpu: undefined, memory: 5 });
  });

  it("is not known of one that was started again or looked at twice at once", () => {
    expect(usageOf([sample("a", 1, 2000)], [sample("a", 100, 1000)]).get("a")?.cpu).toBeUndefined();
    expect(usageOf([sample("a", 100, 1000)], [sample("a", 100, 1000)]).get("a")?.cpu).toBeUndefined();
  });
});

describe("what has to be typed", () => {
  it("is the name of the one volume, or how many they are, and nothing without data", () => {
    expect(typedFor([step("image", "web")])).toBeUndefined();
    expect(typedFor([step("volume", "rows"), step("image", "web")])).toBe("rows");
    expect(typedFor([step("volume", "a"), step("volume", "b")])).toBe("2");
  });
});

describe("the order of a table", () => {
  it("is the one that was asked for, and the server's without", () => {
    const rows = [{ n: 2 }, { n: 10 }, { n: 1 }];
    const columns = [{ label: "N", cell: () => "", sort: (row: { n: number }) => row.n }];
    const order = (down: boolean) => sorted(rows, columns, { column: "N", down }).map((row) => row.n);
    expect(order(false)).toEqual([1, 2, 10]);
    expect(order(true)).toEqual([10, 2, 1]);
    expect(sorted(rows, columns, undefined)).toBe(rows);
  });
});

describe("what happened", () => {
  beforeAll(() => loadTexts("containers"));
  const event = (kind: string, action: string, more = {}) =>
    sentence(
      {
        at: 1,
        kind,
        action,
        id: "sha256:0123456789abcdef",
        name: "web",
        exit_code: -1,
        container: "",
        ...more,
      },
      new Map([["c1", "db"]]),
    );

  it("is a sentence", () => {
    expect(event("container", "start")).toBe("web was started");
    expect(event("container", "die", { exit_code: 0 })).toBe("web ended");
    expect(event("container", "die", { exit_code: 3 })).toBe("web ended with the exit code 3");
    expect(event("container", "health_status: unhealthy")).toBe("web is unhealthy");
    expect(event("container", "archive-path")).toBe("Files were copied out of web");
    expect(event("network", "connect", { container: "c1" })).toBe("db joined the network web");
    expect(event("image", "delete", { name: "" })).toBe("The image 0123456789ab was removed");
  });

  it("is said in Docker's words when we have none, and half a line is nothing", () => {
    expect(event("container", "frobnicate")).toBe("web: frobnicate");
    expect(happened('{"at":')).toBeUndefined();
  });
});
