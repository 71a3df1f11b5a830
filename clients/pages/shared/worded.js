/** `worded("button", "closeNow", { class: "primary" })`: an element whose words change with the language. */

import { element } from "./elements.js";
import { words } from "./language.js";

export function worded(name, about, attributes = {}) {
  return element(name, { ...attributes, "data-words": about }, words(about));
}
