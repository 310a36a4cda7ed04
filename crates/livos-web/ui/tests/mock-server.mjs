// An in-memory server with the API of livos-web, for work on the UI alone and for its browser tests.
// `node tests/mock-server.mjs [--port 4180] [--fresh]`: --fresh starts unclaimed (claim code MOCK-CODE),
// otherwise ada / "correct horse battery" is the owner and ben / "correct horse battery" a member.
import { fileURLToPath } from "node:url";
import { startMock } from "./mock/server.mjs";

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = process.argv.indexOf("--port");
  const mock = await startMock({
    port: port > 0 ? Number(process.argv[port + 1]) : 4180,
    fresh: process.argv.includes("--fresh"),
  });
  console.log(`mock server at ${mock.url}`);
}

export { startMock };
