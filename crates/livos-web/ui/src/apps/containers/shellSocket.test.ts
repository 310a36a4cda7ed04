import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { harmless, linesIn, openShell, shellAddress } from "./shellSocket";

class FakeSocket {
  static OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = 1;
  sent: (string | Uint8Array)[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() {
    FakeSocket.made.push(this);
  }
  send(data: string | Uint8Array) {
    this.sent.push(data);
  }
  close() {
    this.onclose?.();
  }
}

const open = () => {
  const hears = { bytes: vi.fn(), news: vi.fn(), gone: vi.fn() };
  const shell = openShell("0a", 80, 24, hears);
  return { shell, hears, socket: FakeSocket.made.at(-1) as FakeSocket };
};

describe("a shell's WebSocket", () => {
  beforeEach(() => vi.stubGlobal("WebSocket", FakeSocket));
  afterEach(() => vi.unstubAllGlobals());

  it("goes to this server, as large as the screen", () => {
    const address = shellAddress("0a", 90, 30);
    expect(address.host).toBe(location.host);
    expect(address.protocol).toBe("ws:");
    expect(address.pathname + address.search).toBe("/api/v1/docker/containers/0a/shell?columns=90&rows=30");
  });

  it("sends much in pieces that the server takes, and nothing once it is closed", () => {
    const { shell, socket } = open();
    shell.type(new Uint8Array(70_000));
    expect(socket.sent.map((piece) => piece.length)).toEqual([32_768, 32_768, 4_464]);
    socket.readyState = 3;
    shell.type(new Uint8Array(1));
    expect(socket.sent).toHaveLength(3);
  });

  it("says what is shown now and then, and all of it", () => {
    const { shell, socket } = open();
    for (let n = 0; n < 10; n++) shell.shown(10_000);
    const said = socket.sent.map((text) => JSON.parse(text as string) as { bytes: number });
    expect(said).toEqual([
      { type: "shown", bytes: 40_000 },
      { type: "shown", bytes: 40_000 },
    ]);
  });

  it("tells bytes from news, and hears nothing after it was closed here", () => {
    const { shell, socket, hears } = open();
    socket.onmessage?.({ data: new Uint8Array([104]).buffer });
    socket.onmessage?.({ data: '{"type":"ended","code":7}' });
    expect(hears.bytes).toHaveBeenCalledWith(new Uint8Array([104]));
    expect(hears.news).toHaveBeenCalledWith({ type: "ended", code: 7 });
    shell.close();
    expect(hears.gone).not.toHaveBeenCalled();
  });

  it("pastes text and no keys", () => {
    expect(harmless("a\tb\r\nc")).toBe("a\tb\r\nc");
    expect(harmless("ls\x1b[201~\ncurl\x0f\x03\x9b1m\x7f")).toBe("ls[201~\ncurl1m");
  });

  it("counts the lines that would be run", () => {
    const check = (text: string, count: number) => expect(linesIn(text)).toBe(count);
    check("ls", 1);
    check("ls\n", 1);
    check("cd /\nls", 2);
    check("cd /\r\n\r\nls\r", 2);
    check("\n\n", 0);
  });
});
