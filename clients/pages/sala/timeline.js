/** What happened to an alert, in order, with how long each took: as the record has it. */

import { element } from "../shared/elements.js";
import { words } from "../shared/language.js";
import { clock, duration } from "../shared/when.js";
import { EVENT_WORDS, REASON_WORDS } from "./words.js";

/** `story` is the console's answer, null while it is asked for, or false where it cannot be had. */
export function timelineCard(alert, story) {
  return element(
    "section",
    { class: "card timeline" },
    element("h3", {}, words("timeline")),
    story ? element("ol", {}, ...story.events.map((event) => eventRow(event, alert))) : note(story),
  );
}

function note(story) {
  return element("p", { class: "muted" }, words(story === null ? "timelineComing" : "timelineAway"));
}

function eventRow({ at_ms: atMs, kind, reason, device_id: deviceId, took_ms: tookMs }, alert) {
  const sinceMs = Math.max(0, atMs - alert.stages.received_at_ms);
  const about = [reason && inWords(REASON_WORDS, reason), deviceId].filter(Boolean).join(" · ");
  return element(
    "li",
    {},
    element("time", { title: `+${duration(sinceMs)}` }, clock(atMs)),
    element("strong", {}, inWords(EVENT_WORDS, kind)),
    element("span", { class: "muted" }, about),
    tookMs === null ? null : element("span", { class: "took" }, took(tookMs)),
  );
}

/** A newer server may have words that this page does not know: they are shown as they are. */
function inWords(names, word) {
  return names.has(word) ? words(names.get(word)) : word;
}

function took(ms) {
  return ms < 1000 ? `${ms} ms` : duration(ms);
}
