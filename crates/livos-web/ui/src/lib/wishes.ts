import { QueryObserver, queryOptions } from "@tanstack/react-query";
import { api, currentUser, isAdmin, keys, ok, queries } from "./api";
import type { Wish } from "./api/types";
import { loadTexts, t } from "./i18n";
import { type Notice, notify } from "./notify";
import { load, save } from "./storage";

/** Apps that were asked for: what waits for an admin, or what a member asked for and was answered. */
export const wishesQuery = queryOptions({
  queryKey: keys.wishes,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/store/wishes", { signal })),
});

export const ask = (store: string, app: string) =>
  ok(api.POST("/api/v1/store/wishes", { body: { store, app } })).then(refresh);

/** Takes a wish back, or declines it, by whose it is. */
export const drop = (id: number) =>
  ok(api.DELETE("/api/v1/store/wishes/{id}", { params: { path: { id } } })).then(refresh);

function refresh(): Promise<void> {
  return queries.invalidateQueries({ queryKey: keys.wishes });
}

const page = ({ store, app }: Wish) => `/app/${encodeURIComponent(store)}/${encodeURIComponent(app)}`;

/** What this person should hear about a wish; nothing about what they did themselves. */
export function noticeOf(wish: Wish, admin: boolean): Omit<Notice, "id" | "at" | "read"> | undefined {
  const open = { app: "store", path: page(wish) };
  const words = { app: wish.name, name: wish.by };
  if (admin) {
    return wish.state === "open" ? { text: t("panels.wish.asked", words), tone: "info", open } : undefined;
  }
  if (wish.state === "granted") return { text: t("panels.wish.granted", words), tone: "ok", open };
  if (wish.state === "declined") return { text: t("panels.wish.declined", words), tone: "info", open };
  return undefined;
}

/** Of these wishes, those that were not spoken of yet, and what has been spoken of from now on. */
export function unheard(wishes: Wish[], heard: string[]): { news: Wish[]; heard: string[] } {
  const name = ({ id, state, asked_at }: Wish) => `${id} ${state} ${asked_at}`;
  const known = new Set(heard);
  return { news: wishes.filter((wish) => !known.has(name(wish))), heard: wishes.map(name) };
}

/** Tells admins what was asked for and members what was answered, also what happened while they were away. */
export async function followWishes(): Promise<void> {
  await loadTexts("panels");
  const key = `wishes.${currentUser()?.id ?? ""}`;
  const tell = (wishes: Wish[] | undefined) => {
    if (!wishes) return;
    const kept = load<string[]>(key, []);
    const { news, heard } = unheard(wishes, Array.isArray(kept) ? kept : []);
    save(key, heard);
    for (const wish of news) {
      const notice = noticeOf(wish, isAdmin());
      if (notice) notify(notice);
    }
  };
  const observer = new QueryObserver(queries, wishesQuery);
  tell(observer.getCurrentResult().data);
  observer.subscribe(({ data }) => tell(data));
}
