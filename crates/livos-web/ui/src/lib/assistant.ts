import { queryOptions } from "@tanstack/react-query";
import { errorFrom } from "./api/error";
import { request } from "./api/fetch";
import { queries } from "./api/queries";
import { onEvent } from "./events";
import { soon } from "./live";

export interface AssistantStatus {
  state: "ready" | "no_provider" | "unavailable";
  model?: { provider: string; model: string };
}

export type Dialect = "anthropic" | "chat_completions";
export type ProblemCode =
  | "key_refused"
  | "rate_limited"
  | "unreachable"
  | "model_missing"
  | "limit"
  | "interrupted"
  | "internal";

export interface Problem {
  code: ProblemCode;
  message: string;
  retry_after?: number;
}

export interface Provider {
  id: string;
  dialect: Dialect;
  label: string;
  base_url: string;
  model: string;
  key: "set" | "none";
  default: boolean;
  checked_at?: number;
  problem?: Problem;
}

export interface Preset {
  id: string;
  label: string;
  dialect: Dialect;
  base_url: string;
  models: string[];
  needs_key: boolean;
}

export interface Providers {
  providers: Provider[];
  presets: Preset[];
}

export interface ProviderChange {
  dialect: Dialect;
  label: string;
  base_url: string;
  model: string;
  /** Left out, the stored one stays. */
  key?: string;
}

export interface ConversationLine {
  id: string;
  title: string;
  pinned: boolean;
  archived: boolean;
  updated_at: number;
  running: boolean;
}

interface Common {
  /** What it is known by; an item of the same key replaces it. */
  key: string;
  /** The step of the conversation's log at which it stands; it moves on when the item changes. */
  seq: number;
  run: number;
}

export interface PersonItem extends Common {
  kind: "person";
  text: string;
  at: number;
}

export interface AnswerItem extends Common {
  kind: "answer";
  text: string;
  at: number;
  state: "streaming" | "done" | "stopped" | "failed";
  problem?: Problem;
  usage?: { input: number; output: number };
}

export interface ThinkingItem extends Common {
  kind: "thinking";
  text: string;
}

export interface ToolItem extends Common {
  kind: "tool";
  call: string;
  name: string;
  summary: string;
  input: unknown;
  state: "running" | "done" | "failed";
  output?: string;
  duration_ms?: number;
  problem?: { code: string; message: string };
}

export type Item = PersonItem | AnswerItem | ThinkingItem | ToolItem;

export interface QueuedMessage {
  run: number;
  text: string;
  at: number;
}

export interface Conversation extends ConversationLine {
  /** Where to follow on from. */
  seq: number;
  items: Item[];
  /** What waits until the running answer is over. */
  queued: QueuedMessage[];
}

export const assistantKeys = {
  status: ["assistant", "status"] as const,
  providers: ["assistant", "providers"] as const,
  conversations: ["assistant", "conversations"] as const,
  conversation: (id: string) => ["assistant", "conversation", id] as const,
};

const at = (path: string) => new URL(`/api/v1/assistant${path}`, location.origin);

async function call<T>(method: string, path: string, body?: unknown, init: RequestInit = {}): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const sent = body === undefined ? {} : { headers, body: JSON.stringify(body) };
  const response = await request(new Request(at(path), { method, ...sent, ...init }));
  if (!response.ok) throw await errorFrom(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

const named = (id: string) => `/conversations/${encodeURIComponent(id)}`;

export const statusQuery = queryOptions({
  queryKey: assistantKeys.status,
  queryFn: ({ signal }) => call<AssistantStatus>("GET", "/status", undefined, { signal }),
  // Somebody else may have connected a model, which no event tells.
  staleTime: 10_000,
});

export const providersQuery = queryOptions({
  queryKey: assistantKeys.providers,
  queryFn: ({ signal }) => call<Providers>("GET", "/providers", undefined, { signal }),
  staleTime: 10_000,
});

export const conversationsQuery = queryOptions({
  queryKey: assistantKeys.conversations,
  queryFn: async ({ signal }) =>
    (await call<{ conversations: ConversationLine[] }>("GET", "/conversations", undefined, { signal }))
      .conversations,
});

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: assistantKeys.conversation(id),
    queryFn: async ({ signal }) => {
      const fetched = await call<Conversation>("GET", named(id), undefined, { signal });
      // Whoever follows it does so from what was fetched, as soon as that is in the cache.
      setTimeout(() => followed.get(id)?.());
      return fetched;
    },
  });

export const saveProvider = (id: string, change: ProviderChange) =>
  call<void>("PUT", `/providers/${encodeURIComponent(id)}`, change);
export const removeProvider = (id: string) => call<void>("DELETE", `/providers/${encodeURIComponent(id)}`);
export const chooseDefault = (id: string) =>
  call<void>("PUT", `/providers/${encodeURIComponent(id)}/default`);

export const newConversation = () => call<ConversationLine>("POST", "/conversations", {});
export const changeConversation = (
  id: string,
  change: Partial<Pick<ConversationLine, "title" | "pinned" | "archived">>,
) => call<void>("PATCH", named(id), change);
/** `keepalive` lets it reach the server while the page goes away. */
export const deleteConversation = (id: string, keepalive = false) =>
  call<void>("DELETE", named(id), undefined, { keepalive });
export const sendMessage = (id: string, text: string) =>
  call<{ run: number }>("POST", `${named(id)}/messages`, { text });
export const stopAnswer = (id: string) => call<void>("POST", `${named(id)}/stop`);
export const eventsOf = (id: string, after: number) => at(`${named(id)}/events?after=${after}`);

/** Conversations whose own stream keeps them up to date, and how to begin that stream anew. */
export const followed = new Map<string, () => void>();

onEvent("assistant", ({ conversation }) => {
  soon(assistantKeys.conversations);
  if (!followed.has(conversation)) soon(assistantKeys.conversation(conversation), 20);
});

onEvent("service", ({ name }) => {
  if (name === "nexus") soon(["assistant"]);
});

/** No event tells of these, so whoever changes them asks again. */
export async function refreshProviders(): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: assistantKeys.providers }),
    queries.invalidateQueries({ queryKey: assistantKeys.status }),
  ]);
}
