import { queryOptions } from "@tanstack/react-query";
import { api, ok } from "./api/client";
import { queries } from "./api/queries";
import type { components } from "./api/schema";
import { onEvent } from "./events";
import { soon } from "./live";

type S = components["schemas"];

export type AssistantStatus = S["AssistantStatus"];
export type Problem = S["Problem"];
export type Tier = S["Tier"];
export type Provider = S["ProviderInfo"];
export type Preset = S["ProviderPreset"];
export type Providers = S["ProvidersReply"];
/** Without a key the stored one stays. */
export type ProviderChange = S["ProviderBody"];
export type ConversationLine = S["ConversationInfo"];
export type Conversation = S["Conversation"];
export type QueuedMessage = S["QueuedMessage"];
/** Known by its `key`: an item of the same one replaces it. */
export type Item = S["Item"];
export type PersonItem = Extract<Item, { kind: "person" }>;
export type AnswerItem = Extract<Item, { kind: "answer" }>;
export type ThinkingItem = Extract<Item, { kind: "thinking" }>;
export type ToolItem = Extract<Item, { kind: "tool" }>;
export type SubagentWork = S["SubagentWork"];
export type ReportItem = Extract<Item, { kind: "report" }>;
export type CondensedItem = Extract<Item, { kind: "condensed" }>;

export type Proposal = S["Proposal"];
export type ProposedAction = S["ProposedAction"];
export type UndoStep = S["UndoStep"];
export type Rule = S["Rule"];

export type Spending = S["SpendingReply"];
export type PersonSpending = S["PersonSpending"];
export type Limit = S["Limit"];
export type Budget = S["Budget"];

export type Schedule = S["ScheduleInfo"];
export type Schedules = S["SchedulesReply"];
export type NewSchedule = S["ScheduleBody"];
export type EventKind = S["EventKind"];

export type Subagent = S["SubagentInfo"];
export type Subagents = S["SubagentsReply"];
export type SubagentBrief = S["SubagentBody"];
export type NewSubagent = S["NewSubagent"];

export type Skill = S["SkillInfo"];
export type SkillRevision = S["SkillRevision"];
export type Skills = S["SkillsReply"];

export const assistantKeys = {
  schedules: ["assistant", "schedules"] as const,
  subagents: ["assistant", "subagents"] as const,
  skills: ["assistant", "skills"] as const,
  spending: ["assistant", "spending"] as const,
  rules: ["assistant", "rules"] as const,
  status: ["assistant", "status"] as const,
  providers: ["assistant", "providers"] as const,
  conversations: ["assistant", "conversations"] as const,
  conversation: (id: string) => ["assistant", "conversation", id] as const,
  undo: ["assistant", "undo"] as const,
};

const of = (id: string) => ({ params: { path: { id } } });

export const statusQuery = queryOptions({
  queryKey: assistantKeys.status,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/status", { signal })),
  // Somebody else may have connected a model, which no event tells.
  staleTime: 10_000,
});

export const providersQuery = queryOptions({
  queryKey: assistantKeys.providers,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/providers", { signal })),
  staleTime: 10_000,
});

/** This month's. */
export const spendingQuery = queryOptions({
  queryKey: assistantKeys.spending,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/spending", { signal })),
  // Every answer changes it, which no event tells.
  staleTime: 0,
});

export const conversationsQuery = queryOptions({
  queryKey: assistantKeys.conversations,
  queryFn: async ({ signal }) =>
    (await ok(api.GET("/api/v1/assistant/conversations", { signal }))).conversations,
});

export const conversationQuery = (id: string) =>
  queryOptions({
    queryKey: assistantKeys.conversation(id),
    queryFn: async ({ signal }) => {
      const fetched = await ok(api.GET("/api/v1/assistant/conversations/{id}", { ...of(id), signal }));
      // Whoever follows it does so from what was fetched, as soon as that is in the cache.
      setTimeout(() => followed.get(id)?.());
      return fetched;
    },
  });

/** All that a tool said. It never changes, so it is read once. */
export const wholeResultQuery = (id: string, reference: string) =>
  queryOptions({
    queryKey: [...assistantKeys.conversation(id), "result", reference] as const,
    queryFn: ({ signal }) =>
      ok(
        api.GET("/api/v1/assistant/conversations/{id}/results/{reference}", {
          params: { path: { id, reference } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
  });

export const saveProvider = (id: string, body: ProviderChange) =>
  ok(api.PUT("/api/v1/assistant/providers/{id}", { ...of(id), body }));
export const removeProvider = (id: string) => ok(api.DELETE("/api/v1/assistant/providers/{id}", of(id)));
export const chooseDefault = (id: string) => ok(api.PUT("/api/v1/assistant/providers/{id}/default", of(id)));

/** Which of the tiers it answers for beside being the usual one. */
export const chooseTier = (id: string, tier: Tier) =>
  ok(api.PUT("/api/v1/assistant/providers/{id}/tier", { ...of(id), body: { tier } }));

export const setPrice = (id: string, body: S["PriceBody"]) =>
  ok(api.PUT("/api/v1/assistant/providers/{id}/price", { ...of(id), body }));
export const forgetPrice = (id: string) => ok(api.DELETE("/api/v1/assistant/providers/{id}/price", of(id)));
const ofBudget = ({ person, cause }: Budget) => ({
  params: { path: { who: person || "everyone", cause: cause || "all" } },
});
export const setBudget = (budget: Budget) =>
  ok(
    api.PUT("/api/v1/assistant/budgets/{who}/{cause}", {
      ...ofBudget(budget),
      body: { tokens: budget.tokens ?? null, money: budget.money ?? null },
    }),
  );
export const removeBudget = (budget: Budget) =>
  ok(api.DELETE("/api/v1/assistant/budgets/{who}/{cause}", ofBudget(budget)));
export const refreshSpending = () => queries.invalidateQueries({ queryKey: assistantKeys.spending });

export const schedulesQuery = queryOptions({
  queryKey: assistantKeys.schedules,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/schedules", { signal })),
  staleTime: 0,
});
export const addSchedule = (body: NewSchedule) => ok(api.POST("/api/v1/assistant/schedules", { body }));
export const pauseSchedule = (id: string, paused: boolean) =>
  ok(api.PATCH("/api/v1/assistant/schedules/{id}", { ...of(id), body: { paused } }));
export const runSchedule = (id: string) => ok(api.POST("/api/v1/assistant/schedules/{id}/run", of(id)));
export const removeSchedule = (id: string) => ok(api.DELETE("/api/v1/assistant/schedules/{id}", of(id)));
export const restoreSchedule = (id: string) =>
  ok(api.POST("/api/v1/assistant/schedules/{id}/restore", of(id)));
export const refreshSchedules = () => refreshSubagents();

export const subagentsQuery = queryOptions({
  queryKey: assistantKeys.subagents,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/subagents", { signal })),
  staleTime: 0,
});
export const subagentQuery = (id: string) =>
  queryOptions({
    queryKey: [...assistantKeys.subagents, id],
    queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/subagents/{id}", { ...of(id), signal })),
    staleTime: 0,
  });
export const addSubagent = (body: NewSubagent) => ok(api.POST("/api/v1/assistant/subagents", { body }));
export const changeSubagent = (id: string, body: SubagentBrief) =>
  ok(api.PUT("/api/v1/assistant/subagents/{id}", { ...of(id), body }));
export const pauseSubagent = (id: string, paused: boolean) =>
  ok(api.PATCH("/api/v1/assistant/subagents/{id}", { ...of(id), body: { paused } }));
/** Without a task it does what it would do next. */
export const runSubagent = (id: string, task?: string) =>
  ok(
    api.POST("/api/v1/assistant/subagents/{id}/run", { ...of(id), body: task === undefined ? {} : { task } }),
  );
export const removeSubagent = (id: string) => ok(api.DELETE("/api/v1/assistant/subagents/{id}", of(id)));
/** What one is to do later is among the schedules as well. */
export const refreshSubagents = () =>
  Promise.all([
    queries.invalidateQueries({ queryKey: assistantKeys.subagents }),
    queries.invalidateQueries({ queryKey: assistantKeys.schedules }),
  ]);

export const skillsQuery = queryOptions({
  queryKey: assistantKeys.skills,
  queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/skills", { signal })),
  staleTime: 0,
});
const ofSkill = (name: string) => ({ params: { path: { name } } });
export const skillQuery = (name: string) =>
  queryOptions({
    queryKey: [...assistantKeys.skills, name],
    queryFn: ({ signal }) => ok(api.GET("/api/v1/assistant/skills/{name}", { ...ofSkill(name), signal })),
    staleTime: 0,
  });
export const addSkill = (text: string) => ok(api.POST("/api/v1/assistant/skills", { body: { text } }));
/** Enabled is exactly the text of that revision; the server refuses when it is another by now. */
export const changeSkill = (name: string, enabled: boolean, revision: string) =>
  ok(api.PATCH("/api/v1/assistant/skills/{name}", { ...ofSkill(name), body: { enabled, revision } }));
export const removeSkill = (name: string) => ok(api.DELETE("/api/v1/assistant/skills/{name}", ofSkill(name)));
export const discardSkill = (name: string) =>
  ok(api.DELETE("/api/v1/assistant/skills/{name}/waiting", ofSkill(name)));
export const refreshSkills = () => queries.invalidateQueries({ queryKey: assistantKeys.skills });

export const newConversation = () => ok(api.POST("/api/v1/assistant/conversations"));
export const changeConversation = (id: string, body: S["ConversationPatch"]) =>
  ok(api.PATCH("/api/v1/assistant/conversations/{id}", { ...of(id), body }));
/** `keepalive` lets it reach the server while the page goes away. */
export const deleteConversation = (id: string, keepalive = false) =>
  ok(api.DELETE("/api/v1/assistant/conversations/{id}", { ...of(id), keepalive }));
export const sendMessage = (id: string, text: string) =>
  ok(api.POST("/api/v1/assistant/conversations/{id}/messages", { ...of(id), body: { text } }));
export const stopAnswer = (id: string) => ok(api.POST("/api/v1/assistant/conversations/{id}/stop", of(id)));
export const eventsOf = (id: string, after: number) =>
  new URL(`/api/v1/assistant/conversations/${encodeURIComponent(id)}/events?after=${after}`, location.origin);

/** Agreed to is exactly what was shown; the server refuses when it is another by now. */
export const answerProposal = (id: string, body: Omit<S["ApprovalBody"], "always"> & { always?: boolean }) =>
  ok(api.POST("/api/v1/assistant/approvals/{id}", { ...of(id), body: { always: false, ...body } }));
export const undoProposal = (id: string, action: ProposedAction) =>
  ok(api.POST("/api/v1/assistant/approvals/{id}/undo", { ...of(id), body: { action } }));
export const undoQuery = (run: number) =>
  queryOptions({
    queryKey: [...assistantKeys.undo, run],
    queryFn: ({ signal }) =>
      ok(api.GET("/api/v1/assistant/runs/{run}/undo", { params: { path: { run } }, signal })),
    // Somebody may have changed anything since it was last looked at.
    staleTime: 0,
    gcTime: 0,
  });
/** Put back is exactly what was shown; the server refuses when it is another by now. */
export const undoRun = (run: number, steps: S["UndoAgreed"][]) =>
  ok(api.POST("/api/v1/assistant/runs/{run}/undo", { params: { path: { run } }, body: { steps } }));
export const rulesQuery = queryOptions({
  queryKey: assistantKeys.rules,
  queryFn: async ({ signal }) => (await ok(api.GET("/api/v1/assistant/rules", { signal }))).rules,
});
export const setRule = (tool: string, body: S["RuleBody"]) =>
  ok(api.PUT("/api/v1/assistant/rules/{tool}", { params: { path: { tool } }, body }));

/** Conversations whose own stream keeps them up to date, and how to begin that stream anew. */
export const followed = new Map<string, () => void>();

onEvent("assistant", ({ conversation }) => {
  soon(assistantKeys.conversations);
  // One of them may have been asked for, written or answered in it.
  soon(assistantKeys.schedules);
  soon(assistantKeys.skills);
  soon(assistantKeys.subagents);
  soon(assistantKeys.undo);
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
