/** What is wrong with the kit, as the core tells the control room. */

import { element } from "../shared/elements.js";
import { said, words } from "../shared/language.js";
import { duration } from "../shared/when.js";

/** The open troubles that were sent, and how many there are in all. */
export class Troubles {
  open = new Map();
  total = 0;

  #seen = new Set();

  /** A new greeting: what is not sent again before `synced` has ended. */
  greeted() {
    this.#seen.clear();
    this.total = 0;
  }

  heard(message) {
    if (message.type === "trouble") this.#take(message);
    else if (message.type !== "notice") return;
    else if (message.code === "troubles") this.total = message.count ?? 0;
    else if (message.code === "synced") this.#synced();
  }

  /** How many there are besides those in `open`. */
  get heldBack() {
    return Math.max(0, this.total - this.open.size);
  }

  #take(trouble) {
    this.#seen.add(trouble.trouble_id);
    if (trouble.closed_at_ms === null) this.open.set(trouble.trouble_id, trouble);
    else if (this.open.delete(trouble.trouble_id)) this.total -= 1;
    this.total = Math.max(this.total, this.open.size);
  }

  #synced() {
    for (const troubleId of this.open.keys()) {
      if (!this.#seen.has(troubleId)) this.open.delete(troubleId);
    }
  }
}

const SHOWN_MAX = 100;

/** The newest first. */
export function troubleRows(troubles) {
  const newest = [...troubles.open.values()].sort((one, other) => other.opened_at_ms - one.opened_at_ms);
  const more = troubles.heldBack + Math.max(0, newest.length - SHOWN_MAX);
  const rows = newest.slice(0, SHOWN_MAX).map(troubleRow);
  if (more) rows.push(element("li", { class: "queue-none" }, words("moreTroubles", { count: more })));
  if (!rows.length) rows.push(element("li", { class: "queue-none" }, words("noTroubles")));
  return rows;
}

function troubleRow({ text, device, front, opened_at_ms: openedMs }) {
  return element(
    "li",
    { class: "trouble" },
    element("strong", {}, [device, front].filter(Boolean).join(" · ")),
    element("span", {}, said(text)),
    // In minutes: a row that changes each second would be read out each second.
    element("span", { class: "muted" }, words("since", { since: minutes(Date.now() - openedMs) })),
  );
}

function minutes(ms) {
  return duration(Math.floor(ms / 60_000) * 60_000);
}
