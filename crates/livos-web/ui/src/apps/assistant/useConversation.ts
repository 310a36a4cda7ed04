import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { queries } from "@/lib/api";
import {
  assistantKeys,
  type Conversation,
  type ConversationLine,
  conversationQuery,
  followed,
  type Item,
} from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { apply, type LogEvent } from "./core/view";
import { follow } from "./follow";
import { titleOf } from "./Proposal";

/** A conversation, kept up to date by its own stream while an answer is on its way. */
export function useFollowed(id: string | undefined) {
  const query = useQuery({ ...conversationQuery(id ?? ""), enabled: id !== undefined });
  const running = query.data?.running === true;
  useEffect(() => {
    if (!id || !running) return;
    const key = assistantKeys.conversation(id);
    const fetchAgain = () => void queries.invalidateQueries({ queryKey: key });
    const known = () => queries.getQueryData<Conversation>(key);
    const take = (events: LogEvent[]) => {
      const view = known();
      if (!view) return;
      const applied = apply(view, events);
      queries.setQueryData<Conversation>(key, applied.view);
      tellList(applied.view);
      if (applied.lost) fetchAgain();
    };
    // One step of the log may be several events, and the connection may have broken between them. To be told
    // the last step again changes nothing.
    const after = () => Math.max(0, (known()?.seq ?? 0) - 1);
    const following = follow(id, { after, take, gone: fetchAgain });
    followed.set(id, following.restart);
    return () => {
      followed.delete(id);
      following.stop();
    };
  }, [id, running]);
  return query;
}

/** The same for the one that is open, which says aloud how it goes on. */
export function useConversation(id: string | undefined) {
  const query = useFollowed(id);
  useAnnouncements(query.data);
  return query;
}

/** The list says the same title, and whether an answer is on its way. */
function tellList({ id, title, running, items }: Conversation): void {
  // What a subagent asks stands in its own conversation.
  const waits = items.some((item) => item.kind === "tool" && item.state === "running" && item.subagent);
  const own = items.some(asksIn);
  queries.setQueryData<ConversationLine[]>(assistantKeys.conversations, (list) => {
    const line = list?.find((one) => one.id === id);
    const asks = own || (waits && line?.asks === true);
    if (!list || !line || (line.title === title && line.running === running && line.asks === asks))
      return list;
    return list.map((one) => (one === line ? { ...one, title, running, asks } : one));
  });
}

function asksIn(item: Item): boolean {
  const state = item.kind === "tool" ? item.proposal?.state : undefined;
  return state === "waiting" || state === "unknown";
}

/** Says that an answer begins and how it ends, once each: reading it along word by word would help nobody. */
function useAnnouncements(conversation: Conversation | undefined): void {
  const before = useRef<{ id: string; running: boolean } | undefined>(undefined);
  const asking = conversation?.items.findLast(asksIn);
  const asked = asking?.kind === "tool" ? asking.proposal : undefined;
  const question = asked && `${asked.id} ${asked.state}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: said once for each question.
  useEffect(() => {
    if (asked) announce(t("assistant.say.asks", { what: titleOf(asked) }));
  }, [question]);
  useEffect(() => {
    if (!conversation) return;
    const { id, running, items } = conversation;
    const was = before.current;
    before.current = { id, running };
    const ran = was?.id === id && was.running;
    if (ran === running) return;
    if (running) return announce(t("assistant.say.answering"));
    const last = items.findLast((item) => item.kind === "answer");
    const state = last?.kind === "answer" ? last.state : "done";
    announce(
      t(
        state === "failed"
          ? "assistant.say.failed"
          : state === "stopped"
            ? "assistant.say.stopped"
            : "assistant.say.ready",
      ),
    );
  }, [conversation]);
}
