/** Which of the open alerts are shown: by what somebody types, by kind, and by how far they are. */

import { isUnanswered } from "../shared/alerts/alert_list.js";

const STATES = {
  all: () => true,
  unanswered: isUnanswered,
  escalated: (alert) => isUnanswered(alert) && alert.escalation.step !== "none",
  underWay: (alert) => alert.state === "accepted",
  onScene: (alert) => alert.state === "on_scene",
  cancelled: (alert) => alert.cancel_requested_at_ms !== null,
};

/** `wanted` is `{text, kind, state}`; an empty text or kind wants all. */
export function passing(alerts, { text, kind, state }) {
  const wanted = plain(text);
  const isInState = STATES[state];
  return alerts.filter(
    (alert) =>
      (!kind || alert.kind === kind) && isInState(alert) && (!wanted || saidOf(alert).includes(wanted)),
  );
}

function saidOf({ place, sender, front, quadrant, owner }) {
  const parts = [place.address, sender.name, front?.name, front?.barrio, quadrant?.name, quadrant?.code];
  return plain([...parts, owner?.name].join(" "));
}

/** Without accents and capitals: whoever is in a hurry types "bogota". */
function plain(text) {
  return text.trim().normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
