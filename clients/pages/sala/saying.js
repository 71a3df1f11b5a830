/** Saying something to everyone of a front: a dialog, with what was said to it before. */

import { element, fill, setText } from "../shared/elements.js";
import { inBoth, words } from "../shared/language.js";
import { worded } from "../shared/worded.js";
import { messageList } from "./message_list.js";

const BODY_CHARS = 280;
/** They are said in both languages: nobody knows which one a neighbour reads. */
const READY = ["sayComing", "sayStay", "sayLook", "sayOver", "sayFalse", "sayTest"];

export class Saying {
  #messages;
  #front = null;
  #alertId = null;
  #title = element("h2", { id: "sayingTitle" });
  #about = element("p", { class: "muted" });
  #body = element("textarea", { id: "body", maxlength: BODY_CHARS, rows: 3, required: true });
  #left = element("p", { class: "muted" });
  #said = element("section", { "aria-live": "polite" });
  #dialog;

  /** Add the dialog to the page; call it once the page has its words. */
  constructor(messages) {
    this.#messages = messages;
    const done = worded("button", "done", { type: "button", class: "secondary" });
    const ready = element("div", { class: "ready" }, ...READY.map((name) => this.#readyText(name)));
    const form = element(
      "form",
      {},
      worded("p", "readyTexts"),
      ready,
      worded("label", "body", { for: "body" }),
      this.#body,
      this.#left,
      worded("button", "say", { class: "primary", type: "submit" }),
    );
    this.#dialog = element(
      "dialog",
      { class: "saying", "aria-labelledby": "sayingTitle" },
      this.#title,
      this.#about,
      form,
      this.#said,
      done,
    );
    document.body.append(this.#dialog);
    this.#body.addEventListener("input", () => this.draw());
    done.addEventListener("click", () => this.#dialog.close());
    form.addEventListener("submit", (event) => this.#say(event));
  }

  /** `front` is `{front_id, name}`; `alertId` the open alert that it is about, or null. */
  open(front, alertId = null) {
    this.#front = front;
    this.#alertId = alertId;
    this.#body.value = "";
    this.draw();
    this.#dialog.showModal();
    this.#body.focus();
  }

  draw() {
    if (!this.#front) return;
    setText(this.#title, words("sayTo", { front: this.#front.name }));
    setText(this.#about, words(this.#alertId ? "aboutAlert" : "aboutNothing"));
    setText(this.#left, words("charsLeft", { count: BODY_CHARS - this.#body.value.length }));
    const said = this.#messages.toFront(this.#front.front_id);
    fill(this.#said, said.length ? messageList(said, (id) => this.#messages.again(id)) : null);
  }

  #readyText(name) {
    const put = () => {
      this.#body.value = inBoth(name);
      this.draw();
      this.#body.focus();
    };
    return worded("button", name, { type: "button", class: "small", onclick: put });
  }

  #say(event) {
    event.preventDefault();
    const body = this.#body.value.trim();
    if (!body) return;
    this.#messages.say({ front_id: this.#front.front_id, alert_id: this.#alertId, body });
    this.#body.value = "";
    this.draw();
  }
}
