import { useQuery } from "@tanstack/react-query";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { useState } from "react";
import {
  changeSkill,
  discardSkill,
  refreshSkills,
  type Skill,
  type SkillRevision,
  skillQuery,
} from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { Button, Callout, Dialog, QueryView } from "@/ui";
import { Fact, Section } from "@/ui/Facts";
import { useSave } from "./parts";

/** One skill whole. What waits is enabled here, where it was looked at, and exactly as it is shown. */
export function SkillDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const query = useQuery(skillQuery(name));
  const { busy, error, save } = useSave();
  const [seen, setSeen] = useState<SkillRevision>();
  const latest = query.data?.waiting ?? undefined;
  // What one reads stays: another text must not slip in under the button that agrees to it.
  if (!seen && latest) setSeen(latest);
  const waiting = seen ?? latest;
  const changed = query.data !== undefined && !busy && latest?.id !== waiting?.id;
  const settle = async (work: () => Promise<unknown>, says: string) => {
    const done = await save(async () => {
      await work();
      await refreshSkills().catch(() => undefined);
    });
    if (!done) return refreshSkills().catch(() => undefined);
    announce(says);
    onClose();
  };
  return (
    <Dialog
      title={name}
      wide
      onClose={onClose}
      actions={
        changed ? (
          <Button variant="primary" onClick={() => setSeen(latest)}>
            {t("settings.skills.lookAgain")}
          </Button>
        ) : waiting ? (
          <>
            <Button
              write
              disabled={busy}
              onClick={() => void settle(() => discardSkill(name), t("settings.skills.discarded"))}
            >
              {t("settings.skills.discard")}
            </Button>
            <Button
              variant="primary"
              write
              busy={busy}
              onClick={() =>
                void settle(() => changeSkill(name, true, waiting.id), t("settings.skills.nowUsed"))
              }
            >
              {t("settings.skills.enableThis")}
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>{t("shell.action.close")}</Button>
        )
      }
    >
      <div className="flex flex-col gap-4">
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
        {changed && (
          <Callout tone="warn" icon={TriangleAlert} role="alert">
            {t("settings.skills.changed")}
          </Callout>
        )}
        <QueryView query={query} failed={t("settings.skills.failedOne")}>
          {(one: Skill) => <Whole one={one} waiting={waiting} />}
        </QueryView>
      </div>
    </Dialog>
  );
}

function Whole({ one, waiting }: { one: Skill; waiting: SkillRevision | undefined }) {
  const { current } = one;
  return (
    <>
      {waiting && (
        <Section title={t("settings.skills.waitsTitle")}>
          <Callout tone="warn" icon={TriangleAlert}>
            {t(
              waiting.tainted
                ? "settings.skills.tainted"
                : waiting.generated
                  ? "settings.skills.generated"
                  : "settings.skills.fromFile",
            )}
          </Callout>
          <Text one={waiting} />
        </Section>
      )}
      {current && (
        <Section title={t(one.enabled ? "settings.skills.inUse" : "settings.skills.notInUse")}>
          <Text one={current} />
        </Section>
      )}
    </>
  );
}

function Text({ one }: { one: SkillRevision }) {
  const tools = one.tools
    ? one.tools.join(", ") || t("settings.skills.noTools")
    : t("settings.skills.allTools");
  return (
    <>
      <dl className="flex flex-col gap-2">
        <Fact label={t("settings.skills.tools")}>
          <bdi>{tools}</bdi>
          {one.missing.length > 0 && (
            <span className="block text-warn">
              {t("settings.skills.missing", { names: one.missing.join(", ") })}
            </span>
          )}
        </Fact>
        {one.hosts.length > 0 && <Fact label={t("settings.skills.hosts")}>{one.hosts.join(", ")}</Fact>}
        {one.paths.length > 0 && <Fact label={t("settings.skills.paths")}>{one.paths.join(", ")}</Fact>}
      </dl>
      <pre
        dir="auto"
        className="rounded-card bg-sunken p-3 font-mono text-xs break-words whitespace-pre-wrap select-text"
      >
        {one.text}
      </pre>
    </>
  );
}
