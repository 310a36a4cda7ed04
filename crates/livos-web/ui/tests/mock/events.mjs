import { nowSeconds } from "./server.mjs";

/** The event stream, with ids, replay and a heartbeat. */
export function events(state) {
  const epoch = `m${nowSeconds()}`;
  const clients = new Set();
  const kept = [];
  let seq = 0;
  const write = (response, { id, name, data }) =>
    response.write(`${id ? `id: ${id}\n` : ""}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  const beat = setInterval(() => {
    for (const response of clients) response.write("event: ping\ndata: {}\n\n");
  }, 15_000);
  beat.unref();
  return {
    connect(request, response) {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      write(response, { name: "hello", data: { version: state.version, epoch } });
      const last = String(request.headers["last-event-id"] ?? "");
      if (last) {
        const [from, after] = last.split("-");
        if (from !== epoch) write(response, { id: `${epoch}-${seq}`, name: "reset", data: {} });
        else for (const event of kept) if (event.seq > Number(after)) write(response, event);
      }
      clients.add(response);
      response.on("close", () => clients.delete(response));
    },
    emit(name, data = {}) {
      seq += 1;
      const event = { seq, id: `${epoch}-${seq}`, name, data };
      kept.push(event);
      if (kept.length > 1_000) kept.shift();
      for (const response of clients) write(response, event);
    },
    drop() {
      for (const response of clients) response.destroy();
      clients.clear();
    },
    get count() {
      return clients.size;
    },
  };
}
