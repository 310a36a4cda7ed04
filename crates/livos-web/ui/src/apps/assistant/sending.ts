import { currentUser, errorText, queries } from "@/lib/api";
import { conversationQuery, sendMessage } from "@/lib/assistant";
import { load, randomId, save } from "@/lib/storage";
import { createStore } from "@/lib/store";
import { type Attached, upload } from "./attached";

/** A message on its way, or one that did not arrive; it stays until the server has it or the person takes it back. */
export interface Sending {
  key: string;
  conversation: string;
  text: string;
  pictures?: Attached[];
  error?: string;
}

const kept = `unsent.${currentUser()?.id ?? ""}`;

export const sendings = createStore<Sending[]>(readKept());

// What did not arrive outlives the page. What may have arrived does not: the conversation will tell.
sendings.subscribe(() => {
  const failed = sendings
    .get()
    .filter((one) => one.error !== undefined)
    // A picture that the server does not have is only here, and goes with the page.
    .map((one) => ({
      ...one,
      pictures: one.pictures?.flatMap(({ file: _, ...rest }) => (rest.id ? [rest] : [])),
    }));
  save(kept, failed.length > 0 ? failed : undefined);
});

function readKept(): Sending[] {
  const list = load<unknown>(kept, []);
  const whole = (one: Partial<Sending> | null) =>
    typeof one?.key === "string" && typeof one.conversation === "string" && typeof one.text === "string";
  return Array.isArray(list) ? list.filter(whole) : [];
}

export function takeBack(key: string): void {
  sendings.set((list) => list.filter((one) => one.key !== key));
}

async function attempt({ key, conversation, text, pictures = [] }: Sending): Promise<void> {
  try {
    const ids: string[] = [];
    for (const one of pictures) {
      one.id = await upload(conversation, one);
      ids.push(one.id);
    }
    await sendMessage(conversation, text, ids);
    // With the answer the conversation has the message, so that nothing is ever shown twice or not at all.
    // What is already being fetched may have been asked for before it arrived.
    const query = { ...conversationQuery(conversation), staleTime: 0 };
    await queries.cancelQueries(query);
    await queries.fetchQuery(query);
    takeBack(key);
    for (const one of pictures) if (one.file) URL.revokeObjectURL(one.url);
  } catch (error) {
    const failed = errorText(error);
    sendings.set((list) => list.map((one) => (one.key === key ? { ...one, error: failed } : one)));
  }
}

export function send(conversation: string, text: string, pictures: Attached[] = []): Promise<void> {
  const one = { key: randomId(), conversation, text, pictures };
  sendings.set((list) => [...list, one]);
  return attempt(one);
}

export function sendAgain(one: Sending): Promise<void> {
  const { error: _, ...again } = one;
  sendings.set((list) => list.map((other) => (other.key === one.key ? again : other)));
  return attempt(again);
}
