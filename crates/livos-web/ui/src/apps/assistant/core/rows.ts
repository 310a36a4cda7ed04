import type {
  AnswerItem,
  CondensedItem,
  Item,
  PersonItem,
  Proposal,
  ReportItem,
  ThinkingItem,
  ToolItem,
} from "@/lib/assistant";

export type WorkItem = ThinkingItem | ToolItem;
export type ProposalItem = ToolItem & { proposal: Proposal };

/** What is shown as one: a message, an answer, or what was done on the way to it. */
export type Row =
  | { kind: "person"; key: string; item: PersonItem }
  | { kind: "answer"; key: string; item: AnswerItem }
  | { kind: "condensed"; key: string; item: CondensedItem }
  | { kind: "report"; key: string; item: ReportItem }
  | { kind: "proposal"; key: string; item: ProposalItem }
  | { kind: "undo"; key: string; run: number }
  | { kind: "work"; key: string; items: WorkItem[]; tools: number };

/** From this many tool calls in a row, they are folded into one line. */
export const MANY = 5;

/** A run that is over and has changed something has a row at its end, to undo it; `running`: the last is not over. */
export function rowsOf(items: Item[], running = false): Row[] {
  const rows: Row[] = [];
  let run = 0;
  let changed = false;
  const end = () => {
    if (changed) rows.push({ kind: "undo", key: `u${run}`, run });
    changed = false;
  };
  for (const item of items) {
    // What a subagent says between two runs is part of none.
    if (item.run !== run && item.kind === "person") {
      end();
      run = item.run;
    }
    changed ||= item.kind === "tool" && item.run === run && hasChanged(item);
    if (item.kind === "person") rows.push({ kind: "person", key: item.key, item });
    else if (item.kind === "answer") {
      // An answer begins before its first word; until then there is nothing to show.
      if (item.text || item.state !== "streaming") rows.push({ kind: "answer", key: item.key, item });
    } else if (item.kind === "condensed") rows.push({ kind: "condensed", key: item.key, item });
    else if (item.kind === "report") rows.push({ kind: "report", key: item.key, item });
    else if (item.kind === "tool" && item.proposal) {
      rows.push({ kind: "proposal", key: item.key, item: { ...item, proposal: item.proposal } });
    } else {
      const last = rows.at(-1);
      const tool = item.kind === "tool" ? 1 : 0;
      if (last?.kind === "work") {
        last.items.push(item);
        last.tools += tool;
      } else rows.push({ kind: "work", key: item.key, items: [item], tools: tool });
    }
  }
  if (!running) end();
  return rows;
}

/** Tools that only look outside, which their person agreed to. */
const LOOKS = ["scrape", "web_search"];

/** Something is different because of it, and nobody has undone that. */
function hasChanged({ proposal, subagent }: ToolItem): boolean {
  if (subagent?.changed) return true;
  return proposal?.state === "done" && !proposal.undone && !LOOKS.includes(proposal.action.tool);
}

export interface Usage {
  answers: number;
  input: number;
  output: number;
  tools: number;
  /** Millionths of a US dollar, of the answers whose price is known. */
  cost: number;
  /** Questions to a model whose price is not known. */
  unpriced: number;
}

/** What a conversation has taken so far. */
export function usageOf(items: Item[]): Usage {
  const sum: Usage = { answers: 0, input: 0, output: 0, tools: 0, cost: 0, unpriced: 0 };
  for (const item of items) {
    if (item.kind === "tool") sum.tools += 1;
    if (item.kind !== "answer" && item.kind !== "condensed") continue;
    if (item.kind === "answer") sum.answers += 1;
    sum.input += item.usage?.input ?? 0;
    sum.output += item.usage?.output ?? 0;
    sum.cost += item.usage?.cost ?? 0;
    if (item.usage && typeof item.usage.cost !== "number") sum.unpriced += 1;
  }
  return sum;
}
