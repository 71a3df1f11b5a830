/** Making and finding what a page shows. Text is always text: nothing from outside becomes HTML. */

export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`there is no #${id}`);
  return element;
}

/** `element("p", {class: "note", hidden: true}, "words", otherElement, null)` */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Replace the children only if they differ: a screen reader is not told the same again. */
export function fill(parent, ...children) {
  const shown = document.createElement(parent.tagName);
  shown.append(...children.filter((child) => child != null));
  if (shown.innerHTML !== parent.innerHTML) parent.replaceChildren(...shown.childNodes);
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
