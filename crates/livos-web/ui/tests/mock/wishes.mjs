import { nowSeconds, Problem } from "./server.mjs";

/** What members ask the admins for. */
export function wishes({ find, bus }) {
  const wished = [];
  let lastWish = 0;
  return [
    [
      "GET",
      "/store/wishes",
      ({ session: { user } }) => ({
        body: wished.filter((wish) =>
          user.role === "member" ? wish.user === user.id : wish.state === "open",
        ),
      }),
    ],
    [
      "POST",
      "/store/wishes",
      ({ json, session: { user } }) => {
        const { store, app } = json();
        const { name } = find(store, app);
        const before = wished.findIndex((wish) => wish.user === user.id && wish.app === app);
        if (before >= 0) wished.splice(before, 1);
        lastWish += 1;
        const times = { asked_at: nowSeconds(), settled_at: 0 };
        wished.push({
          id: lastWish,
          user: user.id,
          by: user.name,
          store,
          app,
          name,
          state: "open",
          ...times,
        });
        bus.emit("wishes");
        return { status: 204 };
      },
    ],
    [
      "DELETE",
      "/store/wishes/{id}",
      ({ params, session: { user } }) => {
        const wish = wished.find(({ id }) => id === Number(params.id));
        if (!wish) throw new Problem(404, "not_found", "there is no such wish");
        if (wish.user === user.id) wished.splice(wished.indexOf(wish), 1);
        else Object.assign(wish, { state: "declined", settled_at: nowSeconds() });
        bus.emit("wishes");
        return { status: 204 };
      },
    ],
  ];
}
