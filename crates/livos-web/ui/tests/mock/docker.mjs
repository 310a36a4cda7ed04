import { dockerWork } from "./docker-work.mjs";
import { nowSeconds, Problem } from "./server.mjs";

const id = (letter) => letter.repeat(64);
const owner = (kind, name = "") => ({ kind, id: name.toLowerCase(), name });

/** What is in Docker: an app, somebody else's project, a lonely container, and things that nothing uses. */
export function docker({ bus, state, ...context }) {
  const container = (letter, name, of, more = {}) => ({
    id: id(letter),
    name,
    owner: of,
    service: "",
    image: "nginx:1",
    state: "running",
    health: "",
    created_at: nowSeconds() - 90_000,
    started_at: nowSeconds() - 7_200,
    ports: [],
    ...more,
  });
  const port = (outside, inside) => ({ address: "", port: outside, inside, protocol: "tcp" });
  const containers = [
    container("a", "immich-web-1", owner("app", "Immich"), {
      service: "web",
      health: "healthy",
      image: "ghcr.io/immich/server:1",
      ports: [port(2283, 80)],
    }),
    container("b", "immich-db-1", owner("app", "Immich"), {
      service: "db",
      health: "unhealthy",
      image: "postgres:16",
    }),
    container("c", "blog-web-1", owner("stack", "blog"), {
      service: "web",
      ports: [port(8080, 80), port(8443, 443)],
    }),
    container("d", "quirky_turing", owner("nobody"), { state: "exited", started_at: 0 }),
  ];
  const image = (letter, tags, used_by, kept_for = []) => ({
    id: `sha256:${id(letter)}`,
    tags,
    size: 187_000_000,
    created_at: nowSeconds() - 900_000,
    used_by,
    kept_for,
  });
  const overview = {
    containers,
    images: [
      image("1", ["ghcr.io/immich/server:1"], ["immich-web-1"], ["Immich"]),
      image("2", ["ghcr.io/immich/server:0"], [], ["Immich"]),
      image("3", ["nginx:1"], ["blog-web-1", "quirky_turing"]),
      image("4", [], []),
    ],
    volumes: [
      {
        name: "immich_rows",
        owner: owner("app", "Immich"),
        driver: "local",
        path: "/var/lib/docker/volumes/immich_rows/_data",
        anonymous: false,
        used_by: ["immich-db-1"],
      },
      {
        name: id("e"),
        owner: owner("nobody"),
        driver: "local",
        path: `/var/lib/docker/volumes/${id("e")}/_data`,
        anonymous: true,
        used_by: [],
      },
    ],
    networks: [
      {
        id: id("7"),
        name: "bridge",
        owner: owner("docker", "Docker"),
        driver: "bridge",
        internal: false,
        subnets: ["172.17.0.0/16"],
        used_by: ["quirky_turing"],
      },
      {
        id: id("8"),
        name: "immich_default",
        owner: owner("app", "Immich"),
        driver: "bridge",
        internal: true,
        subnets: ["172.18.0.0/16"],
        used_by: ["immich-db-1", "immich-web-1"],
      },
    ],
  };
  const unused = [
    {
      code: "image-1",
      kind: "image",
      name: "4444444444444",
      size: 187_000_000,
      safe: true,
      detail: "an image",
    },
    {
      code: "container-1",
      kind: "container",
      name: "quirky_turing",
      size: 12_000,
      safe: false,
      detail: "stopped",
    },
    { code: "volume-1", kind: "volume", name: "eeeeeeeeeeee", size: 0, safe: false, detail: "data" },
  ];
  const variables = (full) => [
    { name: "PATH", value: "/usr/local/bin:/usr/bin", hidden: false },
    { name: "DB_PASSWORD", value: full ? "correct horse" : "", hidden: !full },
  ];
  const get = (wanted) => {
    const found = containers.find((one) => one.id === wanted);
    if (!found) throw new Problem(404, "not_found", "there is no such container any more");
    return found;
  };
  const verb = (word, done) => [
    "POST",
    `/docker/containers/{id}/${word}`,
    ({ params, json, session }) => {
      const one = get(params.id);
      if (one.owner.kind === "app")
        throw new Problem(409, "conflict", `${one.name} belongs to the app ${one.owner.name}`);
      if (!json().sure) throw new Problem(400, "consent_needed", "confirm to go on");
      const job_id = context.jobs.start({
        family: "apps",
        kind: `docker.${word}`,
        subject: `container:${one.id}`,
        title: `${word} the container ${one.name}`,
        user: session.user.id,
        ticks: 2,
        done: () => {
          Object.assign(one, done);
          bus.emit("docker");
        },
      });
      return { status: 202, body: { job_id } };
    },
  ];
  const routes = [
    [
      "GET",
      "/docker",
      () => {
        if (state.engine?.usable === false) throw new Problem(503, "engine_unavailable", state.engine.reason);
        return { body: overview };
      },
    ],
    ["GET", "/docker/reclaim", () => ({ body: { items: unused } })],
    [
      "POST",
      "/docker/reclaim",
      ({ json, session }) => {
        const { codes } = json();
        state.reclaimed = codes;
        const job_id = context.jobs.start({
          family: "apps",
          kind: "docker.reclaim",
          subject: "docker",
          title: "Clean up Docker",
          user: session.user.id,
          ticks: 3,
          done: () => {
            for (const code of codes)
              unused.splice(
                unused.findIndex((one) => one.code === code),
                1,
              );
            bus.emit("docker");
          },
        });
        return { status: 202, body: { job_id } };
      },
    ],
    [
      "GET",
      "/docker/containers/{id}",
      ({ params }) => ({
        body: {
          container: get(params.id),
          exit_code: get(params.id).state === "exited" ? 137 : -1,
          out_of_memory: get(params.id).state === "exited",
          restarts: 0,
          error: "",
          mounts: [{ kind: "bind", source: "/srv/blog", target: "/usr/share/nginx/html", writable: false }],
          networks: [{ name: "blog_default", address: "172.19.0.2" }],
          environment: variables(false),
          compose_file: get(params.id).owner.kind === "stack" ? "/srv/blog/compose.yaml" : "",
        },
      }),
    ],
    [
      "GET",
      "/docker/containers/{id}/files",
      ({ params, url }) => {
        get(params.id);
        const path = url.searchParams.get("path") ?? "/";
        const entry = (name, kind, size = 0) => ({
          name,
          kind,
          size,
          modified_at: nowSeconds() - 3600,
          mode: kind === "folder" ? "drwxr-xr-x" : kind === "link" ? "lrwxrwxrwx" : "-rw-r--r--",
          owner: "0:0",
        });
        const folders = {
          "/": [
            entry("etc", "folder"),
            entry("srv", "folder"),
            entry("bin", "link"),
            entry("init", "file", 912),
          ],
          "/etc": [entry("nginx", "folder"), entry("hosts", "file", 174)],
          "/etc/nginx": [entry("nginx.conf", "file", 648), entry("control.sock", "other")],
          "/srv": [],
        };
        if (!folders[path])
          throw new Problem(
            404,
            "not_found",
            `There is no ${path} in this container, or the container is gone.`,
          );
        return { body: { path, entries: folders[path], more: state.insideMore ?? false } };
      },
    ],
    [
      "GET",
      "/docker/containers/{id}/file",
      ({ url, response }) => {
        const name = url.searchParams.get("path").split("/").at(-1);
        response.writeHead(200, {
          "content-type": "application/octet-stream",
          "content-disposition": `attachment; filename="${name}"`,
        });
        response.end(`the contents of ${name}\n`);
        return undefined;
      },
    ],
    ["GET", "/docker/containers/{id}/environment", () => ({ body: variables(true) })],
    [
      "GET",
      "/docker/containers/{id}/logs",
      ({ params, response }) => {
        response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
        response.write(`${get(params.id).name} did its work\n`);
        return undefined;
      },
    ],
    [
      "POST",
      "/docker/adopted",
      ({ json }) => {
        const { kind, subject } = json();
        if (kind === "container")
          throw new Problem(
            409,
            "unsupported",
            "quirky_turing cannot be adopted: quirky_turing was made to be removed as soon as it stops, so it could not be started again",
          );
        const theirs = containers.filter((one) => one.owner.kind === "stack" && one.owner.id === subject);
        for (const one of theirs) one.owner = owner("adopted", subject);
        context.apps.installed.set(subject, {
          ...context.apps.installed.get("immich"),
          id: subject,
          name: subject,
          store: "adopted",
          host: "",
          port: 0,
          adopted: true,
        });
        bus.emit("docker");
        bus.emit("app", { id: subject });
        return { status: 201, body: { id: subject } };
      },
    ],
    [
      "DELETE",
      "/docker/adopted/{id}",
      ({ params }) => {
        for (const one of containers.filter((one) => one.owner.kind === "adopted"))
          one.owner = owner("stack", params.id);
        context.apps.installed.delete(params.id);
        bus.emit("docker");
        return { status: 204 };
      },
    ],
    verb("start", { state: "running", started_at: nowSeconds() }),
    verb("stop", { state: "exited", started_at: 0 }),
    verb("restart", { state: "running", started_at: nowSeconds() }),
    ...dockerWork({ bus, state, ...context }, { overview, containers }),
  ];
  return { routes, containers };
}
