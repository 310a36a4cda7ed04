import type { AssistantStatus, Tier } from "@/lib/assistant";

/** What a conversation can ask for, the quickest first. */
export const TIERS: readonly Tier[] = ["fast", "usual", "best"];

/** What can be written instead of a message. */
export const COMMANDS = ["help", "model", "think", "verbose", "reset", "status", "stats"] as const;
export type CommandName = (typeof COMMANDS)[number];

/** The command in a text that is nothing else; a message that merely begins with a slash is a message. */
export function commandIn(text: string): CommandName | undefined {
  const name = /^\/(\w+)\s*$/.exec(text)?.[1]?.toLowerCase();
  return COMMANDS.find((command) => command === name);
}

/** The model that `/model` is to choose for a conversation, if it names one. */
export function tierIn(text: string): Tier | undefined {
  const name = /^\/model\s+(\w+)\s*$/i.exec(text)?.[1]?.toLowerCase();
  return TIERS.find((tier) => tier === name);
}

/** How hard a model can be asked to think; "off" is as its provider thinks best. */
export const LEVELS = ["off", "low", "medium", "high"] as const;
export type Level = (typeof LEVELS)[number];

/** How hard `/think` wants the model of a conversation to think, if it says so. */
export function levelIn(text: string): Level | undefined {
  const name = /^\/think\s+(\w+)\s*$/i.exec(text)?.[1]?.toLowerCase();
  return LEVELS.find((level) => level === name);
}

/** How much of the work `/verbose` wants shown, if it says so. */
export function verboseIn(text: string): boolean | undefined {
  const name = /^\/verbose\s+(\w+)\s*$/i.exec(text)?.[1]?.toLowerCase();
  return name === "off" ? false : name === "on" || name === "full" ? true : undefined;
}

/** Who answers in a conversation: the model of its tier, or the usual one where none is set up for that. */
export function answering(status: AssistantStatus | undefined, tier: Tier | undefined) {
  return status?.tiers?.find((one) => one.tier === tier) ?? status?.model;
}

/** Which commands to offer while one is being written. */
export function commandsLike(text: string): CommandName[] {
  const begun = /^\/(\w*)$/.exec(text)?.[1]?.toLowerCase();
  return begun === undefined ? [] : COMMANDS.filter((command) => command.startsWith(begun));
}
