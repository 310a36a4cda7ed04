/** The window's location: / · /app/<store>/<id> · /sources · /logs/<id>, with ?q= and ?category= on the home page. */
import { type Category, categories } from "./catalog";

export type StorePage =
  | { page: "home"; query: string; category: Category | undefined }
  | { page: "app"; store: string; id: string }
  | { page: "logs"; id: string }
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
  if (parts[0] === "logs" && parts[1]) return { page: "logs", id: parts[1] };
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
  if (page.page === "logs") return `/logs/${encodeURIComponent(page.id)}`;
  if (page.page === "sources") return "/sources";
  const params = new URLSearchParams();
  if (page.query) params.set("q", page.query);
  if (page.category) params.set("category", page.category);
  const query = params.toString();
  return query ? `/?${query}` : "/";
}
