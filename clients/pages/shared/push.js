/**
 * Being woken while asleep: the browser's own push subscription, told to the core.
 *
 * A push says only that there is an alert, or how far a call for help has got;
 * `service_worker.js` shows it. It is no reason to trust in
 * being reached: where anything here fails, the page works as it does without.
 */

/** Whether the person has yet to be asked, and it would serve. */
export function mayAskToBeWoken(config) {
  return Boolean(config.push_key) && window.Notification?.permission === "default";
}

/** Ask the person, in answer to a touch: browsers let nobody ask otherwise. */
export async function askToBeWoken() {
  if (window.Notification?.permission === "default") await Notification.requestPermission();
}

/** Tell the core how to wake this browser. Call it after each `synced`: it costs nothing. */
export async function beWoken(config, link) {
  if (!config.push_key || window.Notification?.permission !== "granted") return;
  try {
    const { endpoint, keys } = (await subscription(fromBase64Url(config.push_key))).toJSON();
    const { p256dh, auth } = keys;
    link.send({ type: "push_address", kind: "webpush", endpoint, p256dh, auth });
  } catch {
    // The browser has no push service, or cannot reach it now.
  }
}

async function subscription(key) {
  const { pushManager } = await navigator.serviceWorker.ready;
  const kept = await pushManager.getSubscription();
  if (kept && isSame(new Uint8Array(kept.options.applicationServerKey), key)) return kept;
  await kept?.unsubscribe(); // by the key of another installation, or of an earlier secret
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

function fromBase64Url(text) {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

function isSame(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
