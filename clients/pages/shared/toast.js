/** A sentence that is shown for a moment. The page has the place `#toasts`. */

import { byId, element } from "./elements.js";

const SHOWN_MS = 8_000;

export function toast(text) {
  const shown = element("p", { class: "toast" }, text);
  byId("toasts").append(shown);
  setTimeout(() => shown.remove(), SHOWN_MS);
}
