/** Have the page opened again without a network. */

export function keepForOffline() {
  navigator.serviceWorker?.register("/service-worker.js", { scope: "/" });
}
