import { Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { t } from "@/lib/i18n";
import { Button } from "@/ui";

const UndoDialog = lazy(() => import("./UndoDialog"));

/** At the end of a run that changed something. */
export function UndoRun({ run }: { run: number }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        size="sm"
        variant="quiet"
        icon={Undo2}
        write
        className="-mt-2 self-start"
        onClick={() => setOpen(true)}
      >
        {t("assistant.undo.run")}
      </Button>
      {open && (
        <Suspense>
          <UndoDialog run={run} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
