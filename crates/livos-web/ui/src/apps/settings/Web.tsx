import { useQuery } from "@tanstack/react-query";
import { CircleAlert, Search } from "lucide-react";
import { useState } from "react";
import { errorText, isAdmin, sentence } from "@/lib/api";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce, reportProblem } from "@/lib/notify";
import {
  refreshWeb,
  removeSearch,
  type SearchEngine,
  type SearchTried,
  saveSearch,
  switchOwnWeb,
  switchWeb,
  type Web as WebState,
  webQuery,
} from "@/lib/web";
import { Button, EmptyState, MenuButton, QueryView, StaleNote, Switch, useConfirm } from "@/ui";
import { Group, Row } from "./parts";
import { SearchDialog } from "./SearchDialog";

/** Whether the assistant reads the web, for everybody and for oneself, and who searches it. */
export function Web() {
  const query = useQuery(webQuery);
  return (
    <>
      <Group title={t("settings.web")} end={<StaleNote at={query.dataUpdatedAt} />}>
        <QueryView query={query} failed={t("settings.web.failed")}>
          {(web: WebState) => <Lines web={web} />}
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.web.explain")}</p>
    </>
  );
}

function Lines({ web }: { web: WebState }) {
  return (
    <>
      {!web.machine && (
        <Row
          label={
            <span className="flex items-start gap-1.5">
              <CircleAlert size={16} aria-hidden className="mt-0.5 text-warn" />
              {t("settings.web.machineOff")}
            </span>
          }
          line={t("settings.web.machineOffText")}
        />
      )}
      {isAdmin() && (
        <OneSwitch
          label={t("settings.web.house")}
          hint={t("settings.web.houseHint")}
          on={web.house}
          ended={!web.machine}
          change={switchWeb}
        />
      )}
      {!isAdmin() && web.machine && !web.house && (
        <Row label={t("settings.web.houseOff")} line={t("settings.web.houseOffText")} />
      )}
      <OneSwitch
        label={t("settings.web.own")}
        hint={t("settings.web.ownHint")}
        on={web.own}
        ended={!web.machine || !web.house}
        change={switchOwnWeb}
      />
      {isAdmin() && <Searching engine={web.search ?? undefined} />}
      {!isAdmin() && !web.searches && (
        <Row label={t("settings.web.noSearch")} line={t("settings.web.noSearchText")} />
      )}
    </>
  );
}

interface OneSwitchProps {
  label: string;
  hint: string;
  on: boolean;
  /** Something above it is off, so it changes nothing now. */
  ended: boolean;
  change: (on: boolean) => Promise<unknown>;
}

function OneSwitch({ label, hint, on, ended, change }: OneSwitchProps) {
  const [chosen, setChosen] = useState<boolean>();
  const choose = async (next: boolean) => {
    setChosen(next);
    try {
      await change(next);
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshWeb().catch(() => undefined);
      setChosen(undefined);
    }
  };
  return (
    <div className="border-b border-line px-4 py-2 last:border-0">
      <Switch
        label={label}
        hint={hint}
        write
        checked={chosen ?? on}
        disabled={ended || chosen !== undefined}
        onChange={(next) => void choose(next)}
      />
    </div>
  );
}

/** Who searches. What it finds first is shown once it was tried. */
function Searching({ engine }: { engine: SearchEngine | undefined }) {
  const confirm = useConfirm();
  const [dialog, setDialog] = useState(false);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState<SearchTried>();
  const attempt = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setTried(undefined);
    try {
      await work();
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshWeb().catch(() => undefined);
      setBusy(false);
    }
  };
  const again = async (one: SearchEngine) => {
    const found = await saveSearch({ provider: one.provider, base_url: one.base_url });
    setTried(found);
    announce(t("settings.web.works", { name: one.label }));
  };
  const remove = async (one: SearchEngine) => {
    const yes = await confirm({
      title: t("settings.web.removeTitle", { name: one.label }),
      text: t(one.key === "set" ? "settings.web.removeKeyText" : "settings.web.removeText"),
      action: t("settings.ai.remove"),
      danger: true,
    });
    if (yes) await attempt(removeSearch);
  };
  return (
    <>
      {engine ? (
        <Row
          label={t("settings.web.searches", { name: engine.label })}
          line={
            <>
              <bdi>{engine.base_url}</bdi>
              {engine.key === "set" && <> · {t("settings.ai.keySet")}</>}
              {!engine.problem && (
                <span title={exact(engine.checked_at)}>
                  {" "}
                  · {t("settings.ai.checked", { when: ago(engine.checked_at) })}
                </span>
              )}
              {busy && (
                <span role="status" className="block">
                  {t("settings.web.testing")}
                </span>
              )}
              {engine.problem && !busy && (
                <span className="mt-1 flex items-start gap-1.5 text-danger">
                  <CircleAlert size={14} aria-hidden className="mt-px" />
                  <span dir="auto">{sentence(engine.problem.message)}</span>
                </span>
              )}
              {tried && !busy && <Found tried={tried} />}
            </>
          }
        >
          {engine.problem && (
            <Button size="sm" onClick={() => setDialog(true)}>
              {t("settings.ai.edit")}
            </Button>
          )}
          <MenuButton
            label={t("settings.ai.menu", { name: engine.label })}
            items={[
              { label: t("settings.ai.edit"), onSelect: () => setDialog(true) },
              { label: t("settings.web.try"), onSelect: () => void attempt(() => again(engine)) },
              { separator: true },
              { label: t("settings.ai.remove"), danger: true, onSelect: () => void remove(engine) },
            ]}
          />
        </Row>
      ) : (
        <EmptyState
          icon={Search}
          title={t("settings.web.noSearch")}
          text={t("settings.web.setUpText")}
          action={<Button onClick={() => setDialog(true)}>{t("settings.web.setUp")}</Button>}
        />
      )}
      {dialog && <SearchDialog engine={engine} onTried={setTried} onClose={() => setDialog(false)} />}
    </>
  );
}

function Found({ tried }: { tried: SearchTried }) {
  return (
    <span className="mt-1 block">
      {t("settings.web.found", { query: tried.query })}
      {tried.found.map((page) => (
        <span key={page.url} dir="auto" className="block break-words">
          {page.title || page.url}
        </span>
      ))}
    </span>
  );
}
