import { randomBytes } from "node:crypto";
import { nowSeconds, Problem } from "./server.mjs";

const id = () => randomBytes(8).toString("hex");
const codes = () =>
  Array.from({ length: 10 }, () => `${randomBytes(2).toString("hex")}-${randomBytes(2).toString("hex")}`);

/** How updates stand when nobody has looked. */
const UPDATES = {
  kind: "packages",
  state: "idle",
  installed: "0.1.0",
  available: "",
  notes: "",
  packages: [],
  from_file: "",
  download_bytes: 0,
  step: 0,
  steps: 5,
  percent: 0,
  detail: "",
  cancellable: false,
  checked_at: 0,
  problem: { code: "", message: "" },
  last: { result: "", from: "", to: "", reasons: [], at: 0 },
  automatic: { on: true, hour: 4 },
};

/** Setup, sessions, people and their settings. The two-factor code that is accepted is 123456. */
export function accounts({ state, bus }) {
  const users = [];
  const sessions = new Map();
  const settings = new Map();
  /** Keys for other programs, and whose they are. */
  const programs = [];
  const tries = { setup: 0, sign: 0, until: 0 };
  const add = (name, username, role, password) => {
    const user = {
      id: id(),
      name,
      username,
      role,
      password,
      totp_enabled: false,
      disabled: false,
      created_at: nowSeconds(),
      recovery: [],
    };
    // Everybody but a new person has answered the first visit's offer.
    if (!state.fresh) settings.set(user.id, { welcomed: true });
    users.push(user);
    return user;
  };
  if (!state.fresh) {
    add("Ada Lovelace", "ada", "owner", "correct horse battery");
    add("Ben Okri", "ben", "member", "correct horse battery");
    const made = { created_at: nowSeconds() - 900_000, used_at: nowSeconds() - 300 };
    for (const entry of [
      { id: id(), name: "Claude on the laptop", access: "act", expires_at: 0, ...made },
      { id: id(), name: "Cursor", access: "read", expires_at: nowSeconds() - 60, ...made },
    ])
      programs.push({ user: users[0], entry });
  }
  const cookie = (request, name) =>
    new RegExp(`(?:^|; )${name}=([^;]+)`).exec(request.headers.cookie ?? "")?.[1] ?? "";
  const find = (request) =>
    [...sessions.values()].find((session) => session.access === cookie(request, "livos_access"));
  const info = (session) => {
    const { id: userId, username, name, role, totp_enabled } = session.user;
    return {
      user: { id: userId, username, name, role, totp_enabled },
      session_id: session.id,
      csrf: session.csrf,
      access_expires_at: nowSeconds() + 600,
    };
  };
  const cookies = (session) => ({
    "set-cookie": [
      `livos_access=${session.access}; HttpOnly; SameSite=Strict; Path=/`,
      `livos_refresh=${session.refresh}; HttpOnly; SameSite=Strict; Path=/api/v1/session`,
    ],
  });
  const begin = (user, request) => {
    const session = {
      id: id(),
      user,
      csrf: id(),
      access: id(),
      refresh: id(),
      created_at: nowSeconds(),
      last_seen_at: nowSeconds(),
      agent: request.headers["user-agent"] ?? "",
      expired: false,
    };
    sessions.set(session.id, session);
    return session;
  };
  const require = (request) => {
    const session = find(request);
    if (!session) throw new Problem(401, "unauthenticated", "sign in first");
    if (session.expired) throw new Problem(401, "token_expired", "the access token has expired");
    return session;
  };
  const admin = (session) => {
    if (session.user.role === "member")
      throw new Problem(403, "denied", "only the owner and admins may do this");
  };
  const shown = ({ password: _, recovery: __, ...user }) => user;
  const limited = () => {
    const left = Math.ceil((tries.until - Date.now()) / 1000);
    if (left > 0) throw new Problem(429, "rate_limited", "too many tries", { retry_after: left });
  };
  const checkClaim = (code) => {
    limited();
    if (
      String(code)
        .toUpperCase()
        .replace(/[^A-Z0-9]/g, "") === "MOCKCODE"
    )
      return;
    tries.setup += 1;
    if (tries.setup >= 5) [tries.setup, tries.until] = [0, Date.now() + 60_000];
    throw new Problem(400, "invalid", "this is not the code of this server");
  };

  const routes = [
    [
      "GET",
      "/health",
      () => ({
        body: {
          status: "ok",
          version: state.version,
          services: { web: "ok", apps: "ok", files: "ok", host: "ok" },
        },
      }),
      true,
    ],
    ["GET", "/version", () => ({ body: { version: state.version } }), true],
    ["GET", "/setup", () => ({ body: { claimed: users.length > 0, server_name: "Home" } }), true],
    [
      "POST",
      "/setup/claim",
      ({ json }) => {
        checkClaim(json().code);
        return {};
      },
      true,
    ],
    [
      "POST",
      "/setup/account",
      ({ json, request }) => {
        const { code, name, username, password } = json();
        if (users.length > 0) throw new Problem(409, "conflict", "this server already has an owner");
        checkClaim(code);
        if (!/^[a-z][a-z0-9_-]{0,31}$/.test(username))
          throw new Problem(400, "invalid", "the user name may have lower case letters, digits, - and _");
        if (String(password).length < 10)
          throw new Problem(400, "invalid", "the password needs at least 10 characters");
        const user = add(name, username, "owner", password);
        user.recovery = codes();
        const session = begin(user, request);
        return {
          status: 201,
          headers: cookies(session),
          body: { ...info(session), recovery_codes: user.recovery },
        };
      },
      true,
    ],
    [
      "POST",
      "/session",
      ({ json, request }) => {
        limited();
        const { username, password, totp } = json();
        const user = users.find((other) => other.username === username);
        if (!user || user.password !== password || user.disabled) {
          tries.sign += 1;
          if (tries.sign >= 5) [tries.sign, tries.until] = [0, Date.now() + 30_000];
          throw new Problem(401, "bad_credentials", "user name or password is not right");
        }
        if (user.totp_enabled && !totp)
          throw new Problem(401, "totp_required", "a two-factor code is needed");
        if (user.totp_enabled && totp !== "123456" && !user.recovery.includes(totp)) {
          throw new Problem(401, "bad_credentials", "the code is not right");
        }
        tries.sign = 0;
        const session = begin(user, request);
        return { headers: cookies(session), body: info(session) };
      },
      true,
    ],
    [
      "POST",
      "/session/refresh",
      ({ request }) => {
        const session = [...sessions.values()].find(
          (other) => other.refresh === cookie(request, "livos_refresh"),
        );
        if (!session) throw new Problem(401, "unauthenticated", "sign in again");
        Object.assign(session, { access: id(), refresh: id(), expired: false });
        return { headers: cookies(session), body: info(session) };
      },
      true,
    ],
    ["GET", "/session", ({ session }) => ({ body: info(session) })],
    [
      "DELETE",
      "/session",
      ({ session }) => {
        sessions.delete(session.id);
        return {
          headers: {
            "set-cookie": [
              "livos_access=; Max-Age=0; Path=/",
              "livos_refresh=; Max-Age=0; Path=/api/v1/session",
            ],
          },
        };
      },
    ],
    [
      "GET",
      "/sessions",
      ({ session }) => ({
        body: [...sessions.values()]
          .filter((other) => other.user === session.user)
          .map((other) => ({
            id: other.id,
            current: other === session,
            created_at: other.created_at,
            last_seen_at: other.last_seen_at,
            address: "192.168.1.20",
            agent: other.agent,
          })),
      }),
    ],
    [
      "DELETE",
      "/sessions/{id}",
      ({ params }) => {
        sessions.delete(params.id);
        return {};
      },
    ],
    [
      "PATCH",
      "/me",
      ({ json, session }) => {
        const { name } = json();
        if (!name?.trim()) throw new Problem(400, "invalid", "the name is empty");
        session.user.name = name;
        bus.emit("users");
        return { body: info(session).user };
      },
    ],
    [
      "PUT",
      "/me/password",
      ({ json, session }) => {
        const change = json();
        if (change.current !== session.user.password)
          throw new Problem(400, "invalid", "the current password is not right");
        if (change.new.length < 10)
          throw new Problem(400, "invalid", "the password needs at least 10 characters");
        session.user.password = change.new;
        return {};
      },
    ],
    [
      "POST",
      "/me/totp",
      () => ({
        body: {
          secret: "JBSWY3DPEHPK3PXP",
          uri: "otpauth://totp/LivOS:ada?secret=JBSWY3DPEHPK3PXP&issuer=LivOS",
          qr_svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 29 29"><rect width="29" height="29" fill="#fff"/>${Array.from({ length: 210 }, (_, i) => `<rect x="${((i * 7) % 25) + 2}" y="${((i * 11) % 25) + 2}" width="1" height="1"/>`).join("")}</svg>`,
        },
      }),
    ],
    [
      "POST",
      "/me/totp/confirm",
      ({ json, session }) => {
        if (json().code !== "123456") throw new Problem(400, "invalid", "this code is not right");
        session.user.totp_enabled = true;
        session.user.recovery = codes();
        return { body: { recovery_codes: session.user.recovery } };
      },
    ],
    [
      "DELETE",
      "/me/totp",
      ({ json, session }) => {
        if (json().password !== session.user.password)
          throw new Problem(400, "invalid", "the password is not right");
        session.user.totp_enabled = false;
        return {};
      },
    ],
    [
      "POST",
      "/me/recovery-codes",
      ({ json, session }) => {
        if (json().password !== session.user.password)
          throw new Problem(400, "invalid", "the password is not right");
        session.user.recovery = codes();
        return { body: { recovery_codes: session.user.recovery } };
      },
    ],
    [
      "GET",
      "/me/keys",
      ({ session }) => ({
        body: programs.filter((key) => key.user === session.user).map(({ entry }) => entry),
      }),
    ],
    [
      "POST",
      "/me/keys",
      ({ json, session }) => {
        const { name, access, days = 0, password } = json();
        if (password !== session.user.password)
          throw new Problem(403, "wrong_password", "the password is wrong");
        const expires_at = days ? nowSeconds() + days * 86_400 : 0;
        const entry = { id: id(), name, access, created_at: nowSeconds(), expires_at, used_at: 0 };
        programs.unshift({ user: session.user, entry });
        return { status: 201, body: { entry, key: `livos_${"k".repeat(43)}` } };
      },
    ],
    [
      "DELETE",
      "/me/keys/{id}",
      ({ params, session }) => {
        const place = programs.findIndex(
          ({ user, entry }) => user === session.user && entry.id === params.id,
        );
        if (place < 0) throw new Problem(404, "not_found", "there is no such key");
        programs.splice(place, 1);
        return {};
      },
    ],
    ["GET", "/me/settings", ({ session }) => ({ body: settings.get(session.user.id) ?? {} })],
    [
      "PATCH",
      "/me/settings",
      ({ json, session }) => {
        const next = { ...(settings.get(session.user.id) ?? {}) };
        for (const [key, value] of Object.entries(json())) {
          if (value === null) delete next[key];
          else next[key] = value;
        }
        settings.set(session.user.id, next);
        bus.emit("settings");
        return { body: next };
      },
    ],
    [
      "GET",
      "/users",
      ({ session }) => {
        admin(session);
        return { body: users.map(shown) };
      },
    ],
    [
      "POST",
      "/users",
      ({ json, session }) => {
        admin(session);
        const { name, username, role, password } = json();
        if (users.some((user) => user.username === username))
          throw new Problem(409, "conflict", `there already is a user ${username}`);
        if (String(password).length < 10)
          throw new Problem(400, "invalid", "the password needs at least 10 characters");
        const user = add(name, username, role, password);
        bus.emit("users");
        return { status: 201, body: shown(user) };
      },
    ],
    [
      "PATCH",
      "/users/{id}",
      ({ json, params, session }) => {
        admin(session);
        const user = users.find((other) => other.id === params.id);
        if (!user) throw new Problem(404, "not_found", "there is no such user");
        Object.assign(user, json());
        bus.emit("users");
        return { body: shown(user) };
      },
    ],
    [
      "DELETE",
      "/users/{id}",
      ({ params, session }) => {
        admin(session);
        users.splice(
          users.findIndex((other) => other.id === params.id),
          1,
        );
        bus.emit("users");
        return {};
      },
    ],
    ["GET", "/audit", () => ({ body: [] })],
    [
      "GET",
      "/system/updates",
      ({ session }) => {
        admin(session);
        return { body: { ...UPDATES, ...state.update } };
      },
    ],
    [
      "PUT",
      "/system/updates/automatic",
      ({ session, json }) => {
        admin(session);
        state.update = { ...state.update, automatic: json() };
        return { status: 204 };
      },
    ],
    [
      "POST",
      "/system/updates/file",
      ({ session, json }) => {
        admin(session);
        state.upgradeFile = json();
        if (state.updateBusy) throw new Problem(409, "conflict", "An update is already going on.");
        state.update = { ...state.update, state: "receiving", percent: 30, cancellable: true };
        bus.emit("update");
        return { status: 204 };
      },
    ],
    ...["", "/check", "/cancel"].map((what) => [
      "POST",
      `/system/updates${what}`,
      ({ session }) => {
        admin(session);
        state.update = { ...state.update, state: "asked" };
        bus.emit("update");
        return { status: 204 };
      },
    ]),
    [
      "GET",
      "/system/load",
      () => ({
        body: { cpus: 4, load: state.load ?? 0.62, memory_total: 8.3e9, memory_available: 5.1e9 },
      }),
    ],
    [
      "GET",
      "/system",
      ({ session }) => ({
        body: {
          hostname: "home",
          os: "Debian GNU/Linux 12 (bookworm)",
          kernel: "6.1.0-28-amd64",
          architecture: "x86_64",
          cpus: 4,
          memory_total: 8_300_000_000,
          memory_available: 5_100_000_000,
          uptime_seconds: 93_784,
          ...(session.user.role === "member"
            ? {}
            : {
                disks: [
                  {
                    mount: "/srv/livos",
                    total: 2_000_000_000_000,
                    free: state.diskFree ?? 1_240_000_000_000,
                  },
                ],
              }),
          services: ["livos-web", "livos-apps", "livos-files", "livos-host", "livos-nexus"].map((name) => ({
            name,
            version: state.version,
            state: state.services?.[name] ?? "ok",
          })),
        },
      }),
    ],
  ];
  return {
    routes,
    require,
    users,
    /** The next request of every session finds its access token expired. */
    expire() {
      for (const session of sessions.values()) session.expired = true;
    },
    /** Every session ends, as when it is revoked elsewhere. */
    revokeAll() {
      sessions.clear();
      bus.emit("signed_out");
    },
    settings,
  };
}
