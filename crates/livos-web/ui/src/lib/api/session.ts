import { load, save } from "../storage";
import { createStore } from "../store";
import type { SessionInfo } from "./types";

/**
 * `locked` means the session ended while the desktop was open: everything stays mounted behind the
 * sign-in sheet, so nothing that was being written is lost.
 */
export type SessionState =
  | { phase: "loading" }
  | { phase: "failed"; error: unknown }
  // The owner's account exists before the wizard is finished, so setup can have a session.
  | { phase: "setup"; serverName: string; session?: SessionInfo }
  | { phase: "signed_out"; serverName: string }
  | { phase: "signed_in"; session: SessionInfo }
  | { phase: "locked"; session: SessionInfo };

export const session = createStore<SessionState>({ phase: "loading" });

export function currentUser(): SessionInfo["user"] | null {
  const state = session.get();
  return "session" in state && state.session ? state.session.user : null;
}

export function csrfToken(): string {
  const state = session.get();
  return "session" in state && state.session ? state.session.csrf : "";
}

export function isAdmin(): boolean {
  const role = currentUser()?.role;
  return role === "owner" || role === "admin";
}

type Message = "signed_out" | "signed_in" | "look";
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("livos");

/** Tells the other tabs of this browser. */
export function broadcast(message: Message): void {
  channel?.postMessage(message);
}

export function onBroadcast(listener: (message: Message) => void): void {
  channel?.addEventListener("message", (event) => listener(event.data as Message));
}

/** Where an app was opened from before anybody was signed in; anything but an app's door is ignored. */
export function nextPage(search: string): string | undefined {
  const next = new URLSearchParams(search).get("next") ?? "";
  return /^\/open\/[a-z0-9]/.test(next) ? next : undefined;
}

export function signedIn(info: SessionInfo): void {
  const before = session.get();
  save("signed-in", true);
  // Another person's windows must never appear behind a new sign-in.
  if (before.phase === "locked" && before.session.user.id !== info.user.id) {
    location.assign("/");
    return;
  }
  const next = nextPage(location.search);
  if (next) location.replace(next);
  else session.set({ phase: "signed_in", session: info });
}

/** The server no longer accepts this session. */
export function sessionEnded(): void {
  const state = session.get();
  if (state.phase === "signed_in") session.set({ phase: "locked", session: state.session });
}

export function wasSignedIn(): boolean {
  return load("signed-in", false);
}
