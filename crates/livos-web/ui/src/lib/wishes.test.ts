import { expect, it } from "vitest";
import type { Wish } from "./api/types";
import { noticeOf, unheard } from "./wishes";

const wish = (id: number, state: string, asked_at = 10): Wish => {
  return {
    id,
    user: "u",
    by: "Ben",
    store: "s",
    app: "gitea",
    name: "Gitea",
    state,
    asked_at,
    settled_at: 0,
  };
};

it("speaks of a wish once, and again when it was answered or asked anew", () => {
  const first = unheard([wish(1, "open"), wish(2, "open")], []);
  expect(first.news.map(({ id }) => id)).toEqual([1, 2]);
  expect(unheard([wish(1, "open"), wish(2, "open")], first.heard).news).toEqual([]);
  const second = unheard([wish(1, "declined"), wish(2, "open", 99)], first.heard);
  expect(second.news.map(({ id }) => id)).toEqual([1, 2]);
  // What is gone need not be remembered.
  expect(unheard([], second.heard).heard).toEqual([]);
});

it("tells admins of questions and members of answers", () => {
  expect(noticeOf(wish(1, "open"), true)?.open).toEqual({ app: "store", path: "/app/s/gitea" });
  expect(noticeOf(wish(1, "granted"), true)).toBeUndefined();
  expect(noticeOf(wish(1, "open"), false)).toBeUndefined();
  expect(noticeOf(wish(1, "granted"), false)?.tone).toBe("ok");
  expect(noticeOf(wish(1, "declined"), false)?.tone).toBe("info");
});
