/** What can be written instead of a message. */
export const COMMANDS = ["help", "model", "reset", "status", "stats"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The command in a text that is nothing else; a message that merely begins with a slash is a message. */
export function commandIn(text: string): CommandName | undefined {
  const name = /^\/(\w+)\s*$/.exec(text)?.[1]?.toLowerCase();
  return COMMANDS.find((command) => command === name);
}

/** Which commands to offer while one is being written. */
export function commandsLike(text: string): CommandName[] {
  const begun = /^\/(\w*)$/.exec(text)?.[1]?.toLowerCase();
  return begun === undefined ? [] : COMMANDS.filter((command) => command.startsWith(begun));
}
