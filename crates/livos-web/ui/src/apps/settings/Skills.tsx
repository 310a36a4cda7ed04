import { useQuery } from "@tanstack/react-query";
import { BookOpen, CircleAlert, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { errorText, sentence } from "@/lib/api";
import {
  addSkill,
  changeSkill,
  refreshSkills,
  removeSkill,
  type Skill,
  type Skills as SkillsReply,
  skillsQuery,
} from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { Badge, Button, EmptyState, MenuButton, QueryView, StaleNote, useConfirm } from "@/ui";
import { Group, Row } from "./parts";
import { SkillDialog } from "./SkillDialog";

/** What a skill may have; a longer file is none and is not read. */
const LONGEST = 48 * 1024;

/** Instructions that the assistant reads when a task of their kind comes up. */
export function Skills() {
  const query = useQuery(skillsQuery);
  const [open, setOpen] = useState("");
  const [busy, setBusy] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const add = async (chosen: File | undefined) => {
    if (!chosen) return;
    const refused = (why: string) => reportProblem(t("settings.skills.notAdded", { file: chosen.name, why }));
    if (chosen.size > LONGEST) return refused(t("settings.skills.tooLong"));
    setBusy(true);
    try {
      const added = await addSkill(await chosen.text());
      setOpen(added.name);
    } catch (error) {
      refused(errorText(error));
    } finally {
      await refreshSkills().catch(() => undefined);
      setBusy(false);
    }
  };
  return (
    <>
      <Group
        title={t("settings.skills")}
        end={
          <span className="flex items-center gap-3">
            <StaleNote at={query.dataUpdatedAt} />
            <Button size="sm" icon={Plus} write busy={busy} onClick={() => file.current?.click()}>
              {t("settings.skills.add")}
            </Button>
            <input
              ref={file}
              type="file"
              hidden
              accept=".md,text/markdown"
              aria-label={t("settings.skills.add")}
              onChange={(event) => {
                void add(event.target.files?.[0]);
                event.target.value = "";
              }}
            />
          </span>
        }
      >
        <QueryView query={query} failed={t("settings.skills.failed")}>
          {({ skills }: SkillsReply) =>
            skills.length === 0 ? (
              <EmptyState
                icon={BookOpen}
                title={t("settings.skills.empty")}
                text={t("settings.skills.emptyText")}
              />
            ) : (
              skills.map((one) => <Line key={one.name} one={one} onOpen={() => setOpen(one.name)} />)
            )
          }
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.skills.explain")}</p>
      {open && <SkillDialog name={open} onClose={() => setOpen("")} />}
    </>
  );
}

function Line({ one, onOpen }: { one: Skill; onOpen: () => void }) {
  const confirm = useConfirm();
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshSkills().catch(() => undefined);
    }
  };
  const remove = async () => {
    const yes = await confirm({
      title: t("settings.skills.removeTitle", { name: one.name }),
      text: t("settings.skills.removeText"),
      action: t("settings.skills.remove"),
      danger: true,
    });
    if (yes) await attempt(() => removeSkill(one.name));
  };
  const { current, waiting } = one;
  return (
    <Row
      label={
        <span className="flex flex-wrap items-center gap-2">
          <bdi>{one.name}</bdi>
          {waiting && <Badge tone="warn">{t("settings.skills.waits")}</Badge>}
          {current && !one.enabled && <Badge>{t("settings.skills.disabled")}</Badge>}
          {one.bundled && <Badge>{t("settings.skills.bundled")}</Badge>}
        </span>
      }
      line={
        <>
          <span dir="auto" className="line-clamp-2">
            {(current ?? waiting)?.description}
          </span>
          {one.problem && (
            <span className="mt-1 flex items-start gap-1.5 text-danger">
              <CircleAlert size={14} aria-hidden className="mt-px" />
              <span dir="auto">{sentence(t("settings.skills.broken", { why: one.problem }))}</span>
            </span>
          )}
        </>
      }
    >
      {waiting && (
        <Button size="sm" aria-label={t("settings.skills.lookAt", { name: one.name })} onClick={onOpen}>
          {t("settings.skills.look")}
        </Button>
      )}
      <MenuButton
        label={t("settings.skills.menu", { name: one.name })}
        items={[
          { label: t("settings.skills.show"), onSelect: onOpen },
          current &&
            !one.problem && {
              label: t(one.enabled ? "settings.skills.disable" : "settings.skills.enable"),
              onSelect: () => void attempt(() => changeSkill(one.name, !one.enabled, current.id)),
            },
          !one.bundled && { separator: true },
          !one.bundled && {
            label: t("settings.skills.remove"),
            danger: true,
            onSelect: () => void remove(),
          },
        ]}
      />
    </Row>
  );
}
