/** Making and finding what a page shows. Text is always text: nothing from outside becomes HTML. */

/** What tells one thing in a list from another of the same look. */
const KEYS = ["alert", "signal", "message", "id"];

export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`there is no #${id}`);
  return element;
}

/** `element("p", {class: "note", hidden: true, onclick: act}, "words", otherElement, null)` */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  made.acts = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) act(made, key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** What is done is looked up when it happens: `fill` keeps an element and renews what it does. */
function act(made, event, does) {
  made.acts[event] = does;
  made.addEventListener(event, (happened) => made.acts[event](happened));
}

/**
 * Show these children in `parent`. What is there already stays, so that the focus does, and a screen
 * reader is not told the same again; only what differs is changed.
 */
export function fill(parent, ...children) {
  const wanted = children.filter((child) => child != null);
  settleAll(parent, wanted.map(asNode));
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function asNode(child) {
  return typeof child === "string" ? document.createTextNode(child) : child;
}

function settleAll(parent, wanted) {
  const shown = [...parent.childNodes];
  wanted.forEach((node, at) => {
    if (at >= shown.length) parent.append(node);
    else settle(shown[at], node);
  });
  for (const left of shown.slice(wanted.length)) left.remove();
}

function settle(shown, wanted) {
  if (!isAlike(shown, wanted)) {
    shown.replaceWith(wanted);
  } else if (shown.nodeType === Node.TEXT_NODE) {
    if (shown.data !== wanted.data) shown.data = wanted.data;
  } else {
    shown.acts = wanted.acts;
    for (const { name } of [...shown.attributes]) {
      if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
    }
    settleAll(shown, [...wanted.childNodes]);
  }
}

function isAlike(shown, wanted) {
  if (shown.nodeName !== wanted.nodeName) return false;
  if (shown.nodeType === Node.TEXT_NODE) return true;
  const actsOf = (node) => Object.keys(node.acts ?? {}).join();
  const isSame = KEYS.every((key) => shown.dataset?.[key] === wanted.dataset?.[key]);
  return isSame && actsOf(shown) === actsOf(wanted);
}
