import { expect, test } from "vitest";
import { formOf, isEmptyWish, isWrong, memoryIsWrong, portIsWrong, type Settings, wishOf } from "./settings";

const input = { label: "", hint: "", kind: "text", required: true, default: "", options: [] };
const settings: Settings = {
  inputs: [
    { input: { ...input, key: "NAME" }, value: "Ada", set: true, secret: false },
    { input: { ...input, key: "TOKEN", kind: "password" }, value: "", set: true, secret: true },
  ],
  ports: [{ key: "8096/tcp", service: "web", inside: 80, store: 8096, port: 9000 }],
  memory: [
    { service: "web", store: 0, limit: 64 * 1024 * 1024 },
    { service: "db", store: 1024 * 1024 * 1024, limit: 1024 * 1024 * 1024 },
  ],
  images: [
    { service: "web", image: "demo/web", store: "2", tag: "2" },
    { service: "db", image: "postgres", store: "16", tag: "15-alpine" },
  ],
};
const before = formOf(settings);

test("what was not touched is not sent", () => {
  expect(before).toEqual({
    answers: { NAME: "Ada", TOKEN: "" },
    ports: { "8096/tcp": "9000" },
    memory: { web: "64", db: "" },
    docker: "",
    images: { web: "", db: "15-alpine" },
  });
  expect(isEmptyWish(wishOf(before, before))).toBe(true);
  expect(isWrong(settings, before)).toBe(false);
});

test("what was changed is sent, and an empty field is what the store says", () => {
  const form = {
    answers: { NAME: " Grace ", TOKEN: "new" },
    ports: { "8096/tcp": "" },
    memory: { web: "", db: "128" },
    docker: "",
    images: { web: "1.2.3 ", db: "" },
  };
  expect(wishOf(form, before)).toEqual({
    answers: { NAME: "Grace", TOKEN: "new" },
    ports: { "8096/tcp": 0 },
    memory: { web: 0, db: 128 * 1024 * 1024 },
    images: { web: "1.2.3", db: "" },
  });
});

test("what an app may do in Docker is sent when it was changed", () => {
  const looks = formOf({ ...settings, docker: "view" });
  expect(isEmptyWish(wishOf(looks, looks))).toBe(true);
  const wish = wishOf({ ...looks, docker: "control" }, looks);
  expect([wish.docker, isEmptyWish(wish)]).toEqual(["control", false]);
});

test("what cannot be is known before it is sent", () => {
  expect(["", "1", "65535"].map(portIsWrong)).toEqual([false, false, false]);
  expect(["0", "65536", "-1", "x", "1.5"].every(portIsWrong)).toBe(true);
  expect(["", "6"].map(memoryIsWrong)).toEqual([false, false]);
  expect(["5", "0", "much"].every(memoryIsWrong)).toBe(true);
  expect(isWrong(settings, { ...before, answers: { NAME: "", TOKEN: "" } })).toBe(true);
  const unset: Settings = {
    ...settings,
    inputs: settings.inputs.map((one) => ({ ...one, set: false })),
  };
  expect(isWrong(unset, before)).toBe(true);
});
