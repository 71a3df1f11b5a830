/**
 * Sound and vibration for alerts that nobody has answered, until somebody is seen to be there.
 *
 * Browsers let a page sound only after its user has touched it: `isMuted` says that this is still to
 * come, and the page must say so.
 */

import { vibrate } from "./vibrate.js";

const REPEAT_MS = 2_400;
const TONES_HZ = [880, 1320, 880, 1320];
const TONE_S = 0.22;
const VIBRATE_MS = [400, 150, 400, 150, 700];

export class Alarm {
  #context = null;
  #ringing = new Set();
  #timer = null;

  constructor() {
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => this.unlock());
  }

  get isMuted() {
    return this.#context?.state !== "running";
  }

  get isRinging() {
    return this.#ringing.size > 0;
  }

  /** The user is there: from now on it may sound. */
  unlock() {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") this.#context.resume();
  }

  ring(alertId) {
    this.#ringing.add(alertId);
    if (this.#timer !== null) return;
    this.#sound();
    this.#timer = setInterval(() => this.#sound(), REPEAT_MS);
  }

  hush(alertId) {
    this.#ringing.delete(alertId);
    if (this.isRinging) return;
    clearInterval(this.#timer);
    this.#timer = null;
    vibrate(0);
  }

  /** Once, for what is a drill. */
  chime() {
    this.#tone(TONES_HZ[0], 0);
  }

  #sound() {
    vibrate(VIBRATE_MS);
    TONES_HZ.forEach((hertz, at) => this.#tone(hertz, at * TONE_S));
  }

  #tone(hertz, afterS) {
    if (this.isMuted) return;
    const startS = this.#context.currentTime + afterS;
    const gain = this.#context.createGain();
    gain.gain.setValueAtTime(0.0001, startS);
    gain.gain.exponentialRampToValueAtTime(0.7, startS + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, startS + TONE_S);
    gain.connect(this.#context.destination);
    const tone = this.#context.createOscillator();
    tone.type = "square";
    tone.frequency.value = hertz;
    tone.connect(gain);
    tone.start(startS);
    tone.stop(startS + TONE_S);
  }
}
