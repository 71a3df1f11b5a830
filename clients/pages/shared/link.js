/**
 * One authenticated connection to the core, kept up through any number of disconnects.
 *
 * It forgets what it was given to send when a connection ends: owners keep what must not be lost and
 * send it again in `greeted`. An owner has `greeted(welcome)`, `heard(message)`, `lost()` and
 * `changed()`, for a page to show how the link is.
 */

import { fullJitterMs } from "./backoff.js";
import { mayReconnect } from "./close_codes.js";

export const SUBPROTOCOL = "cuadrante.v1";

const OPENS_WITHIN_MS = 8_000;
const PONG_WITHIN_MS = 4_000;
const SETTLED_AFTER_MS = 10_000;
/** So long after a press, or an answer, somebody is taken to wait for it. */
const WAITED_FOR_MS = 120_000;
const NORMAL_CLOSURE = 1000;

export class Link {
  /** Why the server will not have this device back: a close code, or null. */
  refusedWith = null;
  /** Since when there is no connection, by `Date.now()`; null while there is one. */
  downSinceMs = Date.now();
  onDuty = null;
  /** How long the server's last answer to a ping took; null while none came. */
  roundTripMs = null;

  #url;
  #device;
  #owner;
  #socket = null;
  #isUp = false;
  #isWanted = false;
  #waitedForMs = -Infinity;
  #attempt = 0;
  #openedMs = 0;
  #wait = null;
  #pingEveryMs = Infinity;
  #spokeMs = 0;
  #doubtedMs = null;
  #pings = 0;

  /**
   * `device` is `{device_id, token}`; `client` names the page to the server. `doubtEveryMs`: ask so
   * often whether the server is still there, for whoever must not believe in vain that it is.
   */
  constructor(url, device, owner, client, doubtEveryMs = Infinity) {
    this.#url = url;
    this.#device = device;
    this.#owner = owner;
    this.client = client;
    this.doubtEveryMs = doubtEveryMs;
    this.ticker = new Worker(new URL("./ticker.js", import.meta.url));
    this.ticker.onmessage = () => this.#tick();
    for (const name of ["online", "offline"]) addEventListener(name, () => this.#tryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.#tryNow());
  }

  get isUp() {
    return this.#isUp;
  }

  start() {
    this.#isWanted = true;
    this.refusedWith = null;
    if (!this.#socket) this.#connect();
  }

  /** Say goodbye, for good or until `start`. */
  stop() {
    this.#isWanted = false;
    this.#hangUp();
    this.ticker.terminate();
  }

  /** Send a message on the present connection. False: there is none, and it is not sent later. */
  send(message) {
    if (!this.#isUp) return false;
    this.#write(message);
    return true;
  }

  /** Somebody waits: connect now if the link is down, make sure that it answers if it is up. */
  hurry() {
    this.#waitedForMs = Date.now();
    this.#tryNow();
  }

  #tryNow() {
    if (!this.#isWanted) return;
    if (this.#isUp) {
      this.#doubt();
    } else if (this.#wait !== null || !this.#socket) {
      this.#attempt = 0;
      this.#connect();
    }
  }

  /** Whoever is called, or has somebody waiting, is let in before those who only wait. */
  get #isUrgent() {
    return this.onDuty !== null || Date.now() - this.#waitedForMs < WAITED_FOR_MS;
  }

  #connect() {
    clearTimeout(this.#wait);
    this.#wait = null;
    this.#openedMs = Date.now();
    const socket = new WebSocket(this.#isUrgent ? `${this.#url}?urgent` : this.#url, SUBPROTOCOL);
    this.#socket = socket;
    socket.onopen = () => this.#write(this.#hello());
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lose(code);
  }

  #hello() {
    const { device_id, token } = this.#device;
    const duty = this.onDuty === null ? {} : { on_duty: this.onDuty };
    return { type: "hello", device_id, token, client: this.client, ...duty };
  }

  #take(message) {
    if (message.type === "pong" && this.#doubtedMs !== null) {
      this.roundTripMs = Date.now() - this.#doubtedMs;
    }
    this.#doubtedMs = null;
    if (message.type === "pong") return;
    if (message.type === "welcome" && !this.#isUp) {
      this.#isUp = true;
      this.downSinceMs = null;
      this.#pingEveryMs = Math.min(0.8 * message.ping_interval_s * 1000, this.doubtEveryMs);
      this.#owner.greeted(message);
      this.#owner.changed();
      return;
    }
    this.#owner.heard(message);
  }

  #write(message) {
    this.#spokeMs = Date.now();
    this.#socket.send(JSON.stringify(message));
  }

  #doubt() {
    if (this.#doubtedMs !== null) return;
    this.#doubtedMs = Date.now();
    this.#pings += 1;
    this.#write({ type: "ping", ref: `ping-${this.#pings}` });
  }

  #tick() {
    const nowMs = Date.now();
    if (this.#isUp && this.#doubtedMs !== null && nowMs - this.#doubtedMs > PONG_WITHIN_MS) {
      this.#hangUp();
      this.#lose(NORMAL_CLOSURE);
    } else if (this.#isUp && nowMs - this.#spokeMs > this.#pingEveryMs) {
      this.#doubt();
    } else if (!this.#isUp && this.#socket && nowMs - this.#openedMs > OPENS_WITHIN_MS) {
      this.#hangUp();
      this.#lose(NORMAL_CLOSURE);
    }
  }

  /** A socket whose other end is gone takes its time to close: nobody waits for that. */
  #hangUp() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(NORMAL_CLOSURE);
  }

  #lose(code) {
    const nowMs = Date.now();
    this.#socket = null;
    this.#doubtedMs = null;
    if (this.#isUp) this.downSinceMs = nowMs;
    this.#isUp = false;
    this.#owner.lost();
    if (!mayReconnect(code)) {
      this.refusedWith = code;
      this.#isWanted = false;
    }
    if (nowMs - this.#openedMs >= SETTLED_AFTER_MS) this.#attempt = 0;
    if (this.#isWanted) {
      this.#wait = setTimeout(() => this.#connect(), fullJitterMs(this.#attempt, this.#isUrgent));
      this.#attempt += 1;
    }
    this.#owner.changed();
  }
}
