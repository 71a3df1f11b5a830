/** Administration: who and what is registered, brought in, and enrolled with a code to scan. */

import { byId, element, fill, setText } from "../shared/elements.js";
import { onLanguage, said, words } from "../shared/language.js";
import { showCode } from "./enrolment_sheet.js";
import { KINDS } from "./registry_kinds.js";
import { Declined, ask } from "./session.js";

const PAGE = 50;
const TYPED_FOR_MS = 300;
const LOOK_AGAIN_MS = 5_000;

let rights = [];
let sayTo = null;
let kind = "devices";
let rows = [];
let isMore = false;
let refused = null;
let editing = null;
let typed = 0;
let questions = 0;

/**
 * `session` says what whoever is logged in may do here; `say(front)` leads to saying something to
 * everyone of a front.
 */
export function openRegistry(session, say) {
  rights = session.rights;
  sayTo = say;
  byId("registrySearch").addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(load, TYPED_FOR_MS);
  });
  byId("registryMore").addEventListener("click", () => load(rows.at(-1)));
  byId("registryNew").addEventListener("click", () => edit(null));
  byId("editForm").addEventListener("submit", keep);
  byId("editCancel").addEventListener("click", () => byId("edit").close());
  byId("registryKinds").addEventListener("change", (event) => choose(event.target.value));
  byId("registryNew").hidden = !rights.includes("register");
  setInterval(lookAgain, LOOK_AGAIN_MS);
  onLanguage(draw);
}

export function showRegistry() {
  draw();
  return load();
}

function choose(wanted) {
  kind = wanted;
  rows = [];
  return load();
}

async function load(after = null) {
  questions += 1;
  const asked = questions;
  const found = await tried(() => pageAfter(after));
  if (found && asked === questions) take(found, after ? rows : []);
}

/** What others do here shows by itself: a device is set up, a code is given out. */
async function lookAgain() {
  const isInSight = byId("registryRows").offsetParent !== null;
  if (!isInSight || byId("edit").open || rows.length > PAGE) return;
  const asked = questions;
  try {
    const found = await pageAfter(null);
    if (asked === questions) take(found, []);
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
  }
}

/** One row more than is shown says whether there are more. */
async function pageAfter(row) {
  const query = new URLSearchParams({ limit: PAGE + 1, q: byId("registrySearch").value.trim() });
  if (row) query.set("after", row[KINDS[kind].id]);
  return (await ask("GET", `/v1/${kind}?${query}`))[kind];
}

function take(found, before) {
  isMore = found.length > PAGE;
  rows = [...before, ...found.slice(0, PAGE)];
  draw();
}

/** Returns what `work` gives, or undefined where it was declined, which is then shown. */
async function tried(work) {
  try {
    refused = null;
    return await work();
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    refused = error;
    return undefined;
  } finally {
    sayRefused();
  }
}

function sayRefused() {
  const text = refused ? said(refused.text) : "";
  setText(byId("registryError"), byId("edit").open ? "" : text);
  setText(byId("editError"), text);
}

function draw() {
  fill(byId("registryRows"), ...rows.map(asRow));
  byId("registryMore").hidden = !isMore;
  byId("registryNone").hidden = rows.length > 0;
  byId("registrySearch").placeholder = words("registrySearch");
  sayRefused();
}

function asRow(row) {
  const { id, shows } = KINDS[kind];
  const [code, name, ...more] = shows(row);
  return element(
    "li",
    { class: "entry", "data-id": row[id] },
    element("strong", {}, name),
    element("span", { class: "muted" }, [code, ...more].filter(Boolean).join(" · ")),
    row.enrolment ? element("span", { class: "enrolment" }, words(`enrolment_${row.enrolment}`)) : null,
    element("div", { class: "entry-deeds" }, ...deeds(row)),
  );
}

function deeds(row) {
  const button = (name, onclick) =>
    element("button", { type: "button", class: "small", onclick }, words(name));
  const mayEnrol = kind === "devices" && rights.includes("enrol");
  const isIn = row.enrolment === "enrolled" || row.enrolment === "code_issued";
  return [
    kind === "fronts" ? button("messageFront", () => sayTo(row)) : null,
    mayEnrol ? button("giveCode", () => giveCode(row)) : null,
    mayEnrol && isIn ? button("withdraw", () => withdraw(row)) : null,
    rights.includes("register") ? button("change", () => edit(row)) : null,
  ];
}

async function giveCode(row) {
  const code = await tried(() => ask("POST", `/v1/devices/${encodeURIComponent(row.device_id)}/code`));
  if (!code) return;
  showCode(row, code);
  load();
}

function withdraw(row) {
  const reason = prompt(words("withdrawWhy", { name: row.name }))?.trim();
  if (!reason) return;
  const path = `/v1/devices/${encodeURIComponent(row.device_id)}/revocation`;
  tried(() => ask("POST", path, { reason })).then(() => refused ?? load());
}

// --- the form ---------------------------------------------------------------------------------------

function edit(row) {
  const { id, fields, asFields } = KINDS[kind];
  editing = row;
  const values = row ? asFields(row) : {};
  setText(byId("editTitle"), row ? row[id] : words(`new_${kind}`));
  refused = null;
  sayRefused();
  byId("editFields").replaceChildren(
    ...fields.map((field) => asField(field, values[field.name], row !== null && field.name === id)),
  );
  byId("editForm").oninput = () => heedRole(fields);
  heedRole(fields);
  byId("edit").showModal();
}

function heedRole(fields) {
  for (const { name, onlyFor } of fields.filter((field) => field.onlyFor)) {
    const input = byId(`edit-${name}`);
    input.required = byId("edit-role").value === onlyFor;
    input.disabled = !input.required;
  }
}

function asField({ name, options, onlyFor, ...attributes }, value, isFixed) {
  const id = `edit-${name}`;
  const made = options
    ? element("select", { id, class: "field", name }, ...options.map((each) => asOption(name, each, value)))
    : element("input", { id, class: "field", name, type: "text", readonly: isFixed, ...attributes, value: value ?? "" });
  return element("div", { class: "edit-field" }, element("label", { for: id }, words(name)), made);
}

function asOption(name, each, value) {
  const text = each === "" ? words("never") : words(`${name}_${each}`);
  return element("option", { value: each, selected: each === (value ?? "") }, text);
}

async function keep(event) {
  event.preventDefault();
  const { id, fields, asBody } = KINDS[kind];
  const given = new FormData(event.target);
  const values = Object.fromEntries(
    fields.map(({ name, type }) => {
      const text = (given.get(name) ?? "").trim();
      return [name, text === "" ? null : type === "number" ? Number(text) : text];
    }),
  );
  const path = `/v1/${kind}/${encodeURIComponent(values[id])}`;
  await tried(() => ask("PUT", path, asBody(values)));
  if (refused) return;
  byId("edit").close();
  if (!editing) byId("registrySearch").value = values[id];
  await load();
}
