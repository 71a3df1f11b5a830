/** One alert in full: where, who, and what is around. */

import { element } from "../elements.js";
import { words } from "../language.js";
import { clock, duration } from "../when.js";
import { answerLine, isUnanswered, whereLine } from "./alert_list.js";
import { pictureGrid } from "./pictures.js";

const SOUNDS = ["asked", "sounding"];
const TIMES = [
  ["pressed", "pressed_at_ms"],
  ["received", "received_at_ms"],
  ["deliveredAt", "delivered_at_ms"],
  ["acceptedAt", "accepted_at_ms"],
  ["arrived", "arrived_at_ms"],
];

export function headline(alert, selfId, nowMs) {
  const { cancel_requested_at_ms: cancelledMs, escalation } = alert;
  const since = duration(nowMs - alert.stages.received_at_ms);
  return [
    element(
      "h2",
      { class: "headline", "data-kind": alert.kind, "data-urgency": alert.urgency },
      element("span", {}, words(alert.kind)),
      element("span", { class: "urgency" }, words(alert.urgency)),
      element("span", { class: "since", "aria-hidden": "true" }, since),
    ),
    element("p", { class: "where" }, whereLine(alert)),
    element(
      "p",
      { class: "answer", "data-unanswered": String(isUnanswered(alert)) },
      answerLine(alert, selfId),
    ),
    cancelledMs === null
      ? null
      : element("p", { class: "warning" }, words("cancelled", { at: clock(cancelledMs) })),
    escalation.step === "none" || alert.owner
      ? null
      : element("p", { class: "note" }, words("escalated", { step: words(escalation.step) })),
  ];
}

/**
 * `hands` has `silence(alertId)`, which has its sirens fall silent, and `missing()`, which is told
 * when a picture does not open.
 */
export function facts(alert, hands) {
  return [placeFacts(alert), senderFacts(alert), frontFacts(alert, hands), timeFacts(alert)];
}

function placeFacts({ place, quadrant }) {
  const { accuracy_m: accuracyM, age_s: ageS, border_m: borderM } = place;
  const found = place.found_by === "none" ? "foundNone" : place.found_by;
  const accuracy = { metres: Math.round(accuracyM), age: duration((ageS ?? 0) * 1000) };
  const border = { metres: Math.round(borderM), quadrant: place.runner_up };
  return card(
    quadrant ? quadrant.name : words("noPlace"),
    line(words(found)),
    accuracyM ? line(words("accuracy", accuracy)) : null, // an address has none
    borderM === null || !place.runner_up ? null : line(words("border", border)),
    quadrant?.cai ? line(`CAI ${quadrant.cai} · ${quadrant.station}`) : null,
  );
}

function senderFacts({ sender, reports, signals_total: total }) {
  const also = reports.filter((report) => report.verdict === "corroboration");
  return card(
    words("who"),
    element("p", { class: "strong" }, sender.name),
    sender.phone ? phone(sender.name, sender.phone) : null,
    sender.doubtful
      ? element("p", { class: "note" }, words("doubtful", { count: sender.false_alarms }))
      : null,
    total > 1 ? line(words("alsoCalled", { count: total - 1 })) : null,
    ...also.map((report) => line(`${report.sender.name} · ${clock(report.received_at_ms)}`)),
  );
}

function frontFacts(alert, hands) {
  const { front, sirens, pictures } = alert;
  if (!front) return null;
  const isLoud = sirens.some(({ state }) => SOUNDS.includes(state));
  return card(
    words("around"),
    element("p", { class: "strong" }, front.name),
    line(words("kit", front)),
    line(words("coordinator", { name: front.coordinator })),
    front.coordinator_phone ? phone(front.coordinator, front.coordinator_phone) : null,
    ...sirens.map(sirenLine),
    isLoud ? button("silence", () => hands.silence(alert.alert_id)) : null,
    pictures.length ? pictureGrid(pictures, hands.missing) : null,
  );
}

function sirenLine({ name, state }) {
  const said = words(state === "silent" ? "sirenSilent" : state);
  return element("p", { class: "siren", "data-state": state }, words("siren", { name, state: said }));
}

function timeFacts({ stages }) {
  const rows = TIMES.filter(([, field]) => stages[field] !== null);
  const pairs = rows.flatMap(([name, field]) => [
    element("dt", {}, words(name)),
    element("dd", {}, clock(stages[field])),
  ]);
  return card(words("times"), element("dl", {}, ...pairs));
}

function card(title, ...children) {
  return element("section", { class: "card" }, element("h3", {}, title), ...children);
}

function line(text) {
  return element("p", {}, text);
}

function phone(name, number) {
  const label = words("call", { name });
  return element("a", { class: "phone", href: `tel:${number}`, "aria-label": label }, number);
}

function button(name, onclick) {
  return element("button", { type: "button", class: "secondary", onclick }, words(name));
}
