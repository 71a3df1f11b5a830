/** The panic page: one big button, and the truth about how far the call for help has got. */

import { Alarm } from "../shared/alarm.js";
import { loadConfig } from "../shared/config.js";
import { openDeviceStore } from "../shared/device_store.js";
import { byId, element, fill, setText } from "../shared/elements.js";
import { showEnrolling } from "../shared/enrolling.js";
import { codeIn } from "../shared/enrolment.js";
import { onLanguage, said, switchLanguage, useWords, words } from "../shared/language.js";
import { Link } from "../shared/link.js";
import { showLink } from "../shared/link_line.js";
import { keepForOffline } from "../shared/offline.js";
import { askToBeWoken, beWoken, mayAskToBeWoken } from "../shared/push.js";
import { vibrate } from "../shared/vibrate.js";
import { Whereabouts } from "../shared/whereabouts.js";
import { SHARED_WORDS } from "../shared/words.js";
import { callCard, sentence } from "./call_card.js";
import { onHold } from "./hold.js";
import { FrontNews } from "./front_news.js";
import { messageCard } from "./message_card.js";
import { Presses, isDiscreet } from "./presses.js";
import { WORDS } from "./words.js";

const CLIENT = "cuadrante-boton/0.1";
const ROLES = ["app", "button"];
const KINDS = ["panic", "medical", "fire", "intrusion"];
const REDRAW_EVERY_MS = 1_000;
const PRESSED_MS = 60;
const TOLD_MS = [120, 80, 120];

const alarm = new Alarm();
let config = null;
let store = null;
let isApp = false;
let presses = null;
let news = null;
let hasBeenUp = false;
let kind = KINDS[0];
const whereabouts = new Whereabouts(() => {
  if (whereabouts.position) presses?.moved(whereabouts.position);
  draw();
});

async function open() {
  useWords({ ...SHARED_WORDS, ...WORDS });
  byId("language").addEventListener("click", switchLanguage);
  keepForOffline();
  store = await openDeviceStore("boton");
  config = await loadConfig();
  const page = { url: config.core_url, client: CLIENT, roles: ROLES, store };
  const device = await store.device();
  addEventListener("hashchange", () => codeIn(location.href) && location.reload());
  if (device && !codeIn(location.href)) {
    await begin(page, device);
  } else {
    const keepOld = device ? () => keepPresent(page, device) : null;
    askForCode(page, keepOld);
  }
}

function askForCode(page, keepOld) {
  byId("ready").hidden = true;
  byId("enrolling").hidden = false;
  showEnrolling(byId("enrolling"), page, (device) => begin(page, device), keepOld);
}

function keepPresent(page, device) {
  history.replaceState(null, "", location.pathname);
  begin(page, device);
}

async function begin(page, device) {
  isApp = device.role === "app";
  presses = new Presses(store, device, draw);
  news = new FrontNews(store, { came, mayShow });
  presses.link = news.link = new Link(page.url, device, { greeted, heard, lost, changed: draw }, CLIENT);
  await presses.restore();
  await news.restore();
  presses.link.start();
  whereabouts.follow();
  prepareButtons();
  byId("enrolling").hidden = true;
  byId("ready").hidden = false; // the button is there once it works
  setInterval(draw, REDRAW_EVERY_MS);
  document.addEventListener("visibilitychange", draw);
  onLanguage(draw);
  draw();
}

// --- what the link says -----------------------------------------------------------------------------

function greeted() {
  presses.greeted();
  news.greeted();
}

function heard(message) {
  presses.heard(message);
  news.heard(message);
  if (message.code === "synced") hearWhileAsleep();
  draw();
}

/** Of whoever sleeps, the core tells only an app how far its call has got; a button has no screen. */
function hearWhileAsleep() {
  if (isApp) beWoken(config, presses.link);
}

function lost() {
  presses.lost();
}

/** The control room says something. While somebody calls in silence, nothing sounds. */
function came() {
  if (presses.isSilentlyCalling) return;
  alarm.chime();
  vibrate(TOLD_MS);
}

/** What is said about a call that was made in silence would give it away. */
function mayShow({ alert_id: alertId }) {
  const ofOurs = [...presses.all.values()].filter((press) => press.receipt?.alert_id === alertId);
  return alertId === null || !ofOurs.some(isDiscreet);
}

// --- what the person does ---------------------------------------------------------------------------

/** The server knows this device no more: what is kept of its presses stays, for the next one. */
async function askAnew() {
  await store.forgetDevice();
  location.reload();
}

function prepareButtons() {
  byId("kinds").replaceChildren(...KINDS.map(kindChoice));
  onHold(byId("help"), () => call(byId("drill").checked ? "test" : kind));
  onHold(byId("shield"), () => call("silent"));
  byId("drill").addEventListener("change", draw);
  byId("allowPlace").addEventListener("click", () => whereabouts.follow());
  byId("allowNews").addEventListener("click", () => askToBeWoken().then(hearWhileAsleep).then(draw));
  byId("kinds").addEventListener("change", (event) => {
    kind = event.target.value;
    draw();
  });
}

function kindChoice(name) {
  const attributes = { type: "radio", name: "kind", value: name, checked: name === kind };
  return element(
    "label",
    { class: "kind" },
    element("input", attributes),
    element("span", { "data-words": name }, words(name)),
  );
}

function call(called) {
  presses.press(called, whereabouts.position);
  if (called === "silent") return; // nothing moves, shows or sounds
  vibrate(PRESSED_MS);
  draw();
  byId("calls").scrollIntoView({ block: "start" });
}

function confirmCancel(signalId) {
  const dialog = byId("cancelDialog");
  dialog.returnValue = "no";
  dialog.onclose = () => dialog.returnValue === "yes" && presses.cancel(signalId);
  dialog.showModal();
}

function draw() {
  if (!presses) return;
  const { link } = presses;
  hasBeenUp ||= link.isUp;
  showLink(byId("link"), link, hasBeenUp, askAnew);
  const isDrill = byId("drill").checked;
  document.body.classList.toggle("drill", isDrill);
  setText(byId("helpKind"), words(isDrill ? "test" : kind));
  setText(byId("helpHow"), words("hold"));
  setText(byId("place"), placeLine());
  byId("allowPlace").hidden = Boolean(whereabouts.position) || whereabouts.isRefused;
  byId("allowNews").hidden = !isApp || !mayAskToBeWoken(config);
  const banners = [...news.banners.values()].map(said);
  if (!store.isLasting) banners.push(words("notLasting"));
  fill(byId("banners"), ...banners.map((text) => element("p", { class: "banner" }, text)));
  drawMessages();
  const shown = [...presses.all.values()].filter((press) => !isDiscreet(press)).reverse();
  const way = { isUp: link.isUp, isUnknown: presses.isUnknown };
  const dismiss = (signalId) => presses.dismiss(signalId);
  const hands = { cancel: confirmCancel, dismiss, askAnew };
  fill(byId("calls"), ...shown.map((press) => callCard(press, way, hands)));
  setText(byId("spoken"), shown.length ? sentence(shown[0], way) : "");
  document.body.classList.toggle("is-calling", shown.some((press) => !press.isEnded));
}

function drawMessages() {
  const { messages } = news;
  fill(byId("messages"), ...messages.map((message) => messageCard(message, readMessage)));
  if (!document.hidden) news.shown(messages);
}

function readMessage(messageId) {
  news.read(messageId);
  draw();
}

function placeLine() {
  const { position } = whereabouts;
  if (!position) return words("noPlace");
  return words("place", { metres: Math.max(1, Math.round(position.accuracy_m)) });
}

open();
