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

/** Takes what `leaveBehind` left for the page after this one in this tab; null when there is nothing. @param {string} name */
export function takeUp(name) {
  try {
    const left = sessionStorage.getItem(`vireo.${name}`);
    sessionStorage.removeItem(`vireo.${name}`);
    return left;
  } catch {
    return null;
  }
}

/**
 * Leaves `value` for the next page of this tab. It is not there while this page lives, so that a duplicated tab
 * does not have it too.
 * @param {string} name
 * @param {string} value
 */
export function leaveBehind(name, value) {
  try {
    sessionStorage.setItem(`vireo.${name}`, value);
  } catch {
    // Then a page that is loaded anew begins anew.
  }
}

/** The time, half a second exact, for everything that counts seconds. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 500);
