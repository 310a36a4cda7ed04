import { nowSeconds, Problem } from "./server.mjs";

const LABELS = { searxng: "SearXNG", brave: "Brave Search", tavily: "Tavily" };
const PLACES = { brave: "https://api.search.brave.com", tavily: "https://api.tavily.com" };

/** Whether the assistant reads the web, and who searches it. */
export function web({ admin, control }) {
  control.web = { machine: true, house: true, off: new Set(), search: undefined };
  return [
    [
      "GET",
      "/assistant/web",
      ({ session }) => {
        const { machine, house, off, search } = control.web;
        const runs = session.user.role !== "member";
        const own = !off.has(session.user.id);
        return { body: { machine, house, own, searches: !!search, ...(runs && search ? { search } : {}) } };
      },
    ],
    [
      "PUT",
      "/assistant/web",
      ({ session, json }) => {
        admin(session);
        control.web.house = json().on;
        return {};
      },
    ],
    [
      "PUT",
      "/assistant/web/own",
      ({ session, json }) => {
        if (json().on) control.web.off.delete(session.user.id);
        else control.web.off.add(session.user.id);
        return {};
      },
    ],
    [
      "PUT",
      "/assistant/web/search",
      ({ session, json }) => {
        admin(session);
        const { provider, base_url, key } = json();
        const kept = control.web.search?.provider === provider && control.web.search.key === "set";
        if (provider !== "searxng" && key !== "right" && !(kept && key === undefined))
          throw new Problem(400, "key_refused", `${LABELS[provider]} refuses the key; enter a valid one`);
        control.web.search = {
          provider,
          label: LABELS[provider],
          base_url: PLACES[provider] ?? base_url,
          key: provider === "searxng" ? "none" : "set",
          checked_at: nowSeconds(),
        };
        const found = ["Home server - Wikipedia", "How to begin with a home server"].map((title, index) => ({
          title,
          url: `https://example.org/${index}`,
        }));
        return { body: { search: control.web.search, query: "home server", found } };
      },
    ],
    [
      "DELETE",
      "/assistant/web/search",
      ({ session }) => {
        admin(session);
        control.web.search = undefined;
        return {};
      },
    ],
  ];
}
