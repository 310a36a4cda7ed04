// Writes src/lib/api/schema.d.ts from the server's own description of its API.
// LIVOS_OPENAPI is a URL or a file; `npm run gen` needs a running server otherwise.
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const from = process.env.LIVOS_OPENAPI ?? "http://127.0.0.1:8080/api/v1/openapi.json";
const source = /^https?:/.test(from) ? new URL(from) : pathToFileURL(from);

const ROLE = ["owner", "admin", "member"];
const DIALECT = ["anthropic", "chat_completions", "responses", "gemini"];
const ENTRY = ["file", "dir", "symlink", "other"];

// The document calls these plain strings; the server only ever writes one of a few words.
const WORDS = {
  "UserView/role": ROLE,
  "UserInfo/role": ROLE,
  "CreateUserRequest/role": ROLE,
  "UpdateUserRequest/role": ROLE,
  "JobInfo/state": ["queued", "running", "succeeded", "failed", "cancelled"],
  "InstalledApp/state": [
    "running",
    "starting",
    "stopped",
    "problem",
    "installing",
    "updating",
    "rolling_back",
    "removing",
  ],
  "RootInfo/kind": ["home", "shared", "apps", "drive", "trash"],
  "TransferRequest/on_conflict": ["keep_both", "replace", "skip"],
  "EntryInfo/kind": ENTRY,
  "TrashedItem/kind": ENTRY,
  "AssistantStatus/state": ["ready", "no_provider", "unavailable"],
  "ProviderInfo/dialect": DIALECT,
  "ProviderInfo/key": ["set", "none"],
  "ProviderPreset/dialect": DIALECT,
  "ProviderBody/dialect": DIALECT,
};

const ast = await openapiTS(source, {
  transform(_schema, { path = "" }) {
    const words = WORDS[path.replace(/^#\/components\/schemas\//, "").replace("/properties/", "/")];
    if (!words) return undefined;
    return ts.factory.createUnionTypeNode(
      words.map((word) => ts.factory.createLiteralTypeNode(ts.factory.createStringLiteral(word))),
    );
  },
});
await writeFile(new URL("../src/lib/api/schema.d.ts", import.meta.url), astToString(ast));
