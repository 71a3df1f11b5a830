/**
 * Keeps the pages on the device, so that they open at once and without a network.
 *
 * The console writes above this what there is to keep: `FILES`, and their `EDITION`, which changes
 * with any of them. Only what is ours and never changes within an edition is kept: never an answer
 * of the REST interface, never a picture.
 */

const SHELF = `cuadrante-${EDITION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder());
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method === "GET" && origin === location.origin && FILES.includes(pathname)) {
    event.respondWith(fromShelf(pathname, event.request));
  }
});

async function keepAll() {
  const shelf = await caches.open(SHELF);
  await shelf.addAll(FILES.map((path) => new Request(path, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function forgetOlder() {
  for (const name of await caches.keys()) {
    if (name.startsWith("cuadrante-") && name !== SHELF) await caches.delete(name);
  }
  await self.clients.claim();
}

async function fromShelf(path, request) {
  const shelf = await caches.open(SHELF);
  return (await shelf.match(path)) ?? fetch(request);
}
