import { nowSeconds, Problem } from "./server.mjs";

/** Where apps come from: added, removed, read again. */
export function sourceRoutes({ sources, bus, context }) {
  return [
    ["GET", "/store/sources", () => ({ body: sources })],
    [
      "POST",
      "/store/sources",
      ({ json }) => {
        const { url } = json();
        if (!/^https?:\/\//.test(url))
          throw new Problem(400, "invalid", "this is not the address of a git repository");
        const source = {
          id: `s${sources.length}`,
          label: url,
          url,
          format: "compose",
          apps: 0,
          refreshed_at: nowSeconds(),
        };
        sources.push(source);
        bus.emit("catalog");
        return { status: 201, body: source };
      },
    ],
    [
      "DELETE",
      "/store/sources/{id}",
      ({ params }) => {
        sources.splice(
          sources.findIndex((source) => source.id === params.id),
          1,
        );
        bus.emit("catalog");
        return {};
      },
    ],
    [
      "POST",
      "/store/sources/{id}/refresh",
      ({ session, params }) => ({
        status: 202,
        body: {
          job_id: context.jobs.start({
            family: "apps",
            kind: "store.refresh",
            subject: params.id,
            title: "Refresh LivOS apps",
            user: session.user.id,
            ticks: 4,
            done: () => bus.emit("catalog"),
          }),
        },
      }),
    ],
  ];
}
