// Shows "Can't reach your server" when the server does not answer a navigation, and does nothing else. The
// desktop itself is never kept here: its files have hashed names, which the browser keeps for ever, and the
// page that names them always comes from the server, so that an old desktop never meets a newer server.
// CACHE and FILES come from the build.
const KEPT = new Set(FILES);

addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
      .then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys())
        if (name.startsWith("livos-") && name !== CACHE) await caches.delete(name);
      // The request goes out while this script starts, so that it costs no time.
      await registration.navigationPreload?.enable();
      await clients.claim();
    })(),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") event.respondWith(navigate(event));
  else if (KEPT.has(pathname)) event.respondWith(fetch(request).catch(() => kept(pathname)));
});

async function navigate(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return kept("/offline.html");
  }
}

async function kept(file) {
  const cache = await caches.open(CACHE);
  return (await cache.match(file)) ?? Response.error();
}
