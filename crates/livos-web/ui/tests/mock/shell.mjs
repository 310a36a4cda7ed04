// A shell in a container that is none: it says what it hears, and knows a few words.
import { createHash } from "node:crypto";

const BEHIND_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const PATH = /^\/api\/v1\/docker\/containers\/([0-9a-f]{64})\/shell$/;
const PROMPT = "\x1b[1;32mroot@blog\x1b[0m:\x1b[1;34m/srv\x1b[0m# ";

/** One message of the server, which is neither masked nor in pieces. */
function frame(opcode, payload) {
  const head = [0x80 | opcode];
  if (payload.length < 126) head.push(payload.length);
  else head.push(126, payload.length >> 8, payload.length & 0xff);
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The first whole message in what has arrived, and what comes after it. */
function message(bytes) {
  if (bytes.length < 2) return undefined;
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return undefined;
    length = bytes.readUInt16BE(2);
    at = 4;
  }
  if (bytes.length < at + 4 + length) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length)).map((byte, n) => byte ^ mask[n % 4]);
  return { opcode: bytes[0] & 0x0f, payload, rest: bytes.subarray(at + 4 + length) };
}

const colours = () => {
  const sixteen = Array.from({ length: 16 }, (_, n) => `\x1b[38;5;${n}mcolour ${n}\x1b[0m `).join("");
  return `${sixteen}\r\n\x1b[38;2;250;100;0mmixed\x1b[0m \x1b[7mreversed\x1b[0m \x1b[4mline\x1b[0m`;
};

/** Answers requests for a shell. What is typed and how large it is lies in `state.shells`, the newest last. */
export function shells(server, { state, accounts, docker }) {
  state.shells = [];
  server.on("upgrade", (request, socket) => {
    const url = new URL(request.url, "http://mock");
    state.requests.push(`${request.method} ${url.pathname}${url.search}`);
    const refuse = (status) => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const id = PATH.exec(url.pathname)?.[1];
    if (state.down || !id) return refuse(404);
    if (request.headers.origin !== `http://${request.headers.host}`) return refuse(403);
    try {
      accounts.require(request);
    } catch {
      return refuse(401);
    }
    const accept = createHash("sha1")
      .update(request.headers["sec-websocket-key"] + BEHIND_KEY)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    const tell = (news) => socket.write(frame(1, Buffer.from(JSON.stringify(news))));
    const say = (text) => socket.write(frame(2, Buffer.from(text)));
    const end = (news) => {
      tell(news);
      socket.end(frame(8, Buffer.alloc(0)));
    };
    const size = {
      columns: Number(url.searchParams.get("columns")),
      rows: Number(url.searchParams.get("rows")),
    };
    const shell = { id, typed: "", size, say, end, break: () => socket.destroy(), closed: false };
    state.shells.push(shell);
    socket.on("close", () => {
      shell.closed = true;
    });
    socket.on("error", () => {});
    const one = docker.containers.find((container) => container.id === id);
    if (one?.service === "db")
      return end({
        type: "refused",
        code: "unsupported",
        message:
          "there is no shell in this container: its image has no /bin/sh. Its log and its files can be looked at instead",
      });
    tell({ type: "open" });
    say(PROMPT);

    let line = "";
    const run = () => {
      const [word, rest] = line.split(" ");
      line = "";
      if (word === "exit") {
        say("\r\nexit\r\n");
        return end({ type: "ended", code: Number(rest ?? 0) });
      }
      const words = { size: `${shell.size.columns} by ${shell.size.rows}`, colours: colours(), "": "" };
      const many =
        word === "many" ? Array.from({ length: 300 }, (_, n) => `line ${n + 1}`).join("\r\n") : undefined;
      say(`\r\n${many ?? words[word] ?? `${word}: not found`}${word ? "\r\n" : ""}${PROMPT}`);
    };
    let bytes = Buffer.alloc(0);
    socket.on("data", (more) => {
      bytes = Buffer.concat([bytes, more]);
      for (let next = message(bytes); next; next = message(bytes)) {
        bytes = next.rest;
        if (next.opcode === 8) return socket.end(frame(8, Buffer.alloc(0)));
        const text = next.payload.toString();
        if (next.opcode === 1) {
          const { type, ...more } = JSON.parse(text);
          if (type === "size") Object.assign(shell.size, more);
          continue;
        }
        shell.typed += text;
        for (const letter of text) {
          if (letter === "\r") run();
          else {
            line += letter;
            say(letter);
          }
        }
      }
    });
  });
  return () => {
    for (const shell of state.shells) shell.break();
  };
}
