/** The open alerts in order, and each in two lines: where it is, and who goes there. */

import { words } from "../language.js";

const URGENCIES = ["critical", "high", "normal", "low"];

/** What nobody answers first, then the urgent, then the old. */
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
