import { createStore, useStore } from "./store";

const query = "(width < 48rem), (pointer: coarse) and (width < 56.25rem)";
const phone = createStore(typeof matchMedia === "undefined" ? false : matchMedia(query).matches);
if (typeof matchMedia !== "undefined") {
  matchMedia(query).addEventListener("change", (event) => phone.set(event.matches));
}

/** Whether there is room only for one thing at a time: no windows, sheets instead of menus. */
export function usePhone(): boolean {
  return useStore(phone);
}

export function isPhone(): boolean {
  return phone.get();
}

/** How many pixels one rem is now; the text size setting changes it. */
export function rem(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
