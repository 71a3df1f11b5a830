/** The control room: every open alert of the city, who answers, and what is wrong. */

import { Alarm } from "../shared/alarm.js";
import { facts, headline } from "../shared/alerts/alert_facts.js";
import { inOrder, isUnanswered, whereLine } from "../shared/alerts/alert_list.js";
import { addClosing } from "../shared/alerts/closing.js";
import { Watch } from "../shared/alerts/watch.js";
import { ALERT_WORDS } from "../shared/alerts/words.js";
import { stayAwake } from "../shared/awake.js";
import { loadConfig } from "../shared/config.js";
import { byId, element, fill, setText } from "../shared/elements.js";
import { onLanguage, said, switchLanguage, useWords, words } from "../shared/language.js";
import { Link } from "../shared/link.js";
import { showLink } from "../shared/link_line.js";
import { keepForOffline } from "../shared/offline.js";
import { toast } from "../shared/toast.js";
import { SHARED_WORDS } from "../shared/words.js";
import { askPatrol, onAssigning } from "./assigning.js";
import { passing } from "./filters.js";
import { drawHealth, followHealth } from "./health.js";
import { showLogin } from "./login.js";
import { Queue } from "./queue.js";
import { Patrols } from "./patrols.js";
import { openRegistry, showRegistry } from "./registry.js";
import { messageList } from "./message_list.js";
import { Messages } from "./messages.js";
import { PicturePaths } from "./picture_paths.js";
import { RoomMap } from "./room_map.js";
import { Saying } from "./saying.js";
import { Declined, ask, logOut, whoIsLoggedIn } from "./session.js";
import { timelineCard } from "./timeline.js";
import { Troubles, troubleRows } from "./troubles.js";
import { HEALTH_WORDS, WORDS } from "./words.js";

const CLIENT = "cuadrante-sala/0.1";
const KINDS = ["panic", "silent", "medical", "fire", "intrusion", "test"];
const REDRAW_EVERY_MS = 1_000;
const STORY_AFTER_MS = 700;
const ASK_STORY_AGAIN_MS = 3_000;
const ASK_QUADRANTS_AGAIN_MS = 15_000;

const alarm = new Alarm();
const troubles = new Troubles();
const patrols = new Patrols();
const messages = new Messages(() => draw());
const paths = new PicturePaths(() => draw());
const known = new Set();
let config = null;
let watch = null;
let queue = null;
let map = null;
let askOutcome = null;
let saying = null;
let hasBeenUp = false;
let chosen = null;
let story = { of: "", told: null };
let greetedBy = null;
let isDrawing = false;

// --- opening --------------------------------------------------------------------------------------

async function open() {
  useWords({ ...SHARED_WORDS, ...ALERT_WORDS, ...HEALTH_WORDS, ...WORDS });
  byId("language").addEventListener("click", switchLanguage);
  byId("retry").addEventListener("click", () => location.reload());
  keepForOffline();
  try {
    config = await loadConfig();
    const session = await whoIsLoggedIn();
    if (session) begin(session);
    else showLogin(begin);
  } catch (error) {
    setText(byId("awayError"), error instanceof Declined ? said(error.text) : words("noServer"));
    byId("away").hidden = false;
  }
}

function begin(session) {
  setText(byId("who"), session.name);
  byId("logOut").hidden = false;
  byId("room").hidden = false;
  watch = new Watch({ changed: drawSoon, closed, rang, heard, refused });
  watch.link = new Link(config.core_url, session.device, watch, CLIENT);
  watch.link.onDuty = true; // whoever has the room open watches
  queue = new Queue(byId("queue"), choose);
  map = new RoomMap(byId("map"), config, choose);
  messages.link = watch.link;
  saying = new Saying(messages);
  openRegistry(session, (front) => saying.open(front));
  makeFilters();
  listen();
  show("queue");
  watch.link.start();
  setInterval(draw, REDRAW_EVERY_MS);
  followHealth(watch, drawSoon);
  drawQuadrants();
  draw();
}

function listen() {
  byId("logOut").addEventListener("click", leave);
  byId("back").addEventListener("click", () => choose(null));
  byId("sound").addEventListener("click", draw);
  byId("hush").addEventListener("click", hushAll);
  for (const tab of document.querySelectorAll(".views button")) {
    tab.addEventListener("click", () => show(tab.dataset.view));
  }
  onAssigning((chosen) => act({ type: "assign", ...chosen }));
  askOutcome = addClosing((chosen) => act({ type: "close", ...chosen }));
  onLanguage(() => {
    makeFilters();
    draw();
  });
  document.addEventListener("visibilitychange", draw);
}

async function leave() {
  try {
    await logOut();
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    if (error.code !== "not_authenticated") {
      toast(words("noEnd", { why: said(error.text) }));
      return;
    }
  }
  watch.link.stop();
  location.reload();
}

async function drawQuadrants() {
  try {
    map.showQuadrants(await ask("GET", "/v1/quadrants"));
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    setTimeout(drawQuadrants, ASK_QUADRANTS_AGAIN_MS);
  }
}

// --- what happens ---------------------------------------------------------------------------------

/** Asked to ring: nobody has answered in time. */
function rang(alertId) {
  if (watch.open.has(alertId) && alertId !== chosen) alarm.ring(alertId);
}

function closed(alert) {
  alarm.hush(alert.alert_id);
  known.delete(alert.alert_id);
  if (chosen !== alert.alert_id) return;
  choose(null);
  toast(words("ended", { where: whereLine(alert) }));
}

function refused(text) {
  toast(said(text));
}

function heard(message) {
  if (watch.welcome !== greetedBy) {
    troubles.greeted();
    patrols.greeted();
    messages.greeted();
  }
  greetedBy = watch.welcome;
  troubles.heard(message);
  patrols.heard(message);
  messages.heard(message);
}

/** One chime for whatever is new: what nobody answers rings when the core says so. */
function noticeNew(alerts) {
  if (!watch.isSynced) return;
  let isNew = false;
  for (const alert of alerts) {
    if (!isUnanswered(alert)) alarm.hush(alert.alert_id);
    if (known.has(alert.alert_id)) continue;
    known.add(alert.alert_id);
    isNew = true;
  }
  if (isNew) alarm.chime();
}

function choose(alertId) {
  const before = chosen;
  chosen = alertId;
  if (alertId) alarm.hush(alertId);
  if (alertId !== before) story = { of: "", told: null };
  draw();
  if (alertId && getComputedStyle(byId("back")).display !== "none") scrollTo(0, 0);
}

function show(view) {
  byId("desk").dataset.view = view;
  if (view === "registry") showRegistry();
  for (const tab of document.querySelectorAll(".views button")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.view === view));
  }
}

function hushAll() {
  for (const alertId of watch.open.keys()) alarm.hush(alertId);
  draw();
}

// --- what the room does -----------------------------------------------------------------------------

function act(message) {
  alarm.hush(message.alert_id);
  watch.act(message);
}

function missing() {
  paths.renew();
  draw();
}

function silence(alertId) {
  act({ type: "silence", alert_id: alertId });
}

// --- what is shown ----------------------------------------------------------------------------------

/** A greeting brings thousands of alerts: they are drawn together. */
function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  setTimeout(() => {
    isDrawing = false;
    draw();
  }, 50);
}

function draw() {
  hasBeenUp ||= watch.link.isUp;
  const open = inOrder(watch.open.values());
  noticeNew(open);
  if (chosen && !watch.open.has(chosen)) chosen = null;
  const shown = passing(open, {
    text: byId("search").value,
    kind: byId("kindFilter").value,
    state: byId("stateFilter").value,
  });
  drawTop(open);
  drawQueue(open, shown);
  map.show(shown, chosen);
  map.showPatrols(patrols.onCall);
  fill(byId("troubles"), ...troubleRows(troubles));
  setText(byId("troubleCount"), troubles.total ? String(troubles.total) : "");
  byId("desk").classList.toggle("has-detail", chosen !== null);
  byId("detail").hidden = chosen === null;
  if (chosen) drawAlert(watch.open.get(chosen));
  saying.draw();
  stayAwake(true);
}

function drawTop(open) {
  showLink(byId("link"), watch.link, hasBeenUp, () => location.reload());
  const isGone = byId("link").dataset.state === "down";
  const stale = open.length ? words("stale") : "";
  setText(byId("gone"), isGone ? `${words("noConnection")} ${stale}`.trim() : "");
  document.body.classList.toggle("is-ringing", alarm.isRinging);
  byId("sound").hidden = !alarm.isMuted;
  byId("hush").hidden = !alarm.isRinging;
  drawHealth(byId("health"), watch.link, open);
}

function drawQueue(open, shown) {
  const unanswered = open.filter(isUnanswered).length;
  const onCall = patrols.onCall.size;
  const counts = { shown: shown.length, open: open.length, unanswered, patrols: onCall };
  setText(byId("counts"), watch.isSynced || open.length ? words("counts", counts) : words("loading"));
  const none = open.length ? "noneMatch" : watch.isSynced ? "noneOpen" : "loading";
  byId("queue").dataset.none = shown.length ? "" : words(none);
  queue.show(shown, chosen);
}

function drawAlert(alert) {
  fill(byId("headline"), ...headline(alert, null, Date.now()), toldLine(alert));
  fill(byId("deeds"), ...roomDeeds(alert));
  fill(byId("facts"), ...facts(paths.renewed(alert), { silence, missing }));
  fill(byId("messages"), messagesCard(alert));
  fill(byId("story"), timelineCard(alert, story.told));
  const wanted = `${alert.alert_id} ${alert.version}`;
  if (story.of !== wanted) tellStory(alert, wanted);
}

/** What was said to the alert's front. */
function messagesCard({ front }) {
  const said = front ? messages.toFront(front.front_id) : [];
  if (!said.length) return null;
  const list = messageList(said, (messageId) => messages.again(messageId));
  return element("section", { class: "card" }, element("h3", {}, words("messages")), list);
}

/** The record is a moment behind the alert: it is asked once that has settled, and again if need be. */
async function tellStory(alert, wanted) {
  story = { ...story, of: wanted };
  const settledMs = story.told ? STORY_AFTER_MS : alert.stages.received_at_ms + STORY_AFTER_MS - Date.now();
  const waitMs = Math.max(0, Math.min(STORY_AFTER_MS, settledMs));
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  if (story.of !== wanted) return;
  let told = false;
  try {
    told = await ask("GET", `/v1/alerts/${alert.alert_id}/timeline`);
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    if (error.code === "not_found") told = null; // it is not on record yet
  }
  if (story.of !== wanted) return;
  story.told = told;
  draw();
  if (!told) setTimeout(() => story.of === wanted && (story.of = ""), ASK_STORY_AGAIN_MS);
}

function toldLine({ quadrant, told }) {
  const names = [quadrant?.name, ...told.secondary, ...told.neighbours].filter(Boolean);
  const quadrants = names.join(", ") || words("toldNobody");
  return element("p", { class: "muted" }, words("told", { quadrants, count: told.delivered_to }));
}

function roomDeeds(alert) {
  const id = alert.alert_id;
  if (watch.isActing(id, "close") || watch.isActing(id, "assign")) {
    return [element("p", { class: "under-way" }, words(watch.link.isUp ? "underWay" : "waiting"))];
  }
  const button = (name, onclick) =>
    element("button", { type: "button", class: "secondary", onclick }, words(name));
  return [
    alert.state === "on_scene" ? null : button("assign", () => askPatrol(alert)),
    alert.front ? button("messageFront", () => saying.open(alert.front, id)) : null,
    button("close", () => askOutcome(alert)),
  ];
}

function makeFilters() {
  const [kind, state] = [byId("kindFilter").value, byId("stateFilter").value || "all"];
  const option = (value, name) => element("option", { value }, words(name));
  byId("kindFilter").replaceChildren(option("", "allKinds"), ...KINDS.map((each) => option(each, each)));
  byId("stateFilter").replaceChildren(
    option("all", "all"),
    option("unanswered", "unanswered"),
    option("escalated", "escalatedOnly"),
    option("underWay", "underWayOnly"),
    option("onScene", "onSceneOnly"),
    option("cancelled", "cancelledOnly"),
  );
  byId("kindFilter").value = kind;
  byId("stateFilter").value = state;
  byId("search").placeholder = words("search");
  byId("filters").oninput = draw;
  byId("filters").onsubmit = (event) => event.preventDefault();
}

open();
