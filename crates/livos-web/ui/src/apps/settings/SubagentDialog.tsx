import { useQuery } from "@tanstack/react-query";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { changeSubagent, refreshSubagents, runSubagent, type Subagent, subagentQuery } from "@/lib/assistant";
import { exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { Button, Callout, Dialog, QueryView, TextField } from "@/ui";
import { Section } from "@/ui/Facts";
import { useBrief } from "./brief";
import { useSave } from "./parts";
import { LAST } from "./Schedules";

/** As many times as one may ask its model in a run. */
const MOST_TURNS = 30;

/** What a subagent is told and may, what it has done, and a task for it. */
export default function SubagentDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const query = useQuery(subagentQuery(id));
  if (query.data) return <Whole one={query.data} onClose={onClose} />;
  return (
    <Dialog title={id} wide onClose={onClose} actions={<Close onClose={onClose} />}>
      <QueryView query={query} failed={t("settings.subagents.failedOne")}>
        {() => null}
      </QueryView>
    </Dialog>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  return <Button onClick={onClose}>{t("shell.action.close")}</Button>;
}

function Whole({ one, onClose }: { one: Subagent; onClose: () => void }) {
  const { fields, tools: named, ...about } = useBrief(one);
  const [turns, setTurns] = useState(String(one.turns));
  const [task, setTask] = useState("");
  const { busy, error, save } = useSave();

  const fits = /^\d{1,2}$/.test(turns) && Number(turns) >= 1 && Number(turns) <= MOST_TURNS;
  const submit = async () => {
    if (!fits || busy) return;
    const brief = {
      ...about,
      turns: Number(turns),
      // None named is all of them; one that may use none was made so, and stays so.
      tools: named.length > 0 || one.tools?.length === 0 ? named : null,
    };
    if (!(await save(() => changeSubagent(one.id, brief)))) return;
    await refreshSubagents();
    announce(t("shell.action.saved"));
    onClose();
  };
  const run = async () => {
    if (!task.trim() || busy || !(await save(() => runSubagent(one.id, task)))) return;
    setTask("");
    await refreshSubagents();
    announce(t("settings.subagents.begun", { name: one.name }));
  };
  return (
    <Dialog
      title={one.name}
      wide
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Close onClose={onClose} />
          <Button type="submit" variant="primary" write busy={busy} disabled={!fits}>
            {t("shell.action.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
        {one.tainted && (
          <Callout tone="warn" icon={TriangleAlert}>
            {t("settings.subagents.tainted")}
          </Callout>
        )}
        <div className="flex flex-col gap-3">
          {fields}
          <TextField
            label={t("settings.subagents.turns")}
            inputMode="numeric"
            value={turns}
            onChange={setTurns}
            error={fits ? undefined : t("settings.subagents.turns.wrong", { most: MOST_TURNS })}
            autoComplete="off"
          />
        </div>
        <Section title={t("settings.subagents.now")}>
          <div className="flex items-end gap-2">
            <div className="min-w-0 flex-1">
              <TextField
                label={t("settings.subagents.task")}
                value={task}
                onChange={setTask}
                onKeyDown={(event) => {
                  if (event.key !== "Enter") return;
                  // It is a field of the brief's form.
                  event.preventDefault();
                  void run();
                }}
                autoComplete="off"
              />
            </div>
            <Button write disabled={!task.trim()} busy={busy} onClick={() => void run()}>
              {t("settings.subagents.do")}
            </Button>
          </div>
        </Section>
        <Section title={t("settings.subagents.history")}>
          {one.history && one.history.length > 0 ? (
            <ul className="flex flex-col gap-3">
              {one.history.map((run) => (
                <li key={run.run} className="text-sm">
                  <p className="text-xs text-muted">
                    {exact(run.at)} · {t(LAST[run.state] ?? "settings.subagents.noRun")}
                  </p>
                  <p dir="auto" data-user-text className="line-clamp-3 font-medium break-words">
                    {run.task}
                  </p>
                  <p
                    dir="auto"
                    data-user-text
                    className="max-h-40 overflow-y-auto break-words whitespace-pre-wrap"
                  >
                    {run.result}
                  </p>
                </li>
              ))}
            </ul>
          ) : (
            <p className="text-sm text-muted">{t("settings.subagents.noHistory")}</p>
          )}
        </Section>
      </div>
    </Dialog>
  );
}
