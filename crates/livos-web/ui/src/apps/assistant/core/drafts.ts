import { currentUser } from "@/lib/api";
import { load, save } from "@/lib/storage";

/** What is being written to no conversation yet. */
export const NEW = "new";
const MOST = 40;
const LONGEST = 20_000;

const key = () => `drafts.${currentUser()?.id ?? ""}`;

function all(): Record<string, string> {
  const kept = load<unknown>(key(), {});
  return typeof kept === "object" && kept !== null && !Array.isArray(kept)
    ? (kept as Record<string, string>)
    : {};
}

export function draftOf(conversation: string): string {
  const text = all()[conversation];
  return typeof text === "string" ? text : "";
}

/** Keeps what is being written, so that closing, reloading or leaving loses nothing. */
export function keepDraft(conversation: string, text: string): void {
  const { [conversation]: _, ...others } = all();
  // The one that was written in last is the last one, and the oldest go first.
  const entries = Object.entries(others).slice(-(MOST - 1));
  if (text) entries.push([conversation, text.slice(0, LONGEST)]);
  save(key(), entries.length > 0 ? Object.fromEntries(entries) : undefined);
}
