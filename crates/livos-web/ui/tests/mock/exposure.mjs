import { Problem } from "./server.mjs";

const FINGERPRINT = Array.from({ length: 32 }, (_, index) =>
  ((index * 37 + 11) % 256).toString(16).toUpperCase().padStart(2, "0"),
).join(":");

/** HTTPS and a domain. What becomes of its certificates is a test's business. */
export function exposure() {
  const admin = (session) => {
    if (session.user.role === "member")
      throw new Problem(403, "denied", "only those who run this server may do that; ask the owner");
  };
  const control = {};
  control.state = {
    https: "on",
    detail: "",
    port: 443,
    http_port: 80,
    always: false,
    names: ["livos.local", "livos"],
    address: "192.168.1.5",
    authority: { name: "LivOS on LivOS", fingerprint: FINGERPRINT },
    domain: null,
  };
  const file = (kind) => ({
    headers: { "content-type": kind, "content-disposition": 'attachment; filename="livos.crt"' },
    body: "-----BEGIN CERTIFICATE-----\nTGl2T1M=\n-----END CERTIFICATE-----\n",
  });
  const routes = [
    ["GET", "/exposure", () => ({ body: control.state })],
    ["GET", "/certificate", () => file("application/x-x509-ca-cert")],
    ["GET", "/certificate/profile", () => file("application/x-apple-aspen-config")],
    [
      "PUT",
      "/exposure/https",
      ({ session, json }) => {
        admin(session);
        control.state.always = json().always;
        return {};
      },
    ],
    [
      "PUT",
      "/exposure/domain",
      ({ session, json }) => {
        admin(session);
        const { name, email } = json();
        if (name.endsWith(".local"))
          throw new Problem(
            400,
            "invalid",
            "nobody on the internet can look up a name that ends in .local; it works at home without this",
          );
        const one = (full, app) => ({ name: full, app, state: "fetching", reason: "", next: "" });
        control.state.domain = {
          name,
          email,
          names: [one(name, ""), one(`jellyfin.${name}`, "jellyfin")],
        };
        return {};
      },
    ],
    [
      "DELETE",
      "/exposure/domain",
      ({ session }) => {
        admin(session);
        control.state.domain = null;
        return {};
      },
    ],
  ];
  return Object.assign(control, { routes });
}
