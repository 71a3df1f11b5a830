/** What a patrol can do about an alert now: one big button, within reach of a thumb. */

import { element } from "../shared/elements.js";
import { words } from "../shared/language.js";

const ETAS_MIN = [2, 5, 10, 15];

/** `hands` has `accept(id, etaS)`, `arrive(id)` and `close(alert)`; `watch` knows what is under way. */
export function deeds(alert, watch, hands) {
  const id = alert.alert_id;
  const isOurs = alert.owner?.device_id === watch.welcome?.device_id;
  const mayAccept = !alert.owner || alert.owner.arrival_overdue;
  const acting = ["accept", "arrive", "close"].find((type) => watch.isActing(id, type));
  if (acting) return [element("p", { class: "under-way" }, words(underWay(watch)))];
  if (isOurs && alert.state === "on_scene") {
    return [button("close", "primary", () => hands.close(alert)), navigate(alert)];
  }
  if (isOurs) {
    return [
      button("arrive", "primary", () => hands.arrive(id)),
      etas(id, "changeEta", hands),
      element("div", { class: "pair" }, navigate(alert), button("close", "secondary", () => hands.close(alert))),
    ];
  }
  if (mayAccept) {
    return [
      etas(id, "acceptIn", hands),
      button("accept", "primary", () => hands.accept(id)),
    ];
  }
  return [navigate(alert)];
}

function underWay(watch) {
  return watch.link.isUp ? "underWay" : "waiting";
}

function etas(id, label, hands) {
  const choices = ETAS_MIN.map((count) =>
    element(
      "button",
      { type: "button", class: "eta", onclick: () => hands.accept(id, count * 60) },
      words("minutes", { count }),
    ),
  );
  return element(
    "div",
    { class: "etas", role: "group", "aria-label": words(label) },
    element("span", { class: "etas-label", "aria-hidden": "true" }, words(label)),
    ...choices,
  );
}

/** The device's own maps: `geo:` (RFC 5870), which Apple's do not open. */
function navigate({ place }) {
  if (place.lat === null) return null;
  const at = `${place.lat},${place.lon}`;
  const isApple = /iPhone|iPad|Macintosh/.test(navigator.userAgent);
  const href = isApple ? `https://maps.apple.com/?daddr=${at}` : `geo:${at}?q=${at}`;
  return element("a", { class: "secondary", href, rel: "noreferrer" }, words("navigate"));
}

function button(name, kind, onclick) {
  return element("button", { type: "button", class: kind, onclick }, words(name));
}
