/** The line that says whether the server hears us: plainly, and at once when it does not. */

import { REPLACED } from "./close_codes.js";
import { element, fill } from "./elements.js";
import { words } from "./language.js";
import { duration } from "./when.js";

const CONNECTING_FOR_MS = 3_000;

/** Draw the state of `link`; `hasBeenUp` says whether it ever was. `askAnew()` leads to a new code. */
export function showLink(line, link, hasBeenUp, askAnew) {
  const sinceMs = link.downSinceMs === null ? 0 : Date.now() - link.downSinceMs;
  const isStarting = !link.isUp && !hasBeenUp && sinceMs < CONNECTING_FOR_MS;
  line.dataset.state = link.isUp ? "up" : isStarting ? "connecting" : "down";
  if (link.refusedWith === REPLACED) {
    fill(line, words("replaced"), button("useHere", () => link.start()));
  } else if (link.refusedWith !== null) {
    fill(line, words("refused"), button("newCode", askAnew));
  } else if (link.isUp) {
    fill(line, words("up"));
  } else if (isStarting) {
    fill(line, words("connecting"));
  } else {
    // Told once a minute: a screen reader need not count the seconds.
    fill(line, words("down", { since: duration(sinceMs - (sinceMs % 10_000)) }));
  }
}

function button(name, onclick) {
  return element("button", { type: "button", class: "small", onclick }, words(name));
}
