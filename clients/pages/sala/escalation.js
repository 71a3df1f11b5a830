/** How far an alert was raised for want of an answer, and when it goes further. */

import { words } from "../shared/language.js";
import { duration } from "../shared/when.js";

export function escalationLine({ escalation, owner }) {
  const { step, rounds, next_at_ms: nextMs } = escalation;
  if (owner && !owner.arrival_overdue) {
    return owner.eta_s === null ? "" : words("eta", { minutes: Math.ceil(owner.eta_s / 60) });
  }
  const reached = step === "none" ? "" : words("raisedSoFar", { step: words(step), rounds });
  const leftMs = nextMs === null ? 0 : nextMs - Date.now();
  const next = leftMs > 0 ? words("nextStep", { left: duration(leftMs + 999) }) : "";
  return [reached, next].filter(Boolean).join(" · ");
}
