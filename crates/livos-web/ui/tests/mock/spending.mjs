import { nowSeconds, Problem } from "./server.mjs";

const DAY = 86_400;

/** What the assistant used, and what it may. `spent` is the month's, by user name. */
export function spending({ state, accounts, admin, control }) {
  const sum = (calls, tokens, money, unpriced = 0) => ({ calls, tokens, money, unpriced });
  control.budgets = state.fresh
    ? []
    : [
        { person: "", cause: "", tokens: 400_000, money: 500_000 },
        { person: "", cause: "schedule", tokens: 50_000 },
      ];
  control.spent = state.fresh
    ? {}
    : {
        ada: [
          { cause: "chat", model: "Anthropic: claude-sonnet-4-5", ...sum(31, 412_873, 1_734_250) },
          { cause: "schedule", model: "Ollama: qwen3:8b", ...sum(4, 9_000, 0, 4) },
        ],
        ben: [{ cause: "chat", model: "Anthropic: claude-sonnet-4-5", ...sum(1, 1_514, 8_262) }],
      };

  const add = (all, key) => all.reduce((total, one) => total + one[key], 0);
  const person = ({ id, username }) => {
    const parts = control.spent[username] ?? [];
    const limits = ["", "chat", "schedule"].flatMap((cause) => {
      const bound = control.budgets.filter((one) => one.cause === cause);
      const one = bound.find((own) => own.person === id) ?? bound.find((own) => own.person === "");
      if (!one || (one.tokens === undefined && one.money === undefined)) return [];
      return [{ ...one, used_tokens: parts.length * 60_000, used_money: parts.length * 43_210 }];
    });
    const totals = ["calls", "tokens", "money", "unpriced"].map((key) => [key, add(parts, key)]);
    return { person: id, username, ...Object.fromEntries(totals), parts, limits };
  };
  const named = ({ who, cause }) => ({
    person: who === "everyone" ? "" : who,
    cause: cause === "all" ? "" : cause,
  });
  const same = (a) => (b) => a.person === b.person && a.cause === b.cause;
  const provider = (id) => {
    const found = control.providers.find((one) => one.id === id);
    if (!found) throw new Problem(404, "not_found", "there is no such provider");
    return found;
  };

  return [
    [
      "GET",
      "/assistant/spending",
      ({ session }) => {
        const all = session.user.role !== "member";
        const people = accounts.users.filter(
          (user) => user.id === session.user.id || (all && control.spent[user.username]),
        );
        return {
          body: {
            month: "2026-11",
            renews_at: (Math.floor(nowSeconds() / DAY) + 1) * DAY,
            people: people.map(person),
            budgets: all ? control.budgets : [],
          },
        };
      },
    ],
    [
      "PUT",
      "/assistant/budgets/{who}/{cause}",
      ({ session, params, json }) => {
        admin(session);
        const { tokens, money } = json();
        const set = {
          ...named(params),
          ...(tokens == null ? {} : { tokens }),
          ...(money == null ? {} : { money }),
        };
        control.budgets = [...control.budgets.filter((one) => !same(set)(one)), set];
        return {};
      },
    ],
    [
      "DELETE",
      "/assistant/budgets/{who}/{cause}",
      ({ session, params }) => {
        admin(session);
        control.budgets = control.budgets.filter((one) => !same(named(params))(one));
        return {};
      },
    ],
    [
      "PUT",
      "/assistant/providers/{id}/price",
      ({ session, params, json }) => {
        admin(session);
        provider(params.id).price = json();
        return {};
      },
    ],
    [
      "DELETE",
      "/assistant/providers/{id}/price",
      ({ session, params }) => {
        admin(session);
        delete provider(params.id).price;
        return {};
      },
    ],
  ];
}
