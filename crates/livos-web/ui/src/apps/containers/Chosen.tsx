import { Play, RotateCw, Square, Trash2, Zap } from "lucide-react";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { t } from "@/lib/i18n";
import { Button } from "@/ui";
import type { Kind, Thing, Verb } from "./acting";
import type { Selection } from "./Table";

const ActDialog = lazy(() => import("./ActDialog"));

const icons = { start: Play, stop: Square, restart: RotateCw, kill: Zap, remove: Trash2 };
const verbs: Verb[] = ["start", "stop", "restart", "kill", "remove"];

/** Acting on some of what is listed: `open` asks about these, and `dialog` is where. */
export function useActing(onDone?: () => void): {
  open: (verb: Verb, things: Thing[]) => void;
  dialog: ReactNode;
} {
  const [asked, setAsked] = useState<{ verb: Verb; things: Thing[] }>();
  const dialog = asked && (
    <Suspense>
      <ActDialog
        verb={asked.verb}
        things={asked.things}
        onClose={(begun) => {
          setAsked(undefined);
          if (begun) onDone?.();
        }}
      />
    </Suspense>
  );
  return { open: (verb, things) => setAsked({ verb, things }), dialog };
}

/** What is chosen of a list, and the one toolbar for all of it. */
export function useChosen<T>(kind: Kind, rows: T[], key: (row: T) => string, label: (row: T) => string) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const clear = () => setChosen(new Set());
  const { open, dialog } = useActing(clear);
  // What is no longer listed is no longer chosen.
  const there = useMemo(() => rows.map(key).filter((id) => chosen.has(id)), [rows, key, chosen]);
  const selection: Selection<T> = { chosen, onChange: setChosen, label };
  const toolbar = (
    <>
      {there.length > 0 && (
        <div
          role="toolbar"
          aria-label={t("containers.select.toolbar")}
          className="sticky top-0 z-10 flex flex-wrap items-center gap-2 border-b border-line bg-surface px-4 py-2"
        >
          <p role="status" className="me-auto text-sm font-medium">
            {t("containers.select.count", { count: there.length })}
          </p>
          {(kind === "container" ? verbs : (["remove"] as const)).map((verb) => (
            <Button
              key={verb}
              size="sm"
              write
              icon={icons[verb]}
              onClick={() =>
                open(
                  verb,
                  there.map((id) => ({ kind, id })),
                )
              }
            >
              {t(`containers.act.item.${verb}`)}
            </Button>
          ))}
          <Button size="sm" variant="quiet" onClick={clear}>
            {t("containers.select.none")}
          </Button>
        </div>
      )}
      {dialog}
    </>
  );
  return { selection, toolbar, open };
}
