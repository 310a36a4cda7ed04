/** The store's list in memory: categories with one spelling, search that answers while typing, sections. */

export type CatalogEntry = {
  store: string;
  id: string;
  name: string;
  tagline: string;
  category: string;
  version: string;
  developer: string;
  icon: string;
  source_label: string;
  format: string;
  /** Since when its source offers it, in seconds; 0 or nothing if since that was first read. */
  added_at?: number;
  installable: boolean;
  installed: boolean;
};

export type Category =
  | "ai"
  | "automation"
  | "bitcoin"
  | "books"
  | "developer"
  | "files"
  | "finance"
  | "games"
  | "home"
  | "media"
  | "monitoring"
  | "networking"
  | "photos"
  | "productivity"
  | "security"
  | "social"
  | "utilities"
  | "other";

/** The order of the chips and of the lists on the home page. */
export const categories: readonly Category[] = [
  "media",
  "photos",
  "files",
  "productivity",
  "home",
  "automation",
  "ai",
  "books",
  "games",
  "social",
  "networking",
  "security",
  "monitoring",
  "developer",
  "finance",
  "bitcoin",
  "utilities",
  "other",
];

/** Every catalogue spells its categories in its own way. */
const spellings: Record<string, Category> = {
  music: "media",
  video: "media",
  tv: "media",
  "media & entertainment": "media",
  entertainment: "media",
  photography: "photos",
  photo: "photos",
  gallery: "photos",
  "cloud-storage": "files",
  cloud: "files",
  storage: "files",
  backup: "files",
  "files & productivity": "files",
  data: "utilities",
  database: "developer",
  development: "developer",
  "developer-tools": "developer",
  "developer tools": "developer",
  devtools: "developer",
  crypto: "bitcoin",
  gaming: "games",
  game: "games",
  network: "networking",
  privacy: "security",
  "home automation": "home",
  "home & automation": "home",
  "smart home": "home",
  reading: "books",
  communication: "social",
  chat: "social",
  utility: "utilities",
  tools: "utilities",
  featured: "other",
};

export function categoryOf(raw: string): Category {
  const key = raw.trim().toLowerCase();
  const known = categories.find((category) => category === key);
  return known ?? spellings[key] ?? "other";
}

const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export type Indexed = {
  app: CatalogEntry;
  category: Category;
  key: string;
  name: string;
  rest: string;
};

/** Built once per catalogue; 383 apps take a millisecond, a search over them less. */
export function indexCatalog(apps: CatalogEntry[], language: string): Indexed[] {
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  return apps
    .map((app) => ({
      app,
      category: categoryOf(app.category),
      key: `${app.store}/${app.id}`,
      name: fold(app.name),
      rest: fold(`${app.tagline} ${app.developer} ${app.id} ${app.category}`),
    }))
    .sort((a, b) => collator.compare(a.app.name, b.app.name) || (a.key < b.key ? -1 : 1));
}

/** All words must occur. Better matches first: the name itself, its start, a word's start, inside, elsewhere. */
export function searchCatalog(index: Indexed[], query: string, category: Category | undefined): Indexed[] {
  const pool = category ? index.filter((item) => item.category === category) : index;
  const wanted = fold(query).trim();
  if (wanted === "") return pool;
  const words = wanted.split(/\s+/);
  const hits: { item: Indexed; rank: number }[] = [];
  for (const item of pool) {
    if (!words.every((word) => item.name.includes(word) || item.rest.includes(word))) continue;
    let rank = 4;
    if (item.name === wanted) rank = 0;
    else if (item.name.startsWith(wanted)) rank = 1;
    else if (item.name.split(/[\s\-_.]+/).some((part) => part.startsWith(words[0] ?? ""))) rank = 2;
    else if (item.name.includes(wanted)) rank = 3;
    hits.push({ item, rank });
  }
  // Array sort is stable, so equal ranks stay in name order.
  return hits.sort((a, b) => a.rank - b.rank).map((hit) => hit.item);
}

/** Apps that most home servers run; no catalogue says how often it is installed. */
const wellKnown = [
  "immich",
  "jellyfin",
  "nextcloud",
  "vaultwarden",
  "home-assistant",
  "homeassistant",
  "pi-hole",
  "pihole",
  "adguard-home",
  "adguard",
  "plex",
  "paperless",
  "paperless-ngx",
  "photoprism",
  "navidrome",
  "audiobookshelf",
  "mealie",
  "gitea",
  "n8n",
  "open-webui",
  "syncthing",
  "transmission",
  "uptime-kuma",
];

export function popular(index: Indexed[], limit: number): Indexed[] {
  const seen = new Set<string>();
  const out: Indexed[] = [];
  for (const id of wellKnown) {
    const hit = index.find((item) => item.app.id === id && item.app.installable && !seen.has(item.name));
    if (hit) {
      seen.add(hit.name);
      out.push(hit);
    }
    if (out.length === limit) break;
  }
  return out;
}

/** So long an app is new in its source. */
const newFor = 30 * 86_400;

/** What came to a source lately, the latest first. */
export function newcomers(index: Indexed[], now: number, limit: number): Indexed[] {
  const at = (item: Indexed) => item.app.added_at ?? 0;
  return index
    .filter((item) => at(item) > Math.max(0, now - newFor) && item.app.installable && !item.app.installed)
    .sort((a, b) => at(b) - at(a))
    .slice(0, limit);
}

export type Section = { id: "installed" | "popular" | "new" | Category; items: Indexed[]; total: number };

/** The home page: what is installed, well-known apps, what is new, then every category with its first few. */
export function sections(index: Indexed[], perCategory: number, now = 0): Section[] {
  const out: Section[] = [];
  const installed = index.filter((item) => item.app.installed);
  if (installed.length > 0) out.push({ id: "installed", items: installed, total: installed.length });
  const known = popular(index, perCategory);
  if (known.length >= 3) out.push({ id: "popular", items: known, total: known.length });
  const fresh = newcomers(index, now, perCategory);
  if (fresh.length > 0) out.push({ id: "new", items: fresh, total: fresh.length });
  for (const category of categories) {
    const items = index.filter((item) => item.category === category);
    if (items.length > 0) out.push({ id: category, items: items.slice(0, perCategory), total: items.length });
  }
  return out;
}

/** The chips: only categories that have apps. */
export function usedCategories(index: Indexed[]): Category[] {
  const used = new Set(index.map((item) => item.category));
  return categories.filter((category) => used.has(category));
}
