/** The part of a page that makes this browser an enrolled device: by link, by code or by camera. */

import { element, setText } from "./elements.js";
import { NotEnrolled, codeIn, enrol } from "./enrolment.js";
import { onLanguage, said, words } from "./language.js";
import { canScan, scanCode } from "./scan_code.js";

/** What fits no page: the code is spent, and nobody is to be left without a word. */
class WrongRole extends Error {}

/**
 * Show the form in `place` until there is a device; then `done(device)`. `page` has the core's `url`,
 * the `client`'s name, the `roles` that it is for, and the `store`. `keepOld` is what to do about a
 * device that there is already, or null. A code in the page's own address is traded by itself.
 */
export function showEnrolling(place, page, done, keepOld = null) {
  const view = makeView(place, keepOld);
  let camera = new AbortController();

  async function trade(code) {
    view.enrolNow.disabled = true;
    setText(view.error, "");
    setText(view.enrolNow, words("enrolling"));
    try {
      const device = await enrol(page.url, code, page.client);
      if (!page.roles.includes(device.role)) throw new WrongRole();
      await page.store.keepDevice(device);
      history.replaceState(null, "", location.pathname);
      camera.abort();
      place.replaceChildren();
      done(device);
    } catch (error) {
      if (error instanceof NotEnrolled) setText(view.error, said(error.text));
      else if (error instanceof WrongRole) setText(view.error, words("wrongRole"));
      else throw error;
    } finally {
      view.enrolNow.disabled = false;
      setText(view.enrolNow, words("enrol"));
    }
  }

  async function scan() {
    camera = new AbortController();
    view.camera.hidden = false;
    view.scan.disabled = true;
    try {
      const code = await scanCode(view.video, camera.signal);
      if (code) await trade(code);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      setText(view.error, words("noCamera"));
    }
    view.camera.hidden = true;
    view.scan.disabled = false;
  }

  view.form.addEventListener("submit", (event) => {
    event.preventDefault();
    trade(view.code.value.trim());
  });
  view.scan.addEventListener("click", scan);
  view.stopScan.addEventListener("click", () => camera.abort());
  canScan().then((can) => (view.scan.hidden = !can));
  const given = codeIn(location.href);
  if (given) view.code.value = given;
  if (given && !keepOld) trade(given);
  else view.code.focus();
}

function makeView(place, keepOld) {
  const view = {
    code: element("input", {
      id: "code",
      class: "code",
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
      maxlength: "20",
      placeholder: "XXXX-XXXX-XXXX",
      "aria-describedby": "enrolHelp enrolError",
      required: true,
    }),
    error: element("p", { id: "enrolError", class: "error", role: "alert" }),
    enrolNow: element("button", { class: "primary", type: "submit" }),
    scan: element("button", { class: "secondary", type: "button", hidden: true }),
    video: element("video", { playsinline: true, muted: true }),
    stopScan: element("button", { class: "secondary", type: "button" }),
    title: element("h2"),
    help: element("p", { id: "enrolHelp" }),
    label: element("label", { for: "code" }),
    keep: element("button", { class: "secondary", type: "button", onclick: () => keepOld() }),
  };
  view.form = element("form", {}, view.label, view.code, view.error, view.enrolNow);
  view.camera = element("div", { class: "camera", hidden: true }, view.video, view.stopScan);
  const rest = keepOld ? [view.scan, view.keep] : [view.scan];
  place.replaceChildren(
    element("section", { class: "card" }, view.title, view.help, view.form, ...rest, view.camera),
  );
  const speak = () => {
    setText(view.title, words("enrolTitle"));
    setText(view.help, words(keepOld ? "replaceHelp" : "enrolHelp"));
    setText(view.label, words("code"));
    setText(view.enrolNow, words("enrol"));
    setText(view.scan, words("scan"));
    setText(view.stopScan, words("stopScan"));
    setText(view.keep, words("keepOld"));
  };
  speak();
  onLanguage(speak);
  return view;
}
