import { describe, expect, it } from "vitest";
import { statusOf } from "./status";

const fine = { disks: [{ mount: "/", device: "/dev/a", kind: "ext4", total: 100, free: 60 }], services: [] };
const service = (state: string, detail = "") => ({ name: "files", version: "1", state, detail });
const app = (id: string, state: "running" | "problem", update = "") => ({ id, state, update });
const admin = { admin: true, temporary: false };

describe("the status line", () => {
  const everything = {
    disks: [{ mount: "/", device: "/dev/a", kind: "ext4", total: 100, free: 8 }],
    services: [service("down")],
  };
  const apps = [app("a", "problem"), app("b", "running", "2.0")];
  it.each([
    ["data at risk first", everything, apps, { admin: true, temporary: true }, "Storage is 92% full"],
    ["then security", { ...everything, disks: [] }, apps, { admin: true, temporary: true }, /set by someone/],
    ["then a daemon that is down", { ...everything, disks: [] }, apps, admin, "files is not running"],
    ["then apps", fine, apps, admin, "1 app needs attention"],
    [
      "then what works in part",
      { ...fine, services: [service("degraded", "No Docker")] },
      [],
      admin,
      "No Docker",
    ],
    ["then updates", fine, [app("b", "running", "2.0")], admin, "1 app can be updated"],
    ["which are for admins", fine, [app("b", "running", "2.0")], { ...admin, admin: false }, /Everything/],
    ["else that all is well", fine, [app("b", "running")], admin, "Everything is running"],
  ] as const)("says %s", (_, system, installed, who, text) => {
    expect(statusOf(system as never, [...installed], who).text).toMatch(text);
  });

  it("leads to the app itself when there is only one, and to the store when there are more", () => {
    expect(statusOf(fine, [app("a", "problem")], admin).open?.path).toBe("/installed/a");
    expect(statusOf(fine, [app("a", "problem"), app("c", "problem")], admin).open?.path).toBe("/");
  });
});
