import type { Conversation, Item, QueuedMessage } from "@/lib/assistant";

/** One event of a conversation's stream. */
export interface LogEvent {
  /** How far the conversation's log has been told with it. */
  seq: number | undefined;
  name: string;
  data: unknown;
}

export interface Applied {
  view: Conversation;
  /** What is here no longer adds up, so the conversation has to be fetched again. */
  lost: boolean;
}

interface Delta {
  item: string;
  text: string;
}

/** What a stream says, in the order in which it came. A replayed event changes nothing that is already newer. */
export function apply(view: Conversation, events: LogEvent[]): Applied {
  let now = view;
  for (const event of events) {
    const next = applyOne(now, event);
    if (!next) return { view: now, lost: true };
    const seq = Math.max(next.seq, event.seq ?? 0);
    now = seq === next.seq ? next : { ...next, seq };
  }
  return { view: now, lost: false };
}

function applyOne(view: Conversation, { name, data }: LogEvent): Conversation | undefined {
  switch (name) {
    case "item":
      return withItem(view, data as Item);
    case "delta":
      return withDelta(view, data as Delta);
    case "state":
      return { ...view, running: (data as { running: boolean }).running };
    case "queued":
      return { ...view, queued: (data as { queued: QueuedMessage[] }).queued };
    case "title":
      return { ...view, title: (data as { title: string }).title };
    case "reset":
      return undefined;
    // A kind of event that only a newer server knows.
    default:
      return view;
  }
}

/** A new one comes last; one of the same key is replaced, unless it is already further. */
function withItem(view: Conversation, item: Item): Conversation {
  const at = view.items.findLastIndex((other) => other.key === item.key);
  const known = view.items[at];
  if (!known) {
    // A message whose turn has come waits no longer.
    const queued = item.kind === "person" ? view.queued.filter(({ run }) => run !== item.run) : view.queued;
    return { ...view, queued, items: [...view.items, item] };
  }
  if (item.seq < known.seq) return view;
  return { ...view, items: view.items.with(at, item) };
}

/** More text for what is being written. Nothing to add it to means that something was missed. */
function withDelta(view: Conversation, delta: Delta): Conversation | undefined {
  const at = view.items.findLastIndex((item) => item.key === delta.item);
  const item = view.items[at];
  if (!item || (item.kind !== "answer" && item.kind !== "thinking")) return undefined;
  if (item.kind === "answer" && item.state !== "streaming") return view;
  return { ...view, items: view.items.with(at, { ...item, text: item.text + delta.text }) };
}
