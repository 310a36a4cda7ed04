import { nowSeconds, Problem } from "./server.mjs";

const MEDIA = {
  jpg: "image/jpeg",
  png: "image/png",
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  mp4: "video/mp4",
  mp3: "audio/mpeg",
};

const WORDS = ["file", "dir", "symlink", "other"];

/** A tree of folders in memory. */
export function files(context) {
  const { bus } = context;
  const roots = [
    { id: "home", label: "Home", kind: "home", writable: true, total: 2e12, free: 1.24e12 },
    { id: "shared", label: "Shared", kind: "shared", writable: true, total: 2e12, free: 1.24e12 },
    { id: "apps", label: "Apps", kind: "apps", writable: false, total: 2e12, free: 1.24e12 },
  ];
  const trees = new Map(roots.map((root) => [root.id, { kind: 1, at: nowSeconds(), children: new Map() }]));
  const trash = new Map();
  let revision = 0;
  const split = (path) => (path ?? "").split("/").filter(Boolean);
  const folder = (at = 0) => ({ kind: 1, at: nowSeconds() - at, children: new Map() });
  const file = (size, at = 0, data) => ({ kind: 0, size, at: nowSeconds() - at, data });
  const node = (root, path) => {
    let here = trees.get(root);
    if (!here) throw new Problem(404, "not_found", "there is no such place");
    for (const name of split(path)) {
      here = here.children?.get(name);
      if (!here) throw new Problem(404, "not_found", "this no longer exists");
    }
    return here;
  };
  const parentOf = (path) => split(path).slice(0, -1).join("/");
  const nameOf = (path) => split(path).at(-1) ?? "";
  const changed = (root, path) => {
    revision += 1;
    bus.emit("dir", { root, path });
  };
  const check = (name) => {
    if (!name || name === "." || name === ".." || name.includes("/") || name.length > 255) {
      throw new Problem(400, "invalid", `“${name}” cannot be a name`);
    }
  };
  const info = (root, path, it) => ({
    root,
    path,
    name: nameOf(path),
    kind: WORDS[it.kind],
    size: it.size ?? 0,
    modified_at: it.at,
    media_type:
      it.kind === 1
        ? "inode/directory"
        : (MEDIA[nameOf(path).split(".").pop()] ?? "application/octet-stream"),
    writable: true,
  });
  const free = (into, name) => {
    if (!into.children.has(name)) return name;
    const dot = name.lastIndexOf(".");
    const [base, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
    for (let i = 2; ; i++) if (!into.children.has(`${base} (${i})${end}`)) return `${base} (${i})${end}`;
  };
  const fill = () => {
    const home = trees.get("home").children;
    const names = ["Documents", "Downloads", "Family photos", "Music", "Projects", "Videos"];
    for (const [i, name] of names.entries()) home.set(name, folder((i + 1) * 86_400 * 20));
    home.set("Invoice 2026-03.pdf", file(4_751_400, 86_400 * 3));
    home.set("IMG_0007.jpg", file(5_543_300, 86_400 * 9));
    home.set("Clip 8.mp4", file(633_520_000, 86_400 * 40));
    home.set("notes.txt", file(24, 3_600, Buffer.from("Milk, bread, two lemons\n")));
    const photos = home.get("Family photos").children;
    for (let i = 0; i < 60; i++) {
      photos.set(`IMG_${String(i).padStart(5, "0")}.jpg`, file(3_000_000 + i * 7_919, i * 4_000));
    }
    const many = folder();
    for (let i = 0; i < 10_000; i++) {
      many.children.set(`Scan_${String(i).padStart(5, "0")}.pdf`, file(1_000 + i * 37, i * 60));
    }
    home.set("Many", many);
  };
  fill();
  const transfer =
    (copy) =>
    ({ json, session }) => {
      const { items, destination, on_conflict } = json();
      const into = node(destination.root, destination.path);
      const work = () => {
        for (const item of items) {
          const it = node(item.root, item.path);
          let name = nameOf(item.path);
          if (into.children.has(name)) {
            if (on_conflict === "skip") continue;
            if (on_conflict === "keep_both") name = free(into, name);
          }
          into.children.set(name, copy ? structuredClone(it) : it);
          if (!copy) {
            node(item.root, parentOf(item.path)).children.delete(nameOf(item.path));
            changed(item.root, parentOf(item.path));
          }
        }
        changed(destination.root, destination.path);
      };
      const what = items.length === 1 ? nameOf(items[0].path) : `${items.length} items`;
      const job_id = context.jobs.start({
        family: "files",
        kind: copy ? "files.copy" : "files.move",
        subject: destination.path,
        user: session.user.id,
        total: items.length,
        unit: "items",
        ticks: 4,
        steps: [copy ? "copying" : "moving"],
        title: `${copy ? "Copy" : "Move"} ${what} to ${nameOf(destination.path) || "Home"}`,
        done: work,
      });
      return { status: 202, body: { job_id } };
    };
  const gone = (ids, session) => ({
    status: 202,
    body: {
      job_id: context.jobs.start({
        family: "files",
        kind: "files.delete",
        subject: "trash",
        title: `Delete ${ids.length} items for good`,
        user: session.user.id,
        total: ids.length,
        unit: "items",
        ticks: 3,
        steps: ["deleting"],
        done: () => {
          for (const one of ids) trash.delete(one);
          changed("trash", "");
        },
      }),
    },
  });
  let count = 0;
  const at = (query) => [query.get("root"), query.get("path") ?? ""];
  const routes = [
    ["GET", "/files/roots", () => ({ body: roots })],
    [
      "GET",
      "/files/list",
      ({ query }) => {
        const [root, path] = at(query);
        const it = node(root, path);
        if (it.kind !== 1) throw new Problem(400, "invalid", "this is not a folder");
        const entries = [...it.children].map(([name, child]) => [
          name,
          child.kind,
          child.size ?? 0,
          child.at,
        ]);
        return { body: { root, path, total: entries.length, revision: String(revision), entries } };
      },
    ],
    ["GET", "/files/stat", ({ query }) => ({ body: info(...at(query), node(...at(query))) })],
    [
      "GET",
      "/files/content",
      ({ query }) => {
        const path = query.get("path");
        const it = node(query.get("root"), path);
        return {
          headers: {
            "content-type": info("", path, it).media_type,
            "content-disposition": `attachment; filename="${encodeURIComponent(nameOf(path))}"`,
          },
          body: it.data ?? Buffer.alloc(Math.min(it.size, 100_000), 65),
        };
      },
    ],
    [
      "GET",
      "/files/archive",
      () => ({
        headers: {
          "content-type": "application/zip",
          "content-disposition": "attachment; filename=files.zip",
        },
        body: Buffer.from("PK"),
      }),
    ],
    [
      "GET",
      "/files/search",
      ({ query }) => {
        const [root, start] = at(query);
        const wanted = query.get("q").toLowerCase();
        const found = [];
        const walk = (it, path) => {
          for (const [name, child] of it.children) {
            const here = [path, name].filter(Boolean).join("/");
            if (name.toLowerCase().includes(wanted)) found.push(info(root, here, child));
            if (found.length >= 100) return;
            if (child.kind === 1) walk(child, here);
          }
        };
        walk(node(root, start), start);
        return { body: { entries: found, complete: found.length < 100 } };
      },
    ],
    [
      "POST",
      "/files/directories",
      ({ json }) => {
        const { root, path } = json();
        const into = node(root, parentOf(path));
        check(nameOf(path));
        if (into.children.has(nameOf(path))) {
          throw new Problem(409, "conflict", `“${nameOf(path)}” already exists here`);
        }
        into.children.set(nameOf(path), folder());
        changed(root, parentOf(path));
        return { status: 201, body: info(root, path, node(root, path)) };
      },
    ],
    [
      "POST",
      "/files/rename",
      ({ json }) => {
        const { root, path, name } = json();
        check(name);
        const into = node(root, parentOf(path));
        const it = node(root, path);
        if (into.children.has(name)) throw new Problem(409, "conflict", `“${name}” already exists here`);
        into.children.delete(nameOf(path));
        into.children.set(name, it);
        changed(root, parentOf(path));
        return { body: info(root, [parentOf(path), name].filter(Boolean).join("/"), it) };
      },
    ],
    ["POST", "/files/move", transfer(false)],
    ["POST", "/files/copy", transfer(true)],
    [
      "POST",
      "/files/trash",
      ({ json }) => {
        const ids = [];
        for (const { root, path } of json().items) {
          const it = node(root, path);
          count += 1;
          const id = `t${count}`;
          node(root, parentOf(path)).children.delete(nameOf(path));
          const entry = { id, name: nameOf(path), kind: WORDS[it.kind], size: it.size ?? 0, root, path };
          trash.set(id, { it, entry: { ...entry, deleted_at: nowSeconds() } });
          ids.push(id);
          changed(root, parentOf(path));
        }
        changed("trash", "");
        return { body: { ids } };
      },
    ],
    ["GET", "/files/trash", () => ({ body: [...trash.values()].map(({ entry }) => entry) })],
    [
      "POST",
      "/files/trash/restore",
      ({ json }) => {
        const restored = [];
        for (const id of json().ids) {
          const { it, entry } = trash.get(id) ?? {};
          if (!it) throw new Problem(404, "not_found", "this is no longer in the trash");
          const into = node(entry.root, parentOf(entry.path));
          const name = free(into, entry.name);
          into.children.set(name, it);
          trash.delete(id);
          restored.push(info(entry.root, [parentOf(entry.path), name].filter(Boolean).join("/"), it));
          changed(entry.root, parentOf(entry.path));
        }
        changed("trash", "");
        return { body: { restored } };
      },
    ],
    ["POST", "/files/trash/delete", ({ json, session }) => gone(json().ids, session)],
    ["DELETE", "/files/trash", ({ session }) => gone([...trash.keys()], session)],
  ];
  return {
    routes,
    roots,
    node,
    info: (root, path) => info(root, path, node(root, path)),
    /** Stores an upload that is complete. */
    store(root, path, name, data, onConflict) {
      let into = node(root, "");
      for (const part of split(path)) {
        if (!into.children.has(part)) into.children.set(part, folder());
        into = into.children.get(part);
      }
      if (into.children.has(name) && onConflict === "skip") return;
      const final = into.children.has(name) && onConflict !== "replace" ? free(into, name) : name;
      into.children.set(final, file(data.length, 0, data));
      changed(root, path);
    },
  };
}
