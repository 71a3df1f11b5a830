/** What the control room says to a front, as its members see it. */

import { element } from "../shared/elements.js";
import { words } from "../shared/language.js";
import { clock } from "../shared/when.js";

export function messageCard({ message_id: id, front, by, body, sent_at_ms: sentMs }, read) {
  return element(
    "article",
    { class: "message", "data-message": id },
    element("h2", {}, words("messageFrom", { by })),
    element("p", { class: "note" }, words("messageTo", { front, at: clock(sentMs) })),
    element("p", { class: "say" }, body),
    element("button", { type: "button", class: "secondary", onclick: () => read(id) }, words("messageRead")),
  );
}
