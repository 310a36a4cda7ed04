import { CircleAlert } from "lucide-react";
import { useState } from "react";
import type { UserEntry } from "@/lib/api";
import { type Budget, refreshSpending, setBudget } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { millionths, typedDollars } from "@/lib/money";
import { announce } from "@/lib/notify";
import { Button, Callout, Dialog, Select, TextField } from "@/ui";
import { useSave } from "./parts";
import { causeText } from "./Spending";

interface Props {
  /** The one to change; a new one is set without it. */
  budget: Budget | undefined;
  users: UserEntry[];
  onClose: () => void;
}

/** What somebody may spend a day. A field that is left empty is no limit. */
export function BudgetDialog({ budget, users, onClose }: Props) {
  const [person, setPerson] = useState(budget?.person ?? "");
  const [cause, setCause] = useState(budget?.cause ?? "");
  const [tokens, setTokens] = useState(budget?.tokens == null ? "" : String(budget.tokens));
  const [money, setMoney] = useState(budget?.money == null ? "" : typedDollars(budget.money));
  const { busy, error, save } = useSave();

  const typedTokens = tokens.replace(/[\s.,_]/g, "");
  const tokensFit = typedTokens === "" || /^\d{1,12}$/.test(typedTokens);
  const moneyFits = money.trim() === "" || millionths(money) !== undefined;
  const submit = async () => {
    if (!tokensFit || !moneyFits || busy) return;
    const limits = {
      ...(typedTokens === "" ? {} : { tokens: Number(typedTokens) }),
      ...(money.trim() === "" ? {} : { money: millionths(money) ?? 0 }),
    };
    if (!(await save(() => setBudget({ person, cause, ...limits })))) return;
    await refreshSpending();
    announce(t("shell.action.saved"));
    onClose();
  };
  return (
    <Dialog
      title={t(budget ? "settings.budgets.editTitle" : "settings.budgets.add")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!tokensFit || !moneyFits}>
            {t("shell.action.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {!budget && (
          <>
            <Select
              label={t("settings.budgets.who")}
              value={person}
              onChange={setPerson}
              options={[
                { value: "", label: t("settings.budgets.everyone") },
                ...users.map(({ id, name }) => ({ value: id, label: name })),
              ]}
            />
            <Select
              label={t("settings.budgets.for")}
              value={cause}
              onChange={setCause}
              options={["", "chat", "schedule"].map((value) => ({ value, label: causeText(value) }))}
            />
          </>
        )}
        <TextField
          label={t("settings.budgets.tokens")}
          hint={t("settings.budgets.empty.hint")}
          inputMode="numeric"
          value={tokens}
          onChange={setTokens}
          error={tokensFit ? undefined : t("settings.budgets.tokens.wrong")}
          autoComplete="off"
        />
        <TextField
          label={t("settings.budgets.money")}
          hint={t("settings.budgets.money.hint")}
          inputMode="decimal"
          value={money}
          onChange={setMoney}
          error={moneyFits ? undefined : t("settings.budgets.money.wrong")}
          autoComplete="off"
        />
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
