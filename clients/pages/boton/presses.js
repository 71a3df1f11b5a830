/**
 * The presses of this device: each is sent until a receipt says `stored`, over as many connections
 * as it takes, with the same id, and over HTTP while the WebSocket does not open.
 *
 * A press leaves first and is kept on the disk at the same moment: neither waits for the other.
 */

import { fullJitterMs } from "../shared/backoff.js";
import { REPLACED } from "../shared/close_codes.js";
import { uuid7 } from "../shared/uuid7.js";
import { sendByHttp } from "./by_http.js";

/** How far a call can get, in this order. */
export const STAGES = ["received", "delivered", "accepted", "on_scene", "closed"];

const STORED_WITHIN_MS = 5_000;
const HTTP_AFTER_MS = 1_500;
const ASK_AGAIN_WITHIN_MS = 900_000;
const CANCEL_REF = "cancel-";
const ESSENTIAL = ["signal_id", "kind"];
const TRY_AGAIN = ["unavailable", "overloaded"];
/** What the console says that no later attempt will change. */
const FOR_GOOD = ["bad_field", "not_allowed"];
/** What is not kept: it begins anew with each visit. */
const RESTING = { attempts: 0, dueMs: 0, isOnHttp: false };

export class Presses {
  /** signal_id → what is known of it; the newest last. */
  all = new Map();

  #store;
  #device;
  #changed;
  #isInSync = false;
  #isUnknown = false;
  #seen = new Set();

  /** `changed()` is called whenever there is something new to show. */
  constructor(store, device, changed) {
    this.#store = store;
    this.#device = device;
    this.#changed = changed;
    this.link = null;
  }

  /** Whether the server says that it knows no such device: then only a new code lets a press out. */
  get isUnknown() {
    const { refusedWith } = this.link;
    return this.#isUnknown || (refusedWith !== null && refusedWith !== REPLACED);
  }

  /** Take up the presses of an earlier visit; call it before the link starts. */
  async restore() {
    for (const kept of await this.#store.presses()) {
      this.all.set(kept.signal_id, { ...kept, ...RESTING, isKept: true });
    }
    setInterval(() => this.#resend(), 500);
  }

  /** Call for help. Returns the press, which is under way. */
  press(kind, position) {
    const press = newPress(uuid7(), kind, Date.now(), position);
    this.all.set(press.signal_id, press);
    this.#send(press);
    this.#keep(press);
    this.link.hurry();
    return press;
  }

  /** Take a press back. The patrol decides: it may be duress. */
  cancel(signalId) {
    const press = this.all.get(signalId);
    press.isCancelling = true;
    this.#send(press);
    this.#keep(press);
    this.link.hurry();
    this.#changed();
  }

  /** Put away what has ended and was read. */
  dismiss(signalId) {
    this.all.delete(signalId);
    this.#store.forgetPress(signalId);
    this.#changed();
  }

  /** Tell the server where we are, while a call of ours is open. */
  moved(position) {
    if ([...this.all.values()].some((press) => press.receipt && !press.isEnded)) {
      this.link.send({ type: "position", position });
    }
  }

  /** Whether a call that was made in silence is open. */
  get isSilentlyCalling() {
    return [...this.all.values()].some((press) => isDiscreet(press) && !press.isEnded);
  }

  // --- what the link says -----------------------------------------------------------------------

  greeted() {
    this.#isInSync = false;
    this.#isUnknown = false;
    this.#seen.clear();
    for (const press of this.#unsettled()) this.#send(press);
  }

  heard(message) {
    if (message.type === "receipt") this.#receive(message);
    else if (message.type === "error") this.#blame(message);
    else if (message.type === "notice" && message.code === "synced") this.#compare();
    this.#changed();
  }

  lost() {
    this.#isInSync = false;
    this.#changed();
  }

  // --- in ---------------------------------------------------------------------------------------

  #receive(receipt) {
    this.#isUnknown = false;
    this.#seen.add(receipt.alert_id);
    if (!this.all.has(receipt.signal_id)) this.#adopt(receipt);
    for (const press of this.all.values()) {
      const isOwn = press.signal_id === receipt.signal_id;
      if (isOwn || press.receipt?.alert_id === receipt.alert_id) this.#take(press, receipt, isOwn);
    }
  }

  /** A press that this browser has forgotten: whoever holds the device may follow and cancel it. */
  #adopt(receipt) {
    const press = newPress(receipt.signal_id, receipt.discreet ? "silent" : null, null, null);
    press.isStored = receipt.stored;
    this.all.set(press.signal_id, press);
  }

  #take(press, receipt, isOwn) {
    const known = press.receipt;
    // Before `synced` no receipt is older: a server that was killed may count from a lower version.
    if (known && this.#isInSync && receipt.version < known.version) return;
    const repeats = isOwn && press.isStored && known?.version === receipt.version;
    if (receipt.cancel_requested || (repeats && this.#isInSync)) press.isCancelling = false;
    if (isOwn && receipt.stored) press.isStored = true;
    press.heardMs = Date.now();
    press.receipt = receipt;
    press.stageAtMs[receipt.stage] ??= press.heardMs;
    // A patrol that is lost takes the stage back.
    const later = STAGES.slice(STAGES.indexOf(receipt.stage) + 1);
    for (const stage of later) delete press.stageAtMs[stage];
    if (press.isStored) press.stageAtMs.stored ??= press.heardMs;
    if (receipt.stage === "closed") this.#end(press);
    this.#keep(press);
  }

  #compare() {
    this.#isInSync = true;
    const nowMs = Date.now();
    for (const press of this.all.values()) {
      const isKnown = press.receipt && this.#seen.has(press.receipt.alert_id);
      if (isKnown || press.isEnded || !press.receipt) continue;
      const isOurs = press.pressed_at_ms !== null;
      if (isOurs && (!press.isStored || nowMs - press.heardMs <= ASK_AGAIN_WITHIN_MS)) {
        press.isStored = false; // a server that lost it takes it anew; one that ended it says so
        this.#send(press);
      } else {
        this.#end(press);
      }
    }
  }

  #blame(error) {
    const ref = error.ref ?? "";
    const press = this.all.get(ref.replace(CANCEL_REF, ""));
    if (error.code === "unable_to_store") {
      for (const each of this.#unsettled()) {
        if (each.receipt?.alert_id === error.alert_id) this.#backOff(each);
      }
    } else if (!press || (error.code === "bad_field" && !ESSENTIAL.includes(error.field))) {
      return; // the press went out without that detail
    } else if (TRY_AGAIN.includes(error.code)) {
      this.#backOff(press);
    } else if (ref.startsWith(CANCEL_REF)) {
      press.isCancelling = false;
    } else if (error.code === "signal_id_conflict") {
      this.#rename(press);
    } else {
      this.#refuse(press, error.text);
    }
  }

  #refuse(press, text) {
    press.refusal = text;
    this.#end(press);
  }

  #rename(press) {
    this.all.delete(press.signal_id);
    this.#store.forgetPress(press.signal_id);
    press.signal_id = uuid7();
    this.all.set(press.signal_id, press);
    this.#keep(press);
    this.#send(press);
  }

  // --- out --------------------------------------------------------------------------------------

  #send(press) {
    let isSent = false;
    if (!press.isStored && press.pressed_at_ms !== null) {
      isSent = this.link.send({ type: "signal", ref: press.signal_id, ...this.#signal(press) });
    }
    if (press.isCancelling) {
      const ref = CANCEL_REF + press.signal_id;
      isSent = this.link.send({ type: "cancel", ref, signal_id: press.signal_id });
    }
    if (isSent) {
      press.dueMs = Date.now() + STORED_WITHIN_MS + fullJitterMs(press.attempts);
      press.attempts += 1;
    }
  }

  #signal({ signal_id, kind, pressed_at_ms, position }) {
    return { signal_id, kind, pressed_at_ms, ...(position ? { position } : {}) };
  }

  async #sendByHttp(press) {
    if (this.link.isUp || press.isStored || press.isEnded || press.isOnHttp) return;
    press.isOnHttp = true;
    press.dueMs = Infinity;
    const said = await sendByHttp(this.#device, this.#signal(press));
    press.isOnHttp = false;
    this.#backOff(press);
    if (said?.type === "receipt") this.#receive(said);
    else if (said) this.#decline(press, said);
    this.#changed();
  }

  /** What is not named here may be better the next time. */
  #decline(press, { code, text }) {
    this.#isUnknown = code === "not_authenticated";
    if (code === "conflict") this.#rename(press);
    else if (FOR_GOOD.includes(code)) this.#refuse(press, text);
  }

  #resend() {
    const nowMs = Date.now();
    for (const press of this.#unsettled()) {
      if (press.dueMs > nowMs) continue;
      if (this.link.isUp) this.#send(press);
      else if (nowMs - press.pressed_at_ms >= HTTP_AFTER_MS) this.#sendByHttp(press);
    }
  }

  #backOff(press) {
    press.dueMs = Date.now() + fullJitterMs(press.attempts);
    press.attempts += 1;
  }

  #unsettled() {
    return [...this.all.values()].filter(
      (press) => !press.isEnded && (!press.isStored || press.isCancelling),
    );
  }

  #end(press) {
    press.isEnded = true;
    press.isCancelling = false;
    this.#keep(press);
    if (press.kind === "silent") this.dismiss(press.signal_id);
  }

  async #keep(press) {
    if (!this.all.has(press.signal_id)) return;
    const { attempts, dueMs, isOnHttp, ...kept } = press;
    try {
      await this.#store.keepPress(kept);
      press.isKept = this.#store.isLasting;
    } catch {
      press.isKept = false; // no room on the disk: the page says so, and keeps trying to send
    }
    this.#changed();
  }
}

/** One that shows nothing: whoever made it is watched. */
export function isDiscreet(press) {
  return press.kind === "silent" || Boolean(press.receipt?.discreet);
}

/** `pressed_at_ms` null: another visit made it, and we do not know what it said. */
function newPress(signalId, kind, pressedAtMs, position) {
  return {
    signal_id: signalId,
    kind,
    pressed_at_ms: pressedAtMs,
    position,
    receipt: null,
    refusal: null,
    stageAtMs: {},
    heardMs: null,
    isKept: false,
    isStored: false,
    isEnded: false,
    isCancelling: false,
    ...RESTING,
  };
}
