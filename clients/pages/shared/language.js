/**
 * Spanish first, English by a switch. A page's words are a table of `[es, en]`; in its HTML an
 * element names its words with `data-words`, and its accessible name with `data-label`.
 */

const KEPT_AS = "cuadrante-language";

let language = localStorage.getItem(KEPT_AS) === "en" ? "en" : "es";
let table = {};
const listeners = [];

export function useWords(words) {
  table = words;
  showWords();
}

/** The words named `name`, with what stands in their `{braces}` put in. */
export function words(name, values = {}) {
  const pair = table[name];
  if (!pair) throw new Error(`there are no words for ${name}`);
  const text = pair[language === "en" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** Spanish with English beside it, for whoever reads it elsewhere. */
export function inBoth(name) {
  return table[name].join(" / ");
}

/** The server's own sentence, in the language in force. */
export function said(text) {
  return text[language];
}

export function locale() {
  return language === "en" ? "en-GB" : "es-CO";
}

export function onLanguage(listener) {
  listeners.push(listener);
}

export function switchLanguage() {
  language = language === "es" ? "en" : "es";
  localStorage.setItem(KEPT_AS, language);
  showWords();
  for (const listener of listeners) listener();
}

function showWords() {
  document.documentElement.lang = language === "es" ? "es-CO" : "en";
  for (const element of document.querySelectorAll("[data-words]")) {
    element.textContent = words(element.dataset.words);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words(element.dataset.label));
  }
}
