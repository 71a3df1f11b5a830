/** Asking what an alert was, before it is closed: a dialog. */

import { element } from "../elements.js";
import { worded } from "../worded.js";

const OUTCOMES = {
  real: "real",
  false_alarm: "false_alarm",
  unfounded: "unfounded",
  cancelled: "outcomeCancelled",
  duplicate: "duplicate",
  test: "outcomeTest",
};
const NOTE_CHARS = 280;

/**
 * Add the dialog to the page; call it once the page has its words. What it returns asks about an
 * alert, and `close({alert_id, outcome, note})` is called once somebody has said what it was.
 */
export function addClosing(close) {
  const outcomes = element("div", {
    class: "outcomes",
    role: "radiogroup",
    "aria-labelledby": "closingTitle",
  });
  const note = element("textarea", { id: "note", maxlength: NOTE_CHARS, rows: 3 });
  const form = element(
    "form",
    { method: "dialog" },
    outcomes,
    worded("label", "note", { for: "note" }),
    note,
    worded("button", "closeNow", { class: "primary", value: "close" }),
    worded("button", "keepOpen", { class: "secondary", value: "", formnovalidate: true }),
  );
  const title = worded("h2", "outcome", { id: "closingTitle" });
  const dialog = element("dialog", { "aria-labelledby": "closingTitle" }, title, form);
  document.body.append(dialog);
  let asked = null;
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "close") return;
    const outcome = new FormData(form).get("outcome");
    close({ alert_id: asked, outcome, note: note.value.trim() });
  });
  return ({ alert_id: alertId, kind }) => {
    asked = alertId;
    note.value = "";
    outcomes.replaceChildren(...Object.keys(OUTCOMES).map((each) => choice(each, kind === "test")));
    dialog.showModal();
  };
}

function choice(outcome, isDrill) {
  const checked = outcome === (isDrill ? "test" : "real");
  const radio = element("input", { type: "radio", name: "outcome", value: outcome, checked });
  return element("label", {}, radio, worded("span", OUTCOMES[outcome]));
}
