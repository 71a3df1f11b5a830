/**
 * What the room says to fronts, and how far each message has got.
 *
 * Ours is sent again, the same, after each disconnect until it is stored: it is said once.
 */

import { uuid7 } from "../shared/uuid7.js";

export class Messages {
  /** message_id → what was said, by whom, when, and its `reach` once that is known. */
  all = new Map();

  #seen = new Set();
  #changed;

  /** `changed()` draws. */
  constructor(changed) {
    this.#changed = changed;
    this.link = null;
  }

  /** Those that are of use still, the newest first. */
  toFront(frontId) {
    const said = [...this.all.values()].filter(
      ({ front_id: id, until_ms: untilMs = Infinity }) => id === frontId && untilMs > Date.now(),
    );
    return said.sort((one, other) => other.sent_at_ms - one.sent_at_ms);
  }

  say({ front_id: frontId, alert_id: alertId = null, body }) {
    const message = { message_id: uuid7(), front_id: frontId, alert_id: alertId, body };
    this.all.set(message.message_id, { ...message, ours: message, sent_at_ms: Date.now(), reach: null });
    this.again(message.message_id);
  }

  /** Say it again, the same: it was refused for now. */
  again(messageId) {
    const message = this.all.get(messageId);
    message.refusal = null;
    this.#send(message);
    this.link.hurry();
    this.#changed();
  }

  greeted() {
    this.#seen.clear();
    for (const message of this.all.values()) this.#send(message);
  }

  heard(message) {
    const { message_id: id } = message;
    if (message.type === "front_message") {
      this.#seen.add(id);
      this.all.set(id, { reach: null, ...this.all.get(id), ...message, refusal: null });
    } else if (message.type === "message_reach" && this.all.has(id)) {
      this.all.get(id).reach = message;
    } else if (message.type === "error" && this.all.has(message.ref)) {
      this.all.get(message.ref).refusal = message.text;
    } else if (message.type === "notice" && message.code === "synced") {
      this.#synced();
    }
  }

  /** What was shown before and is not sent again is of no use any more. */
  #synced() {
    for (const [id, { ours, reach }] of this.all) {
      if (!this.#seen.has(id) && (!ours || reach?.stored)) this.all.delete(id);
    }
  }

  #send({ ours, reach, refusal }) {
    if (!ours || reach?.stored || refusal) return;
    this.link.send({ type: "message_front", ref: ours.message_id, ...ours });
  }
}
