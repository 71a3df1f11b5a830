/** The handheld: who calls, where, what is around, and the patrol's answer. */

import { Alarm } from "../shared/alarm.js";
import { facts, headline } from "../shared/alerts/alert_facts.js";
import { answerLine, inOrder, isUnanswered, whereLine } from "../shared/alerts/alert_list.js";
import { addClosing } from "../shared/alerts/closing.js";
import { Watch } from "../shared/alerts/watch.js";
import { ALERT_WORDS } from "../shared/alerts/words.js";
import { stayAwake } from "../shared/awake.js";
import { loadConfig } from "../shared/config.js";
import { openDeviceStore } from "../shared/device_store.js";
import { byId, element, fill, setText } from "../shared/elements.js";
import { showEnrolling } from "../shared/enrolling.js";
import { codeIn } from "../shared/enrolment.js";
import { onLanguage, said, switchLanguage, useWords, words } from "../shared/language.js";
import { Link } from "../shared/link.js";
import { showLink } from "../shared/link_line.js";
import { keepForOffline } from "../shared/offline.js";
import { askToBeWoken, beWoken } from "../shared/push.js";
import { QuadrantMap } from "../shared/quadrant_map.js";
import { toast } from "../shared/toast.js";
import { Whereabouts } from "../shared/whereabouts.js";
import { SHARED_WORDS } from "../shared/words.js";
import { deeds } from "./alert_deeds.js";
import { alertRow } from "./alert_row.js";
import { nearbyQuadrants } from "./nearby_quadrants.js";
import { WORDS } from "./words.js";

const CLIENT = "cuadrante-patrulla/0.1";
const ROLES = ["patrol"];
const REDRAW_EVERY_MS = 1_000;
const REPORT_EVERY_MS = 10_000;
const DOUBT_EVERY_MS = 8_000;
const ASK_QUADRANTS_AGAIN_MS = 30_000;

const alarm = new Alarm();
const known = new Set();
const whereabouts = new Whereabouts(reportPosition);
let store = null;
let device = null;
let watch = null;
let map = null;
let askOutcome = null;
let config = null;
let mapped = "";
let chosen = null;
let hasBeenUp = false;
let reportedMs = 0;

// --- opening --------------------------------------------------------------------------------------

async function open() {
  useWords({ ...SHARED_WORDS, ...ALERT_WORDS, ...WORDS });
  byId("language").addEventListener("click", switchLanguage);
  keepForOffline();
  store = await openDeviceStore("patrulla");
  config = await loadConfig();
  const page = { url: config.core_url, client: CLIENT, roles: ROLES, store };
  const kept = await store.device();
  addEventListener("hashchange", () => codeIn(location.href) && location.reload());
  if (kept && !codeIn(location.href)) {
    begin(kept);
    return;
  }
  byId("enrolling").hidden = false;
  const keepOld = () => location.assign(location.pathname);
  const done = (enrolled) => begin(enrolled);
  showEnrolling(byId("enrolling"), page, done, kept ? keepOld : null);
}

async function begin(enrolled) {
  device = enrolled;
  byId("enrolling").hidden = true;
  byId("ready").hidden = false;
  watch = new Watch({ changed: draw, closed, rang, heard, refused }, store);
  watch.link = new Link(config.core_url, device, watch, CLIENT, DOUBT_EVERY_MS);
  map = new QuadrantMap(byId("map"), config);
  byId("back").addEventListener("click", () => choose(null));
  byId("mute").addEventListener("click", draw);
  askOutcome = addClosing((chosen) => act({ type: "close", ...chosen }));
  await watch.restore();
  watch.link.start();
  setInterval(draw, REDRAW_EVERY_MS);
  document.addEventListener("visibilitychange", draw);
  onLanguage(draw);
  draw();
}

/** The server knows this device no more. */
async function askAnew() {
  await store.forgetDevice();
  location.reload();
}

// --- what happens ---------------------------------------------------------------------------------

function heard(message) {
  if (message.code === "synced" && watch.isOnDuty) beWoken(config, watch.link);
}

function rang(alertId) {
  if (watch.open.has(alertId)) alarm.ring(alertId);
}

function closed(alert) {
  alarm.hush(alert.alert_id);
  known.delete(alert.alert_id);
  if (chosen === alert.alert_id) choose(null);
  const name = alert.state === "closed" ? "closedToast" : "goneToast";
  toast(words(name, { where: whereLine(alert) }));
}

/** Ring for each alert that is new here, and open it if nothing else is. */
function noticeNew(alerts) {
  for (const alert of alerts) {
    if (!isUnanswered(alert)) alarm.hush(alert.alert_id);
    if (known.has(alert.alert_id)) continue;
    known.add(alert.alert_id);
    if (isUnanswered(alert)) {
      if (alert.kind === "test") alarm.chime();
      else alarm.ring(alert.alert_id);
    }
    chosen ??= alert.alert_id;
  }
}

function choose(alertId) {
  chosen = alertId;
  if (alertId) alarm.hush(alertId);
  draw();
  scrollTo(0, 0);
}

function refused(text) {
  toast(said(text));
}

function reportPosition() {
  const { position } = whereabouts;
  map?.showSelf(position);
  const nowMs = Date.now();
  if (!position || !watch?.isOnDuty || nowMs - reportedMs < REPORT_EVERY_MS) return;
  if (watch.link.send({ type: "position", position })) reportedMs = nowMs;
}

// --- what the patrol does ---------------------------------------------------------------------------

const hands = {
  accept: (alertId, etaS) =>
    act({ type: "accept", alert_id: alertId, ...(etaS ? { eta_s: etaS } : {}) }),
  arrive: (alertId) => act({ type: "arrive", alert_id: alertId }),
  missing: draw,
  silence: (alertId) => act({ type: "silence", alert_id: alertId }),
  close: (alert) => askOutcome(alert),
};

function act(message) {
  alarm.hush(message.alert_id);
  watch.act(message);
}

// --- what is shown ----------------------------------------------------------------------------------

function draw() {
  if (!watch) return;
  hasBeenUp ||= watch.link.isUp;
  const alerts = inOrder(watch.open.values());
  noticeNew(alerts);
  if (chosen && !watch.open.has(chosen)) chosen = null;
  const nowMs = Date.now();
  drawTop();
  const rows = alerts.map((alert) => alertRow(alert, device.device_id, nowMs, chosen, choose));
  byId("board").hidden = !watch.isOnDuty;
  byId("alertsTitle").dataset.count = alerts.length;
  if (!rows.length) rows.push(element("li", { class: "none" }, words("none")));
  fill(byId("alerts"), ...rows);
  document.body.classList.toggle("is-detail", chosen !== null);
  byId("detail").hidden = chosen === null;
  if (chosen) drawAlert(watch.open.get(chosen), nowMs);
  if (!document.hidden) alerts.forEach((alert) => watch.shown(alert));
  stayAwake(watch.isOnDuty);
  if (watch.isOnDuty) whereabouts.follow();
}

function drawTop() {
  const { link, welcome } = watch;
  if (welcome) {
    setText(byId("name"), welcome.name);
    setText(byId("quadrant"), welcome.quadrant ?? "");
  }
  showLink(byId("link"), link, hasBeenUp, askAnew);
  const isGone = byId("link").dataset.state === "down";
  const stale = watch.open.size ? words("stale") : "";
  const unsent = watch.underWay ? words("unsent", { count: watch.underWay }) : "";
  setText(byId("gone"), isGone ? [words("noConnection"), stale, unsent].filter(Boolean).join(" ") : "");
  document.body.classList.toggle("is-gone", isGone);
  document.body.classList.toggle("is-ringing", alarm.isRinging);
  byId("mute").hidden = !watch.isOnDuty || !alarm.isMuted;
  const name = watch.isOnDuty ? "goOffDuty" : "goOnDuty";
  fill(
    byId("duty"),
    element("p", { "data-on": String(watch.isOnDuty) }, words(watch.isOnDuty ? "onDuty" : "offDuty")),
    element(
      "button",
      { type: "button", id: "dutySwitch", class: watch.isOnDuty ? "small" : "primary", onclick: switchDuty },
      words(name),
    ),
    watch.isOnDuty ? null : element("p", { class: "note" }, words("offHelp")),
    store.isLasting ? null : element("p", { class: "note" }, words("notLasting")),
    alarm.isRinging
      ? element("button", { type: "button", class: "hush", onclick: hushAll }, words("hush"))
      : null,
  );
}

function switchDuty() {
  if (!watch.isOnDuty) askToBeWoken().then(() => watch.isOnDuty && beWoken(config, watch.link));
  watch.duty(!watch.isOnDuty);
}

function hushAll() {
  for (const alertId of watch.open.keys()) alarm.hush(alertId);
  draw();
}

function drawAlert(alert, nowMs) {
  fill(byId("headline"), ...headline(alert, device.device_id, nowMs));
  const answer = answerLine(alert, device.device_id);
  setText(byId("spoken"), `${words(alert.kind)}. ${whereLine(alert)}. ${answer}.`);
  fill(byId("facts"), ...facts(alert, hands));
  fill(byId("deeds"), ...deeds(alert, watch, hands));
  map.showPlace(alert.place);
  drawQuadrants(alert);
}

/** The borders are drawn once a quadrant: they come over the network, and nothing waits for them. */
async function drawQuadrants({ quadrant, edition }) {
  const wanted = `${edition} ${quadrant?.code}`;
  if (!quadrant || mapped === wanted) return;
  mapped = wanted;
  const features = await nearbyQuadrants(quadrant.code, device);
  if (features && mapped === wanted) map.showQuadrants(features, quadrant.code);
  if (!features) setTimeout(() => (mapped = ""), ASK_QUADRANTS_AGAIN_MS);
}

open();
