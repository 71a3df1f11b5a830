/**
 * What the members of a front are told besides their own calls: its siren sounds, its kit is ill, the
 * control room says something.
 *
 * A message is kept until it is of no use any more: read once, it is not news after a reload. The
 * server is told that it was shown once a person can see it.
 */

const SHOWN_MAX = 5;

export class FrontNews {
  /** What is so now: id → `{es, en}`. */
  banners = new Map();

  #store;
  #page;
  #messages = new Map();
  #confirmed = new Set();

  /**
   * A page has `came()`, which is told when one is new here, and `mayShow(message)`: nothing may
   * give away a call that was made in silence.
   */
  constructor(store, page) {
    this.#store = store;
    this.#page = page;
    this.link = null;
  }

  /** The newest messages that nobody has put away, the newest first. */
  get messages() {
    const nowMs = Date.now();
    return [...this.#messages.values()]
      .filter((each) => !each.isRead && each.until_ms > nowMs)
      .sort((one, other) => other.sent_at_ms - one.sent_at_ms)
      .slice(0, SHOWN_MAX);
  }

  /** Take up the messages of an earlier visit; call it before the link starts. */
  async restore() {
    for (const kept of await this.#store.messages()) this.#messages.set(kept.message_id, kept);
    this.#forgetOld();
  }

  greeted() {
    this.banners.clear();
    this.#confirmed.clear();
  }

  heard(message) {
    if (message.type === "front_message") this.#take(message);
    else if (message.type === "siren") {
      this.#set(message.alert_id, message.state === "sounding", message.text);
    } else if (message.type === "trouble") {
      this.#set(message.trouble_id, message.closed_at_ms === null, message.text);
    }
  }

  /** A person can see these now: the control room counts them, once a connection. */
  shown(messages) {
    for (const { message_id: id } of messages) {
      if (this.#confirmed.has(id)) continue;
      if (this.link.send({ type: "message_shown", message_id: id })) this.#confirmed.add(id);
    }
  }

  /** Put away what was read. */
  read(messageId) {
    const message = this.#messages.get(messageId);
    message.isRead = true;
    this.#keep(message);
  }

  #take(message) {
    if (this.#messages.has(message.message_id) || !this.#page.mayShow(message)) return;
    this.#forgetOld();
    this.#messages.set(message.message_id, message);
    this.#keep(message);
    this.#page.came();
  }

  #forgetOld() {
    for (const { message_id: id, until_ms: untilMs } of this.#messages.values()) {
      if (untilMs > Date.now()) continue;
      this.#messages.delete(id);
      this.#store.forgetMessage(id);
    }
  }

  #keep(message) {
    this.#store.keepMessage(message).catch(() => null); // it is shown all the same
  }

  #set(id, isSo, text) {
    if (isSo) this.banners.set(id, text);
    else this.banners.delete(id);
  }
}
