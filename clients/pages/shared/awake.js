/** Keep the screen on while somebody is on duty, where the browser can. */

let lock = null;
let isWanted = false;

export function stayAwake(isOnDuty) {
  isWanted = isOnDuty;
  if (!isWanted && lock) lock.release();
  else if (isWanted && !lock && !document.hidden) take();
}

async function take() {
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
    lock?.addEventListener("release", () => (lock = null));
  } catch {
    lock = null; // the battery is low, or the page hidden: the alarm sounds all the same
  }
}

document.addEventListener("visibilitychange", () => stayAwake(isWanted));
