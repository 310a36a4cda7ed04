/**
 * What all Files windows of this page share: the clipboard, the steps that can be undone and what is being dragged.
 */
import { createStore } from "@/lib/store";
import type { Place } from "./paths";

export type Clipboard = { effect: "move" | "copy"; items: Place[] } | undefined;

export const clipboard = createStore<Clipboard>(undefined);

/** What is dragged right now, because a drag from this page may be read before the drop only this way. */
export const dragged = createStore<Place[]>([]);

export type UndoStep =
  | { kind: "trash"; ids: string[]; count: number }
  | { kind: "rename"; place: Place; oldName: string }
  | { kind: "move"; items: Place[]; from: Place }
  | { kind: "create"; place: Place };

const limit = 50;

export const undoSteps = createStore<readonly UndoStep[]>([]);

export function remember(step: UndoStep): void {
  undoSteps.set([...undoSteps.get(), step].slice(-limit));
}

/** Takes the newest step off; the caller carries it out. */
export function takeUndo(): UndoStep | undefined {
  const steps = undoSteps.get();
  const last = steps.at(-1);
  if (last) undoSteps.set(steps.slice(0, -1));
  return last;
}

/** A step undone by its own button must not be undone a second time by Ctrl+Z. */
export function forget(step: UndoStep): boolean {
  const steps = undoSteps.get();
  if (!steps.includes(step)) return false;
  undoSteps.set(steps.filter((other) => other !== step));
  return true;
}
