import { randomBytes } from "node:crypto";
import { nowSeconds, Problem } from "./server.mjs";

const TUS = { "tus-resumable": "1.0.0" };

/** tus 1.0: creation, termination, expiration. */
export function uploads(context) {
  const open = new Map();
  const get = (id) => {
    const upload = open.get(id);
    if (!upload) throw new Problem(404, "not_found", "this upload no longer exists");
    return upload;
  };
  const routes = [
    [
      "OPTIONS",
      "/uploads",
      () => ({
        status: 204,
        headers: {
          ...TUS,
          "tus-version": "1.0.0",
          "tus-extension": "creation,termination,checksum,expiration",
        },
      }),
    ],
    [
      "GET",
      "/uploads",
      () => ({
        body: [...open.values()].map(({ data: _, ...upload }) => ({ ...upload, offset: upload.offset })),
      }),
    ],
    [
      "POST",
      "/uploads",
      ({ request }) => {
        const metadata = Object.fromEntries(
          String(request.headers["upload-metadata"] ?? "")
            .split(",")
            .filter(Boolean)
            .map((pair) => {
              const [key, value = ""] = pair.trim().split(" ");
              return [key, Buffer.from(value, "base64").toString()];
            }),
        );
        const size = Number(request.headers["upload-length"]);
        if (size > 1e12) throw new Problem(507, "no_space", "this needs more space than is free");
        const id = randomBytes(8).toString("hex");
        const folder = [metadata.path, (metadata.relative_path ?? "").split("/").slice(0, -1).join("/")]
          .filter(Boolean)
          .join("/");
        open.set(id, {
          id,
          root: metadata.root,
          path: folder,
          name: metadata.filename,
          size,
          offset: 0,
          expires_at: nowSeconds() + 86_400,
          conflict: metadata.on_conflict,
          data: [],
        });
        if (size === 0) finish(open.get(id));
        return { status: 201, headers: { ...TUS, location: `/api/v1/uploads/${id}` } };
      },
    ],
    [
      "HEAD",
      "/uploads/{id}",
      ({ params }) => {
        const upload = get(params.id);
        return {
          status: 200,
          headers: {
            ...TUS,
            "upload-offset": String(upload.offset),
            "upload-length": String(upload.size),
            "cache-control": "no-store",
          },
        };
      },
    ],
    [
      "PATCH",
      "/uploads/{id}",
      async ({ params, request, raw }) => {
        const upload = get(params.id);
        if (Number(request.headers["upload-offset"]) !== upload.offset)
          throw new Problem(409, "conflict", "the offset does not match");
        if (context.state.uploadDelay)
          await new Promise((resolve) => setTimeout(resolve, context.state.uploadDelay));
        upload.data.push(raw);
        upload.offset += raw.length;
        if (upload.offset >= upload.size) finish(upload);
        return { status: 204, headers: { ...TUS, "upload-offset": String(upload.offset) } };
      },
    ],
    [
      "DELETE",
      "/uploads/{id}",
      ({ params }) => {
        get(params.id);
        open.delete(params.id);
        return { status: 204, headers: TUS };
      },
    ],
  ];
  const finish = (upload) => {
    open.delete(upload.id);
    context.files.store(upload.root, upload.path, upload.name, Buffer.concat(upload.data), upload.conflict);
  };
  return { routes, open };
}
