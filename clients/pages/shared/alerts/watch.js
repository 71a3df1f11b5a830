/**
 * Whoever answers alerts: the open ones, and what is done to them.
 *
 * An action is shown as done once the server's `alert` shows it. Unless it does, it is sent again
 * after a disconnect, and after a reload where there is a store to keep it in.
 *
 * A page has `changed()`, which draws, and is told what passes: `closed(alert)`, `rang(alertId)`,
 * `refused(text)` and, if it wants to know it all, `heard(message)`.
 */

import { uuid7 } from "../uuid7.js";

const STILL_TRUE_MS = 900_000;
const TOO_LATE = {
  es: "Su respuesta no alcanzó a salir a tiempo. Si sigue siendo cierta, envíela otra vez.",
  en: "Your answer did not leave in time. If it is still true, send it again.",
};
const HEARD = ["asked", "sounding"];
const OVER = ["already_closed", "unknown_alert"];

export class Watch {
  /** alert_id → the newest state. */
  open = new Map();
  welcome = null;
  isSynced = false;
  link = null;

  #page;
  #store;
  #seen = new Set();
  #confirmed = new Set();
  #actions = new Map();
  #done = new Map();

  /** `store` (`openDeviceStore`) keeps what is under way; without one it ends with the page. */
  constructor(page, store = null) {
    this.#page = page;
    this.#store = store;
  }

  /** Take up what an earlier visit left under way; call it before the link starts. */
  async restore() {
    const kept = await this.#store.actions();
    kept.sort((one, other) => one.askedMs - other.askedMs);
    for (const action of kept) this.#actions.set(action.ref, action);
  }

  /** How many actions no alert shows yet. */
  get underWay() {
    return this.#actions.size;
  }

  get isOnDuty() {
    return this.link.onDuty ?? this.welcome?.on_duty ?? false;
  }

  /** Go on or off duty, now and whenever the link comes back. */
  duty(isOnDuty) {
    this.link.onDuty = isOnDuty;
    this.link.send({ type: "duty", on_duty: isOnDuty });
    if (!isOnDuty) {
      this.#done.clear();
      this.open.clear();
    }
    this.#page.changed();
  }

  /** A person can see this alert now: its sender is told so, once a connection. */
  shown(alert) {
    if (this.#confirmed.has(alert.alert_id)) return;
    const { alert_id, version } = alert;
    if (this.link.send({ type: "delivered", alert_id, version })) this.#confirmed.add(alert_id);
  }

  /** `accept`, `arrive`, `assign`, `close` or `silence`: under way until an alert shows it. */
  act(message) {
    const ref = uuid7();
    const action = { ref, message: { ...message, ref }, sent: 0, askedMs: Date.now() };
    this.#actions.set(ref, action);
    if (this.isSynced) this.#send(action);
    this.#keep(action);
    this.link.hurry();
    this.#page.changed();
  }

  /** Whether something of this type is under way for an alert. */
  isActing(alertId, type) {
    const under = [...this.#actions.values()];
    return under.some(({ message }) => message.alert_id === alertId && message.type === type);
  }

  // --- the link's owner -------------------------------------------------------------------------

  greeted(welcome) {
    this.welcome = welcome;
    this.isSynced = false;
    this.#seen.clear();
    this.#confirmed.clear();
  }

  heard(message) {
    const wasOnItsWay = this.link.onDuty === false; // what was sent before we went off duty
    if (message.type === "alert") wasOnItsWay || this.#see(message);
    else if (message.type === "command" && message.action === "ring") {
      this.#page.rang(message.alert_id);
    } else if (message.type === "welcome") this.greeted(message);
    else if (message.type === "notice" && message.code === "synced") this.#sync();
    else if (message.type === "error") this.#refuse(message);
    this.#page.heard?.(message);
    this.#page.changed();
  }

  lost() {
    this.isSynced = false;
  }

  changed() {
    this.#page.changed();
  }

  // --- within -----------------------------------------------------------------------------------

  #see(alert) {
    const known = this.open.get(alert.alert_id);
    this.#seen.add(alert.alert_id);
    if (known && this.isSynced && alert.version <= known.version) return;
    if (alert.state === "closed") {
      this.open.delete(alert.alert_id);
      this.#done.delete(alert.alert_id);
      if (known) this.#page.closed(alert);
    } else {
      this.open.set(alert.alert_id, alert);
    }
    for (const action of this.#actions.values()) {
      if (this.#shows(alert, action.message)) this.#settle(action, alert);
    }
  }

  #settle(action, alert) {
    this.#forget(action.ref);
    if (alert.state !== "closed" && action.message.type !== "silence") {
      this.#done.set(alert.alert_id, { message: action.message, version: alert.version });
    }
  }

  /** Whether this state of the alert is what was asked for. */
  #shows(alert, { type, alert_id, outcome, eta_s, device_id: patrolId }) {
    if (alert.alert_id !== alert_id) return false;
    if (type === "close") return alert.state === "closed" && alert.outcome === outcome;
    if (type === "silence") {
      return alert.state === "closed" || !alert.sirens.some(({ state }) => HEARD.includes(state));
    }
    if (type === "assign") return alert.owner?.device_id === patrolId;
    if (alert.owner?.device_id !== this.welcome.device_id) return false;
    if (type === "arrive") return alert.state === "on_scene";
    const isAccepted = alert.state === "accepted" || alert.state === "on_scene";
    return isAccepted && (eta_s === undefined || alert.owner.eta_s === eta_s);
  }

  /** What was not mentioned since `welcome` has ended; what was not confirmed goes out again. */
  #sync() {
    this.isSynced = true;
    for (const [alertId, alert] of this.open) {
      if (this.#seen.has(alertId)) continue;
      this.open.delete(alertId);
      this.#page.closed(alert);
    }
    for (const [alertId, { message, version }] of this.#done) {
      const alert = this.open.get(alertId);
      // The server was killed before its disk had it. With a higher version somebody, or time, took
      // the alert from us: that is for a person to decide.
      if (alert && alert.version <= version && !this.#shows(alert, message)) {
        this.link.send(message);
      }
    }
    for (const action of this.#actions.values()) {
      if (Date.now() - action.askedMs <= STILL_TRUE_MS) this.#send(action);
      else this.#giveUp(action);
    }
  }

  #send(action) {
    if (!this.link.send(action.message)) return;
    action.sent += 1;
    this.#keep(action);
  }

  /** "Two minutes away" of an hour ago helps nobody. */
  #giveUp(action) {
    this.#forget(action.ref);
    this.#page.refused(TOO_LATE);
  }

  /** It leaves all the same where there is no room on the disk. */
  #keep(action) {
    this.#store?.keepAction(action).catch(() => null);
  }

  #forget(ref) {
    this.#actions.delete(ref);
    this.#store?.forgetAction(ref).catch(() => null);
  }

  #refuse(error) {
    const action = this.#actions.get(error.ref);
    if (!action) return;
    this.#forget(error.ref);
    // A `close` that went twice, of an alert that has ended, was done the first time.
    const wasDone = action.message.type === "close" && action.sent > 1 && OVER.includes(error.code);
    if (!wasDone) this.#page.refused(error.text);
  }
}
