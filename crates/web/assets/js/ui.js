// The libraries under one roof, and what every page keeps in the browser.
import htm from "htm";
import { h, render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { batch, computed, effect, signal } from "@preact/signals";

/** Templates: html`<p>${text}</p>`. @type {(strings: TemplateStringsArray, ...values: any[]) => any} */
export const html = htm.bind(h);
export { batch, computed, effect, render, signal, useEffect, useRef };

/** What was kept under `name`; null when nothing was or storage is forbidden. @param {string} name */
export function recall(name) {
  try {
    return localStorage.getItem(`vireo.${name}`);
  } catch {
    return null;
  }
}

/** Keeps `value` under `name`, if the browser lets us. @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    localStorage.setItem(`vireo.${name}`, value);
  } catch {
    // Then it is chosen anew at the next visit.
  }
}

/** The time, half a second exact, for everything that counts seconds. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 500);
