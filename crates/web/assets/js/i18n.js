// The language of the page, and texts in it.
import { effect, keep, recall, signal } from "./ui.js";
import { choose, knows, say } from "./texts.js";

/** @import { Language } from "./texts.js" */

/** @type {import("@preact/signals").Signal<Language>} */
export const language = signal(choose(recall("language"), navigator.languages));

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});

/** A text in the page's language. @param {string} key @param {Record<string, string|number>} [values] */
export const t = (key, values) => say(language.value, key, values);

/** A text if there is one, else `otherwise`. @param {string} key @param {string} otherwise */
export const tOr = (key, otherwise) => (knows(key) ? t(key) : otherwise);

/** The gateway's reasons are English words: "hung up" is looked up as why_hung_up. @param {string} why */
export const whyText = (why) => tOr(`why_${why.toLowerCase().replace(/[^a-z0-9]+/g, "_")}`, why);

/** The other language, from now on. */
export function switchLanguage() {
  language.value = language.value === "zh" ? "en" : "zh";
  keep("language", language.value);
}
