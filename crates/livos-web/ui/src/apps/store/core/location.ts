/**
 * The window's location: / with ?q= and ?category=, /app/<store>/<id>, /sources. The desktop knows installed apps
 * only by id and opens /search?q=…, /installed/<id>, /installed/<id>/logs and /installed/<id>/remove.
 */
import { type Category, categories } from "./catalog";

export type StorePage =
  | { page: "home"; query: string; category: Category | undefined }
  | { page: "app"; store: string; id: string }
  | { page: "installed"; id: string; view: "page" | "logs" | "remove" }
  | { page: "sources" };

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

export function parseStoreLocation(location: string): StorePage {
  const [path = "", query = ""] = location.split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decode);
  if (parts[0] === "app" && parts[1] && parts[2]) return { page: "app", store: parts[1], id: parts[2] };
  if (parts[0] === "installed" && parts[1]) {
    const view = parts[2] === "logs" || parts[2] === "remove" ? parts[2] : "page";
    return { page: "installed", id: parts[1], view };
  }
  if (parts[0] === "sources") return { page: "sources" };
  const params = new URLSearchParams(query);
  return {
    page: "home",
    query: params.get("q") ?? "",
    category: categories.find((category) => category === params.get("category")),
  };
}

export function formatStoreLocation(page: StorePage): string {
  if (page.page === "app") return `/app/${encodeURIComponent(page.store)}/${encodeURIComponent(page.id)}`;
  if (page.page === "installed") {
    return `/installed/${encodeURIComponent(page.id)}${page.view === "page" ? "" : `/${page.view}`}`;
  }
  if (page.page === "sources") return "/sources";
  const params = new URLSearchParams();
  if (page.query) params.set("q", page.query);
  if (page.category) params.set("category", page.category);
  const query = params.toString();
  return query ? `/?${query}` : "/";
}
