/** Paths to the pictures of the alert that is shown: they hold a quarter of an hour, and it may stay longer. */

import { Declined, ask } from "./session.js";

const ENDS_SOON_MS = 60_000;
const ASK_EVERY_MS = 30_000;

export class PicturePaths {
  #alertId = null;
  #paths = new Map();
  #askedMs = 0;
  #changed;

  /** `changed()` draws. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** The alert with the newest paths that are known; newer ones are asked for before they end. */
  renewed(alert) {
    if (alert.alert_id !== this.#alertId) {
      this.#alertId = alert.alert_id;
      this.#paths.clear();
      this.#askedMs = 0;
    }
    const pictures = alert.pictures.map((picture) => ({ ...picture, path: this.#newest(picture) }));
    const endsSoon = ({ path }) => untilMs(path) - Date.now() < ENDS_SOON_MS;
    if (pictures.some(endsSoon)) this.renew();
    return { ...alert, pictures };
  }

  /** Ask for paths that hold from now on, unless that was done just now. */
  async renew() {
    if (Date.now() - this.#askedMs < ASK_EVERY_MS) return;
    this.#askedMs = Date.now();
    const asked = this.#alertId;
    try {
      const { pictures } = await ask("GET", `/v1/alerts/${asked}/pictures`);
      if (asked !== this.#alertId) return;
      for (const { picture_id: id, path } of pictures) this.#paths.set(id, path);
      this.#changed();
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
    }
  }

  #newest({ picture_id: id, path }) {
    const renewed = this.#paths.get(id);
    return renewed && untilMs(renewed) > untilMs(path) ? renewed : path;
  }
}

function untilMs(path) {
  return Number(new URL(path, location.origin).searchParams.get("until")) * 1000;
}
