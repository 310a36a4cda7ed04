import { errorText, queries } from "@/lib/api";
import {
  assistantKeys,
  type ConversationLine,
  changeConversation,
  conversationsQuery,
  deleteConversation,
} from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { reportProblem, toast, toasts } from "@/lib/notify";
import { createStore } from "@/lib/store";
import { keepDraft } from "./core/drafts";

const key = assistantKeys.conversations;

/** Shows a change at once and takes it back when the server refuses it. */
export async function change(
  id: string,
  what: Partial<Pick<ConversationLine, "title" | "pinned" | "archived">>,
): Promise<boolean> {
  const patch = (list: ConversationLine[] | undefined) =>
    list?.map((one) => (one.id === id ? { ...one, ...what } : one));
  await queries.cancelQueries({ queryKey: key });
  queries.setQueryData<ConversationLine[]>(key, patch);
  try {
    await changeConversation(id, what);
    void queries.invalidateQueries({ queryKey: assistantKeys.conversation(id) });
    return true;
  } catch (error) {
    reportProblem(errorText(error));
    return false;
  } finally {
    void queries.invalidateQueries({ queryKey: key });
  }
}

/** Deleted for the person, and on the server once the time to undo it is over. */
export const leaving = createStore<ReadonlySet<string>>(new Set());

function setLeaving(id: string, on: boolean): void {
  leaving.set((ids) => {
    const next = new Set(ids);
    if (on) next.add(id);
    else next.delete(id);
    return next;
  });
}

/**
 * Deletes a conversation when its toast is gone, or when the page goes away. `undo` brings it back until then.
 */
export function remove({ id, title }: Pick<ConversationLine, "id" | "title">, undo: () => void): void {
  setLeaving(id, true);
  let settled = false;
  const settle = () => {
    settled = true;
    unsubscribe();
    removeEventListener("pagehide", leave);
  };
  const finish = async (keepalive = false) => {
    if (settled) return;
    settle();
    try {
      await deleteConversation(id, keepalive);
      keepDraft(id, "");
      queries.removeQueries({ queryKey: assistantKeys.conversation(id) });
      await queries.fetchQuery({ ...conversationsQuery, staleTime: 0 });
    } catch (error) {
      reportProblem(t("assistant.delete.failed", { title, reason: errorText(error) }));
    } finally {
      setLeaving(id, false);
    }
  };
  const leave = () => void finish(true);
  toast(t("assistant.delete.done", { title }), {
    label: t("shell.action.undo"),
    run: () => {
      if (settled) return;
      settle();
      setLeaving(id, false);
      undo();
    },
  });
  const shown = toasts.get().at(-1)?.id;
  const unsubscribe = toasts.subscribe(() => {
    if (!toasts.get().some((other) => other.id === shown)) void finish();
  });
  addEventListener("pagehide", leave);
}
