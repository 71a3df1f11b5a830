/** The messages to a front, each with how many it has reached: only what is true. */

import { element } from "../shared/elements.js";
import { said, words } from "../shared/language.js";
import { clock } from "../shared/when.js";

/** `again(messageId)` says one again that was refused. */
export function messageList(messages, again) {
  return element("ol", { class: "messages" }, ...messages.map((each) => row(each, again)));
}

function row({ message_id: id, body, by, sent_at_ms: sentMs, reach, refusal }, again) {
  return element(
    "li",
    { "data-message": id },
    element("p", {}, body),
    element("p", { class: "muted" }, [by, clock(sentMs)].filter(Boolean).join(" · ")),
    refusal
      ? element("p", { class: "error" }, words("notSaid", { why: said(refusal) }))
      : element("p", { class: "reach" }, reachLine(reach)),
    refusal ? element("button", { type: "button", class: "small", onclick: () => again(id) }, words("retry")) : null,
  );
}

function reachLine(reach) {
  if (!reach) return words("saying");
  const { members, sent_to: sentTo, shown_by: shownBy, stored } = reach;
  if (members === 0) return words("noMembers");
  const line = words("reached", { members, sentTo, shownBy });
  return stored ? line : `${line} · ${words("notStored")}`;
}
