/** One open alert in the handheld's list. */

import { answerLine, isUnanswered, whereLine } from "../shared/alerts/alert_list.js";
import { element } from "../shared/elements.js";
import { words } from "../shared/language.js";
import { duration } from "../shared/when.js";

export function alertRow(alert, selfId, nowMs, chosenId, choose) {
  const since = duration(nowMs - alert.stages.received_at_ms);
  return element(
    "li",
    {},
    element(
      "button",
      {
        type: "button",
        class: "row",
        "data-alert": alert.alert_id,
        "data-kind": alert.kind,
        "data-urgency": alert.urgency,
        "data-unanswered": String(isUnanswered(alert)),
        "aria-current": alert.alert_id === chosenId ? "true" : null,
        onclick: () => choose(alert.alert_id),
      },
      element("span", { class: "row-kind" }, words(alert.kind)),
      element("span", { class: "row-since" }, since),
      element("span", { class: "row-where" }, whereLine(alert)),
      element("span", { class: "row-answer" }, answerLine(alert, selfId)),
    ),
  );
}
