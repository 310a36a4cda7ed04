import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connection } from "@/lib/connection";
import type { LogEvent } from "./core/view";
import { batched, follow } from "./follow";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A server whose streams stay open until they are ended. */
function server(answers: (string | number)[]) {
  const asked: string[] = [];
  const open: ReadableStreamDefaultController<Uint8Array>[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(new URL(request.url).search);
    const answer = answers.shift() ?? "";
    if (typeof answer === "number") return new Response("{}", { status: answer });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        open.push(controller);
        if (answer) controller.enqueue(new TextEncoder().encode(answer));
        request.signal.addEventListener("abort", () => controller.error(new DOMException("", "AbortError")));
      },
    });
    return new Response(body, { status: 200 });
  });
  return { asked, open };
}

function listen() {
  const got: LogEvent[] = [];
  const gone = vi.fn();
  const stream = follow("c 1", {
    after: () => Math.max(3, ...got.map(({ seq }) => seq ?? 0)),
    take: (events) => got.push(...events),
    gone,
  });
  return { got, gone, stream };
}

const settle = (time = 200) => vi.advanceTimersByTimeAsync(time);

it("begins where the conversation ends, and goes on from there after a break", async () => {
  const { asked, open } = server(['id: 4\nevent: title\ndata: {"title":"a"}\n\n']);
  const { got, stream } = listen();
  await settle();
  expect(got).toEqual([{ seq: 4, name: "title", data: { title: "a" } }]);
  open[0]?.close();
  await settle(2_000);
  expect(asked).toEqual(["?after=3", "?after=4"]);
  stream.stop();
});

it("asks again while there is no server, less and less often, and at once when the desktop is back", async () => {
  connection.set((now) => ({ ...now, phase: "offline" }));
  const { asked } = server([502, 502, 502, 502, ""]);
  const { stream } = listen();
  await settle(600);
  expect(asked).toHaveLength(2);
  await settle(1_100);
  expect(asked).toHaveLength(3);
  await settle(1_000);
  expect(asked).toHaveLength(3);
  connection.set((now) => ({ ...now, phase: "online" }));
  await settle(10);
  expect(asked).toHaveLength(4);
  stream.stop();
});

it("ends when the conversation is gone, and when it is told to", async () => {
  const first = server([404]);
  const { gone } = listen();
  await settle(20_000);
  expect(gone).toHaveBeenCalledOnce();
  expect(first.asked).toHaveLength(1);
  const second = server([""]);
  const { stream } = listen();
  await settle();
  stream.stop();
  await settle(20_000);
  expect(second.asked).toHaveLength(1);
});

it("asks for everything when half an event comes", async () => {
  server(['event: item\ndata: {"kind":\n\n']);
  const { got, stream } = listen();
  await settle();
  expect(got).toEqual([{ seq: undefined, name: "reset", data: {} }]);
  stream.stop();
});

it("paints at most every 50 ms, in order, and loses nothing", async () => {
  const painted: number[][] = [];
  const batch = batched((events) => painted.push(events.map(({ seq }) => seq ?? 0)));
  for (let seq = 1; seq <= 100; seq += 1) {
    batch.push({ seq, name: "delta", data: {} });
    await vi.advanceTimersByTimeAsync(5);
  }
  await vi.advanceTimersByTimeAsync(50);
  expect(painted.flat()).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  expect(painted.length).toBeLessThanOrEqual(12);
  expect(painted.length).toBeGreaterThan(5);
});
