/**
 * The queue: the open alerts, the most pressing first.
 *
 * There may be thousands, so only the rows in sight exist. A row stays the same element for as long as
 * its alert is in sight: whoever stands on it with the keyboard stays there.
 */

import { answerLine, isUnanswered, whereLine } from "../shared/alerts/alert_list.js";
import { element, setText } from "../shared/elements.js";
import { words } from "../shared/language.js";
import { duration } from "../shared/when.js";
import { escalationLine } from "./escalation.js";

const ROW_PX = 92;
const BEYOND = 4;

export class Queue {
  #place;
  #list = element("ol", { class: "queue-rows" });
  #rows = new Map();
  #alerts = [];
  #chosen = null;
  #choose;

  /** `place` scrolls; `choose(alertId)` is called when somebody picks one. */
  constructor(place, choose) {
    this.#place = place;
    this.#choose = choose;
    place.append(this.#list);
    place.addEventListener("scroll", () => this.#draw());
    place.addEventListener("keydown", (event) => this.#step(event));
    new ResizeObserver(() => this.#draw()).observe(place);
  }

  show(alerts, chosen) {
    this.#alerts = alerts;
    this.#chosen = chosen;
    this.#draw();
  }

  #draw() {
    const { scrollTop, clientHeight } = this.#place;
    const first = Math.max(0, Math.floor(scrollTop / ROW_PX) - BEYOND);
    const inSight = this.#alerts.slice(first, first + Math.ceil(clientHeight / ROW_PX) + 2 * BEYOND);
    this.#list.style.height = `${this.#alerts.length * ROW_PX}px`;
    const gone = new Set(this.#rows.keys());
    inSight.forEach((alert, at) => {
      gone.delete(alert.alert_id);
      this.#drawRow(alert, first + at);
    });
    for (const alertId of gone) {
      this.#rows.get(alertId).item.remove();
      this.#rows.delete(alertId);
    }
    this.#order(inSight);
  }

  /** The tabulator and screen readers go by the document: it has the rows as the eye does. */
  #order(inSight) {
    const focused = document.activeElement;
    inSight.forEach(({ alert_id: alertId }, at) => {
      const { item } = this.#rows.get(alertId);
      if (this.#list.children[at] !== item) this.#list.insertBefore(item, this.#list.children[at]);
    });
    if (document.activeElement !== focused && this.#list.contains(focused)) focused.focus();
  }

  #drawRow(alert, at) {
    const row = this.#rows.get(alert.alert_id) ?? this.#addRow(alert.alert_id);
    const isOpen = alert.alert_id === this.#chosen;
    row.item.style.transform = `translateY(${at * ROW_PX}px)`;
    row.item.setAttribute("aria-posinset", at + 1);
    row.item.setAttribute("aria-setsize", this.#alerts.length);
    row.button.dataset.urgency = alert.urgency;
    row.button.dataset.kind = alert.kind;
    row.button.dataset.unanswered = String(isUnanswered(alert));
    if (isOpen) row.button.setAttribute("aria-current", "true");
    else row.button.removeAttribute("aria-current");
    setText(row.kind, words(alert.kind));
    setText(row.since, duration(Date.now() - alert.stages.received_at_ms));
    setText(row.where, whereLine(alert));
    setText(row.answer, answerLine(alert, null));
    setText(row.step, escalationLine(alert));
  }

  #addRow(alertId) {
    const row = Object.fromEntries(
      ["kind", "since", "where", "answer", "step"].map((name) => [
        name,
        element("span", { class: `queue-${name}` }),
      ]),
    );
    row.button = element(
      "button",
      { type: "button", class: "queue-row", "data-alert": alertId, onclick: () => this.#choose(alertId) },
      row.kind,
      row.since,
      row.where,
      row.answer,
      row.step,
    );
    row.item = element("li", {}, row.button);
    this.#rows.set(alertId, row);
    return row;
  }

  /** Arrows walk through the queue, as in any list. */
  #step(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const from = event.target.dataset?.alert;
    if (!by || !from) return;
    event.preventDefault();
    const at = this.#alerts.findIndex((alert) => alert.alert_id === from) + by;
    const next = this.#alerts[at];
    if (!next) return;
    const topPx = at * ROW_PX;
    const bottomPx = topPx + ROW_PX - this.#place.clientHeight;
    if (topPx < this.#place.scrollTop) this.#place.scrollTop = topPx;
    else if (bottomPx > this.#place.scrollTop) this.#place.scrollTop = bottomPx;
    this.#draw();
    this.#rows.get(next.alert_id).button.focus();
  }
}
