import { nowSeconds, Problem } from "./server.mjs";

/** A 2 × 1 PNG, half sea and half sky: enough to be a wallpaper. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGO4VGGjEbUAAAoHAqnnLVn2AAAAAElFTkSuQmCC",
  "base64",
);

/** Favourites, recent files, what is shared with Nexus, and the wallpaper of each person. */
export function personal({ bus, files }) {
  const kept = new Map();
  const of = (session) => {
    if (!kept.has(session.user.id)) {
      kept.set(session.user.id, { favourites: [], recents: [], shares: [], wallpaper: 0 });
    }
    return kept.get(session.user.id);
  };
  const same = (a) => (b) => a.root === b.root && a.path === b.path;
  /** What is there now; what is not is left out and kept. */
  const seen = (mark) => {
    try {
      return [files.info(mark.root, mark.path)];
    } catch {
      return [];
    }
  };
  const wallpaper = (mine) => ({
    root: "",
    path: "",
    name: "wallpaper.jpg",
    kind: "file",
    size: PICTURE.length,
    modified_at: nowSeconds(),
    media_type: "image/jpeg",
    writable: true,
    revision: `r-${mine.wallpaper}`,
  });
  const routes = [
    ["GET", "/files/favourites", ({ session }) => ({ body: of(session).favourites.flatMap(seen) })],
    [
      "PUT",
      "/files/favourites",
      ({ session, json }) => {
        const mine = of(session);
        const place = json();
        files.info(place.root, place.path);
        if (!mine.favourites.some(same(place))) mine.favourites.push(place);
        bus.emit("settings", {});
        return {};
      },
    ],
    [
      "DELETE",
      "/files/favourites",
      ({ session, query }) => {
        const mine = of(session);
        const place = { root: query.get("root"), path: query.get("path") };
        mine.favourites = mine.favourites.filter((one) => !same(place)(one));
        bus.emit("settings", {});
        return {};
      },
    ],
    [
      "GET",
      "/files/shares",
      ({ session }) => ({
        body: of(session).shares.map((one) => ({
          ...one,
          name: one.path.split("/").pop(),
          missing: seen(one).length === 0,
        })),
      }),
    ],
    [
      "PUT",
      "/files/shares",
      ({ session, json }) => {
        const mine = of(session);
        const { writes, ...place } = json();
        if (files.info(place.root, place.path).kind !== "dir")
          throw new Problem(400, "invalid", "it is not a folder");
        if (!mine.shares.some(same(place))) mine.shares.push({ ...place, writes: false });
        if (writes !== undefined) mine.shares.find(same(place)).writes = writes;
        bus.emit("settings", {});
        return {};
      },
    ],
    [
      "DELETE",
      "/files/shares",
      ({ session, query }) => {
        const mine = of(session);
        const place = { root: query.get("root"), path: query.get("path") };
        mine.shares = mine.shares.filter((one) => !same(place)(one));
        bus.emit("settings", {});
        return {};
      },
    ],
    [
      "GET",
      "/files/recents",
      ({ session }) => ({
        body: of(session).recents.flatMap((mark) =>
          seen(mark).map((entry) => ({ entry, used_at: mark.used_at })),
        ),
      }),
    ],
    [
      "POST",
      "/files/recents",
      ({ session, json }) => {
        const mine = of(session);
        const place = json();
        files.info(place.root, place.path);
        mine.recents = [
          { ...place, used_at: nowSeconds() },
          ...mine.recents.filter((one) => !same(place)(one)),
        ];
        return {};
      },
    ],
    [
      "DELETE",
      "/files/recents",
      ({ session }) => {
        of(session).recents = [];
        return {};
      },
    ],
    [
      "GET",
      "/me/wallpaper",
      ({ session }) => {
        if (of(session).wallpaper === 0)
          throw new Problem(404, "not_found", "there is no wallpaper of yours");
        return { headers: { "content-type": "image/png" }, body: PICTURE };
      },
    ],
    [
      "PUT",
      "/me/wallpaper",
      ({ session, json }) => {
        const { root, path } = json();
        files.info(root, path);
        if (path.includes("broken")) throw new Problem(400, "invalid", "the picture is damaged");
        const mine = of(session);
        mine.wallpaper += 1;
        return { body: wallpaper(mine) };
      },
    ],
    [
      "DELETE",
      "/me/wallpaper",
      ({ session }) => {
        of(session).wallpaper = 0;
        return {};
      },
    ],
  ];
  return { routes, shares: (person) => kept.get(person)?.shares ?? [] };
}
