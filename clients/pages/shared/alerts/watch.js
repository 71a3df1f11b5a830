/**
 * Whoever answers alerts: the open ones, and what is done to them.
 *
 * An action is shown as done once the server's `alert` shows it, and sent again after a disconnect
 * unless it does. A page has `changed()`, which draws, and is told what passes: `closed(alert)`,
 * `rang(alertId)`, `refused(text)` and, if it wants to know it all, `heard(message)`.
 */

const HEARD = ["asked", "sounding"];
const OVER = ["already_closed", "unknown_alert"];

export class Watch {
  /** alert_id → the newest state. */
  open = new Map();
  welcome = null;
  isSynced = false;
  link = null;

  #page;
  #seen = new Set();
  #confirmed = new Set();
  #actions = new Map();
  #done = new Map();
  #refs = 0;

  constructor(page) {
    this.#page = page;
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
    this.#refs += 1;
    const ref = `${message.type}-${this.#refs}`;
    const action = { message: { ...message, ref }, sent: 0 };
    this.#actions.set(ref, action);
    if (this.isSynced) this.#send(action);
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
    for (const [ref, action] of this.#actions) {
      if (this.#shows(alert, action.message)) this.#settle(ref, action, alert);
    }
  }

  #settle(ref, action, alert) {
    this.#actions.delete(ref);
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
    for (const action of this.#actions.values()) this.#send(action);
  }

  #send(action) {
    if (this.link.send(action.message)) action.sent += 1;
  }

  #refuse(error) {
    const action = this.#actions.get(error.ref);
    if (!action) return;
    this.#actions.delete(error.ref);
    // A `close` that went twice, of an alert that has ended, was done the first time.
    const wasDone = action.message.type === "close" && action.sent > 1 && OVER.includes(error.code);
    if (!wasDone) this.#page.refused(error.text);
  }
}
