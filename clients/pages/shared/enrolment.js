/** Trading a one-time code for a token of this browser's own. */

import { SUBPROTOCOL } from "./link.js";

const ANSWERED_WITHIN_MS = 10_000;

/** Why a code was not taken: `text` is for people, in both languages. */
export class NotEnrolled extends Error {
  constructor(text) {
    super(text.en);
    this.text = text;
  }
}

const NO_NETWORK = {
  es: "No hay conexión con el servidor. Revise la red e intente de nuevo.",
  en: "There is no connection to the server. Check the network and try again.",
};

/** The code that a link or a QR carries behind its `#`, which browsers send to no server. */
export function codeIn(text) {
  const found = /#code=([A-Za-z0-9 -]+)/.exec(decodeURIComponent(text));
  return found ? found[1].trim() : null;
}

/** Returns `{device_id, role, token}`. Throws `NotEnrolled`. */
export function enrol(url, code, client) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, SUBPROTOCOL);
    const end = (settle, value) => {
      clearTimeout(bound);
      socket.onclose = null;
      socket.close(1000);
      settle(value);
    };
    const bound = setTimeout(() => end(reject, new NotEnrolled(NO_NETWORK)), ANSWERED_WITHIN_MS);
    socket.onopen = () => socket.send(JSON.stringify({ type: "enrol", code, client }));
    socket.onclose = () => end(reject, new NotEnrolled(NO_NETWORK));
    socket.onmessage = ({ data }) => {
      const { type, text, ...said } = JSON.parse(data);
      if (type === "error") end(reject, new NotEnrolled(text));
      if (type === "enrolled") end(resolve, said);
    };
  });
}
