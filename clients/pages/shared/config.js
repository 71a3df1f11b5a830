/**
 * Where the core is, and the map's tiles. What was last known is used at once, so that a page whose
 * console is away still reaches the core; the newest comes in behind it, for the next time.
 */

const KEPT_AS = "cuadrante-config";

export async function loadConfig() {
  const newest = fetch("/v1/config").then(async (answer) => {
    if (!answer.ok) throw new Error(`the console answered ${answer.status}`);
    const config = await answer.json();
    localStorage.setItem(KEPT_AS, JSON.stringify(config));
    return config;
  });
  const kept = localStorage.getItem(KEPT_AS);
  if (kept === null) return newest;
  newest.catch(() => null);
  return JSON.parse(kept);
}
