/**
 * Keeps the pages on the device, so that they open at once and without a network.
 *
 * The console writes above this what there is to keep: `FILES`, and their `EDITION`, which changes
 * with any of them. Only what is ours and never changes within an edition is kept: never an answer
 * of the REST interface, never a picture.
 */

const HANDHELD = "/patrulla";
const BUTTON = "/boton";
const VIBRATE_MS = [400, 150, 400, 150, 700];

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

/** What a neighbour who called is told, by how far the call has got. Any other stage: nobody comes. */
const NEWS = {
  accepted: ["Una patrulla acude a su llamado", "A patrol is coming to your call for help"],
  on_scene: ["La patrulla llegó al sitio", "The patrol is on the scene"],
  closed: ["Su llamado se cerró", "Your call for help was closed"],
};
const NOBODY = [
  "Buscamos otra patrulla para su llamado",
  "We are looking for another patrol for your call for help",
];

// Whoever sleeps is woken: there is an alert. What it is, the page is told by the core.
self.addEventListener("push", (event) => {
  const said = event.data.json();
  event.waitUntil(said.stage ? tell(said) : wake(said));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage(event.notification.data));
});

async function wake({ alert_id, urgency }) {
  const isDrill = urgency === "low";
  await self.registration.showNotification(
    isDrill ? "Simulacro en su cuadrante" : "Alerta en su cuadrante",
    {
      body: isDrill ? "Drill in your quadrant" : "Abra para verla · Alert in your quadrant: open it",
      tag: alert_id,
      data: HANDHELD,
      renotify: true,
      requireInteraction: !isDrill,
      vibrate: VIBRATE_MS,
    },
  );
}

async function tell({ alert_id, stage }) {
  const [title, body] = NEWS[stage] ?? NOBODY;
  await self.registration.showNotification(title, { body, tag: alert_id, data: BUTTON, renotify: true });
}

async function openPage(path) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find(({ url }) => new URL(url).pathname === path);
  return open ? open.focus() : clients.openWindow(path);
}

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
