import type { LucideIcon } from "lucide-react";
import { useContext, useEffect, useId, useLayoutEffect, useRef } from "react";
import { isTyping, matches } from "./keys";
import { currentSettings, ownKeys } from "./shortcuts";
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
  app: string;
  commands: () => Command[];
}

const registrations = new Map<string, Registration>();

/** Offers commands in the palette, the shortcut list and by their keys while the component is mounted. */
export function useCommands(commands: Command[]): void {
  const id = useId();
  const context = useContext(WindowContext);
  const window = context?.id ?? null;
  const app = context?.app ?? "shell";
  const current = useRef(commands);
  // Before the next key can arrive, so that a command never acts on what was selected before.
  useLayoutEffect(() => {
    current.current = commands;
  });
  useEffect(() => {
    registrations.set(id, { window, app, commands: () => current.current });
    return () => {
      registrations.delete(id);
    };
  }, [id, window, app]);
}

/** A command's usual keys, and the name under which other ones are kept. */
export interface Keyed {
  id: string;
  usual: string[];
}

export function keyedOf(app: string, command: Command): Keyed {
  return {
    id: app === "shell" || command.id.startsWith(`${app}.`) ? command.id : `${app}.${command.id}`,
    usual: [command.keys ?? "", ...(command.alsoKeys ?? [])].filter(Boolean),
  };
}

/** The commands of the shell or of one window, with the keys that this person uses for them. */
export function commandsFor(window: string | null): Command[] {
  return [...registrations.values()]
    .filter((registration) => registration.window === window)
    .flatMap(({ app, commands }) =>
      commands().map((command) => {
        const { id, usual } = keyedOf(app, command);
        const [keys, ...alsoKeys] = usual.length > 0 ? ownKeys(currentSettings(), id, usual) : [];
        return { ...command, keys, alsoKeys };
      }),
    );
}

/** Every command with keys in the windows that are open, by app. */
export function keyedCommands(): Map<string, Map<string, Command>> {
  const apps = new Map<string, Map<string, Command>>();
  for (const { window, app, commands } of registrations.values()) {
    if (window === null) continue;
    const known = apps.get(app) ?? new Map<string, Command>();
    for (const command of commands()) if (command.keys) known.set(command.id, command);
    if (known.size > 0) apps.set(app, known);
  }
  return apps;
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
