/** How the server is, at a glance: whether it hears us and how fast, and what it says of itself. */

import { element, fill } from "../shared/elements.js";
import { words } from "../shared/language.js";
import { medianDeliveryMs } from "./latency.js";
import { Declined, ask } from "./session.js";
import { HEALTH_WORDS } from "./words.js";

const ASK_EVERY_MS = 5_000;
let last = null;

/** Ask again and again; `changed()` draws. */
export async function followHealth(watch, changed) {
  watch.link.hurry(); // its ping says how long the way there and back takes
  try {
    last = await ask("GET", "/v1/health");
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    last = null;
  }
  changed();
  setTimeout(() => followHealth(watch, changed), ASK_EVERY_MS);
}

export function drawHealth(line, link, open) {
  const deliveryMs = medianDeliveryMs(open);
  const { state, text } = said();
  line.dataset.state = state;
  fill(
    line,
    element("span", { class: "health-word" }, text),
    link.isUp && link.roundTripMs !== null
      ? element("span", {}, words("roundTrip", { ms: link.roundTripMs }))
      : null,
    deliveryMs === null
      ? null
      : element("span", { title: words("deliveryLabel") }, words("delivery", { ms: deliveryMs })),
  );
}

function said() {
  if (!last) return { state: "unknown", text: words("healthAway") };
  const { status, reasons, warnings } = last;
  if (status !== "green") return { state: "red", text: words("isRed", { reasons: inWords(reasons) }) };
  if (warnings.length) return { state: "warned", text: words("warned", { reasons: inWords(warnings) }) };
  return { state: "green", text: words("fullyUp") };
}

function inWords(reasons) {
  return reasons.map((reason) => (reason in HEALTH_WORDS ? words(reason) : reason)).join(", ");
}
