/** One call for help, as whoever pressed sees it: only what is true. */

import { element } from "../shared/elements.js";
import { said, words } from "../shared/language.js";
import { clock } from "../shared/when.js";
import { STAGES } from "./presses.js";

/**
 * `way` says how presses leave now: `isUp`, and `isUnknown` to the server. `hands` has
 * `cancel(signalId)`, `dismiss(signalId)` and `askAnew()`, which leads to a new code.
 */
export function callCard(press, way, hands) {
  const stage = press.receipt?.stage ?? null;
  return element(
    "article",
    { class: "call", "data-signal": press.signal_id, "data-stage": stage ?? "unsent" },
    element("h2", {}, words(press.kind ?? "unknownKind")),
    element("p", { class: "say" }, sentence(press, way)),
    press.refusal ? element("p", { class: "warning" }, words("notLeft")) : null,
    way.isUp || !press.receipt || press.isEnded
      ? null
      : element("p", { class: "stale" }, words("stale", { at: clock(press.heardMs) })),
    press.receipt ? stageList(press) : null,
    cancelLine(press),
    ...buttons(press, way, hands),
  );
}

/** How it stands, in one sentence. */
export function sentence(press, { isUp, isUnknown }) {
  if (press.refusal) return said(press.refusal);
  if (press.isEnded && press.receipt?.stage !== "closed") return words("ended");
  if (press.receipt) return said(press.receipt.text);
  if (isUp) return words("sending");
  if (isUnknown) return words("unknownDevice");
  return words(press.isKept ? "waiting" : "waitingUnkept");
}

function stageList(press) {
  const reached = STAGES.indexOf(press.receipt.stage);
  const rows = STAGES.map((stage, at) => row(stage, label(stage, press), at <= reached, press));
  rows.splice(1, 0, row("stored", words("stored"), press.isStored, press));
  return element("ol", { class: "stages", "aria-label": words("stages") }, ...rows);
}

function row(stage, text, isReached, press) {
  const atMs = isReached ? press.stageAtMs?.[stage] : null;
  return element(
    "li",
    { "data-stage": stage, class: isReached ? "reached" : "" },
    element("span", { class: "tick", "aria-hidden": "true" }, isReached ? "✓" : "○"),
    element("span", {}, text),
    atMs ? element("time", {}, clock(atMs)) : null,
  );
}

function label(stage, { receipt }) {
  if (stage === "delivered" && receipt.delivered_to > 0) {
    return words("deliveredTo", { count: receipt.delivered_to });
  }
  if (stage === "accepted" && receipt.patrol) {
    const minutes = Math.max(1, Math.round(receipt.eta_s / 60));
    const name = receipt.eta_s === null ? "acceptedBy" : "acceptedEta";
    return words(name, { patrol: receipt.patrol, minutes });
  }
  return words(stage);
}

function cancelLine(press) {
  if (press.isEnded) return null;
  if (press.isCancelling) return element("p", { class: "note" }, words("cancelling"));
  if (press.receipt?.cancel_requested) return element("p", { class: "note" }, words("cancelled"));
  return null;
}

function buttons(press, way, hands) {
  const id = press.signal_id;
  if (press.isEnded) return [button("dismiss", () => hands.dismiss(id))];
  if (press.isCancelling || press.receipt?.cancel_requested) return [];
  return [
    way.isUnknown && !press.receipt ? button("newCode", hands.askAnew) : null,
    button("cancel", () => hands.cancel(id)),
  ];
}

function button(name, onclick) {
  return element("button", { type: "button", class: "secondary", onclick }, words(name));
}
