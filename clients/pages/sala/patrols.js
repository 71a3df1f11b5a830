/** The patrols that can be called, and where they said last that they are. */

export class Patrols {
  onCall = new Map();

  #seen = new Set();

  /** A new greeting: who is not named again before `synced` is not on call any more. */
  greeted() {
    this.#seen.clear();
  }

  heard(message) {
    if (message.type === "patrol") {
      this.#seen.add(message.device_id);
      if (message.on_call) this.onCall.set(message.device_id, message);
      else this.onCall.delete(message.device_id);
    } else if (message.type === "notice" && message.code === "synced") {
      for (const deviceId of this.onCall.keys()) {
        if (!this.#seen.has(deviceId)) this.onCall.delete(deviceId);
      }
    }
  }
}
