import { createStore } from "./store";
import { openApp } from "./window";

/** A question from elsewhere in the desktop; the Assistant takes it as soon as its window is there. */
export const asked = createStore<string | null>(null);

/** Opens the Assistant with a question. It is not in the address, which others may see. */
export function ask(question: string): void {
  asked.set(question);
  openApp("assistant", "/");
}
