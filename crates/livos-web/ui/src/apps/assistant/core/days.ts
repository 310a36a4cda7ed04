import type { ConversationLine } from "@/lib/assistant";

export type Day = "pinned" | "today" | "yesterday" | { day: number } | { month: number };

export interface Group {
  key: string;
  day: Day;
  conversations: ConversationLine[];
}

const midnight = (time: number, days = 0) => {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime();
};

function dayOf(at: number, now: number): [string, Day] {
  const time = at * 1000;
  if (time >= midnight(now)) return ["today", "today"];
  if (time >= midnight(now, 1)) return ["yesterday", "yesterday"];
  if (time >= midnight(now, 6)) return [`day-${midnight(time)}`, { day: at }];
  const date = new Date(time);
  return [`month-${date.getFullYear()}-${date.getMonth()}`, { month: at }];
}

/** Pinned ones first, then by day, and by month once that is longer ago; newest first. */
export function byDay(conversations: ConversationLine[], now: number): Group[] {
  const groups = new Map<string, Group>();
  for (const one of conversations.toSorted((a, b) => b.updated_at - a.updated_at)) {
    const [key, day]: [string, Day] = one.pinned ? ["pinned", "pinned"] : dayOf(one.updated_at, now);
    const group = groups.get(key) ?? { key, day, conversations: [] };
    group.conversations.push(one);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  return [...all.filter(({ day }) => day === "pinned"), ...all.filter(({ day }) => day !== "pinned")];
}

export function matching(conversations: ConversationLine[], query: string): ConversationLine[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return conversations.filter(({ title }) => {
    const text = title.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
