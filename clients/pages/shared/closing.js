/** Asking what an alert was, before it is closed. The page has the dialog `#closing`. */

import { byId, element } from "./elements.js";
import { words } from "./language.js";

const OUTCOMES = {
  real: "real",
  false_alarm: "false_alarm",
  unfounded: "unfounded",
  cancelled: "outcomeCancelled",
  duplicate: "duplicate",
  test: "outcomeTest",
};

/** `close({alert_id, outcome, note})` is called once somebody has said what it was. */
export function onClosing(close) {
  byId("closingForm").addEventListener("submit", (event) => {
    if (event.submitter?.value !== "close") return;
    const outcome = new FormData(event.target).get("outcome");
    close({ alert_id: byId("closing").dataset.alert, outcome, note: byId("note").value.trim() });
  });
}

export function askOutcome(alertId, isDrill) {
  byId("closing").dataset.alert = alertId;
  byId("note").value = "";
  byId("outcomes").replaceChildren(
    ...Object.entries(OUTCOMES).map(([value, name]) => {
      const checked = value === (isDrill ? "test" : "real");
      const choice = element("input", { type: "radio", name: "outcome", value, checked });
      return element("label", {}, choice, element("span", {}, words(name)));
    }),
  );
  byId("closing").showModal();
}
