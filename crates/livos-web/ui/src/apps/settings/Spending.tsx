import { useQuery } from "@tanstack/react-query";
import { Plus, Wallet } from "lucide-react";
import { useState } from "react";
import { api, errorText, isAdmin, keys, ok, type UserEntry } from "@/lib/api";
import {
  type Budget,
  type Limit,
  type PersonSpending,
  refreshSpending,
  removeBudget,
  type Spending as SpendingReply,
  setBudget,
  spendingQuery,
} from "@/lib/assistant";
import { clock, number } from "@/lib/format";
import { type TextKey, t } from "@/lib/i18n";
import { dollars } from "@/lib/money";
import { reportProblem, toast } from "@/lib/notify";
import { Button, EmptyState, MenuButton, Progress, QueryView, StaleNote } from "@/ui";
import { BudgetDialog } from "./BudgetDialog";
import { Group, Row } from "./parts";

const CAUSES: Record<string, TextKey> = {
  "": "settings.spending.all",
  chat: "settings.spending.chat",
  schedule: "settings.spending.schedule",
};

export const causeText = (cause: string) => t(CAUSES[cause] ?? "settings.spending.all");

/** What the assistant took this month, and what it may take a day. */
export function Spending() {
  const query = useQuery(spendingQuery);
  const admin = isAdmin();
  const users = useQuery({
    queryKey: keys.users,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/users", { signal })),
    enabled: admin,
  });
  const [dialog, setDialog] = useState<Budget | "new" | null>(null);
  const nameOf = (id: string, known?: string) =>
    users.data?.find((user: UserEntry) => user.id === id)?.name ?? known ?? id;
  return (
    <>
      <Group title={t("settings.spending")} end={<StaleNote at={query.dataUpdatedAt} />}>
        <QueryView query={query} failed={t("settings.spending.failed")}>
          {(reply: SpendingReply) =>
            reply.people.map((one) => (
              <Person key={one.person} one={one} name={nameOf(one.person, one.username)} />
            ))
          }
        </QueryView>
      </Group>
      {admin && query.data && (
        <Group
          title={t("settings.budgets")}
          end={
            query.data.budgets.length > 0 && (
              <Button size="sm" icon={Plus} onClick={() => setDialog("new")}>
                {t("settings.budgets.add")}
              </Button>
            )
          }
        >
          {query.data.budgets.length === 0 ? (
            <EmptyState
              icon={Wallet}
              title={t("settings.budgets.empty")}
              text={t("settings.budgets.emptyText")}
              action={<Button onClick={() => setDialog("new")}>{t("settings.budgets.add")}</Button>}
            />
          ) : (
            query.data.budgets.map((one) => (
              <BudgetLine
                key={`${one.person}/${one.cause}`}
                one={one}
                name={one.person ? nameOf(one.person) : t("settings.budgets.everyone")}
                onEdit={() => setDialog(one)}
              />
            ))
          )}
        </Group>
      )}
      {query.data && (
        <p className="text-xs text-muted">
          {t("settings.spending.explain", { time: clock(query.data.renews_at) })}
        </p>
      )}
      {dialog && (
        <BudgetDialog
          budget={dialog === "new" ? undefined : dialog}
          users={users.data ?? []}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  );
}

function Person({ one, name }: { one: PersonSpending; name: string }) {
  const parts = [
    t("settings.spending.calls", { count: one.calls }),
    t("settings.spending.tokens", { count: one.tokens, number: number(one.tokens) }),
    dollars(one.money),
  ];
  return (
    <Row
      label={<bdi>{name}</bdi>}
      line={
        one.calls === 0 ? (
          t("settings.spending.none")
        ) : (
          <>
            <span className="block">{parts.join(" · ")}</span>
            {one.unpriced > 0 && (
              <span className="block">{t("settings.spending.unpriced", { count: one.unpriced })}</span>
            )}
            {one.parts.length > 1 &&
              one.parts.map((part) => (
                <span key={`${part.cause}/${part.model}`} className="block">
                  {causeText(part.cause)} · <bdi>{part.model}</bdi> ·{" "}
                  {t("settings.spending.tokens", { count: part.tokens, number: number(part.tokens) })} ·{" "}
                  {part.unpriced === part.calls ? t("settings.spending.noPrice") : dollars(part.money)}
                </span>
              ))}
          </>
        )
      }
    >
      {one.limits.length > 0 && (
        <ul className="flex w-64 max-w-full flex-col gap-2 text-xs text-muted">
          {one.limits.map((limit) => (
            <Left key={limit.cause} limit={limit} />
          ))}
        </ul>
      )}
    </Row>
  );
}

/** How much of a budget is used today. */
function Left({ limit }: { limit: Limit }) {
  const bars: [number, number, string][] = [];
  if (typeof limit.tokens === "number")
    bars.push([
      limit.used_tokens,
      limit.tokens,
      t("settings.spending.ofTokens", {
        used: number(limit.used_tokens),
        count: limit.tokens,
        limit: number(limit.tokens),
      }),
    ]);
  if (typeof limit.money === "number")
    bars.push([
      limit.used_money,
      limit.money,
      t("settings.spending.ofMoney", { used: dollars(limit.used_money), limit: dollars(limit.money) }),
    ]);
  return (
    <li>
      {bars.map(([used, most, text]) => (
        <div key={text}>
          {t("settings.spending.today", { cause: causeText(limit.cause), text })}
          <Progress value={most === 0 ? 1 : Math.min(1, used / most)} label={text} />
        </div>
      ))}
    </li>
  );
}

export function limitsText({ tokens, money }: Pick<Budget, "tokens" | "money">): string {
  const limits = [
    typeof tokens === "number" && t("settings.spending.tokens", { count: tokens, number: number(tokens) }),
    typeof money === "number" && dollars(money),
  ].filter(Boolean);
  return limits.length === 0 ? t("settings.budgets.unlimited") : limits.join(" · ");
}

function BudgetLine({ one, name, onEdit }: { one: Budget; name: string; onEdit: () => void }) {
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
      return true;
    } catch (error) {
      reportProblem(errorText(error));
      return false;
    } finally {
      await refreshSpending().catch(() => undefined);
    }
  };
  const remove = async () => {
    if (!(await attempt(() => removeBudget(one)))) return;
    toast(t("settings.budgets.removed"), {
      label: t("shell.action.undo"),
      run: () => void attempt(() => setBudget(one)),
    });
  };
  return (
    <Row
      label={<bdi>{name}</bdi>}
      line={t("settings.budgets.line", { cause: causeText(one.cause), limits: limitsText(one) })}
    >
      <MenuButton
        label={t("settings.budgets.menu", { name })}
        items={[
          { label: t("settings.budgets.edit"), onSelect: onEdit },
          { separator: true },
          { label: t("settings.budgets.remove"), danger: true, onSelect: () => void remove() },
        ]}
      />
    </Row>
  );
}
