/** The open alerts as a list: what nobody answers first, then the urgent, then the old. */

import { element } from "../shared/elements.js";
import { words } from "../shared/language.js";
import { duration } from "../shared/when.js";

const URGENCIES = ["critical", "high", "normal", "low"];

export function inOrder(alerts) {
  const rank = (alert) => [isUnanswered(alert) ? 0 : 1, URGENCIES.indexOf(alert.urgency)];
  return [...alerts].sort((one, other) => {
    const [ranks, others] = [rank(one), rank(other)];
    const ages = one.stages.received_at_ms - other.stages.received_at_ms;
    return ranks[0] - others[0] || ranks[1] - others[1] || ages;
  });
}

export function isUnanswered(alert) {
  return alert.owner === null || alert.owner.arrival_overdue;
}

/** Who goes there, or that nobody does. */
export function answerLine(alert, selfId) {
  if (!alert.owner) return words(alert.state);
  if (alert.owner.device_id === selfId) return words("mine");
  const { name } = alert.owner;
  return words(alert.owner.arrival_overdue ? "overdue" : alert.state, { name });
}

export function whereLine(alert) {
  return alert.place.address || alert.front?.name || alert.quadrant?.name || words("noPlace");
}

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
