import type { LucideIcon } from "lucide-react";
import { useContext, useEffect, useId, useLayoutEffect, useRef } from "react";
import { isTyping, matches } from "./keys";
import { WindowContext } from "./window";

export interface Command {
  id: string;
  title: string;
  icon?: LucideIcon | undefined;
  /** "Mod+A", "F2", "Delete", "/": works while the window has the focus. */
  keys?: string | undefined;
  /** More combinations that do the same. */
  alsoKeys?: string[];
  group?: "commands" | "settings";
  /** False for what makes sense only as a key, such as moving a selection. */
  listed?: boolean;
  disabled?: boolean;
  run: () => void;
}

interface Registration {
  window: string | null;
  commands: () => Command[];
}

const registrations = new Map<string, Registration>();

/** Offers commands in the palette, the shortcut list and by their keys while the component is mounted. */
export function useCommands(commands: Command[]): void {
  const id = useId();
  const window = useContext(WindowContext)?.id ?? null;
  const current = useRef(commands);
  // Before the next key can arrive, so that a command never acts on what was selected before.
  useLayoutEffect(() => {
    current.current = commands;
  });
  useEffect(() => {
    registrations.set(id, { window, commands: () => current.current });
    return () => {
      registrations.delete(id);
    };
  }, [id, window]);
}

/** The commands of the shell and of one window. */
export function commandsFor(window: string | null): Command[] {
  return [...registrations.values()]
    .filter((registration) => registration.window === window)
    .flatMap((registration) => registration.commands());
}

/** Runs the command whose keys were pressed, if there is one. */
export function runKeys(event: KeyboardEvent, window: string | null): boolean {
  const typing = isTyping(event.target);
  for (const command of commandsFor(window)) {
    if (command.disabled) continue;
    for (const keys of [command.keys, ...(command.alsoKeys ?? [])]) {
      if (!keys || !matches(event, keys)) continue;
      // Keys that also edit text belong to the field while someone types.
      if (typing && !/^F\d+$/.test(keys) && !/^(Mod|Alt)\+.*[KSN]$/i.test(keys)) continue;
      event.preventDefault();
      command.run();
      return true;
    }
  }
  return false;
}
