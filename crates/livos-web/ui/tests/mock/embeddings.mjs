import { nowSeconds, Problem } from "./server.mjs";

/** Who makes vectors of what the assistant remembers. */
export function embeddings({ admin, control }) {
  control.embeddings = undefined;
  const reply = () => {
    const able = control.providers.filter((one) => ["chat_completions", "responses"].includes(one.dialect));
    const candidates = able.map(({ id, label, base_url }) => ({ id, label, base_url }));
    if (control.thinks) candidates.unshift({ id: "this-server", label: "This server", base_url: "" });
    return { body: { ...(control.embeddings ? { embeddings: control.embeddings } : {}), candidates } };
  };
  return [
    [
      "GET",
      "/assistant/embeddings",
      ({ session }) => {
        admin(session);
        return reply();
      },
    ],
    [
      "PUT",
      "/assistant/embeddings",
      ({ session, json }) => {
        admin(session);
        const { provider, model } = json();
        if (model === "wrong")
          throw new Problem(
            400,
            "model_missing",
            `there is no model ${model}: no such model; choose another model`,
          );
        control.embeddings = {
          provider,
          model: model || "all-MiniLM-L6-v2",
          checked_at: nowSeconds(),
          entries: 120,
          embedded: 64,
          calls: 2,
          tokens: 1_800,
        };
        return reply();
      },
    ],
    [
      "DELETE",
      "/assistant/embeddings",
      ({ session }) => {
        admin(session);
        control.embeddings = undefined;
        return {};
      },
    ],
  ];
}
