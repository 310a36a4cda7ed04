import { Play, RotateCw, ScrollText, Square } from "lucide-react";
import { useState } from "react";
import { errorText } from "@/lib/api";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { openApp, useWindow } from "@/lib/window";
import { type MenuItem, useConfirm } from "@/ui";
import { formatPlace, isRunning } from "./core";
import { type Container, restart, start, stop } from "./data";

/** Those who said once that they know what they do with a container are not asked about it again in this tab. */
const asked = new Set<string>();

/** What can be done with a container. One of an app is the app's business. */
export function useActions(): { items: (container: Container) => MenuItem[]; busy: string | undefined } {
  const confirm = useConfirm();
  const { navigate } = useWindow();
  const [busy, setBusy] = useState<string>();

  const act = async (container: Container, verb: "start" | "stop" | "restart") => {
    if (!asked.has(container.id)) {
      const yes = await confirm({
        title: t(`containers.${verb}.title`, { name: container.name }),
        text: t("containers.foreign.text"),
        action: t(`containers.${verb}.action`),
        danger: verb !== "start",
      });
      if (!yes) return;
      asked.add(container.id);
    }
    setBusy(container.id);
    try {
      await { start, stop, restart }[verb](container.id);
    } catch (error) {
      reportProblem(errorText(error));
    }
    setBusy(undefined);
  };

  const items = (container: Container): MenuItem[] => {
    const log: MenuItem = {
      label: t("containers.action.logs"),
      icon: ScrollText,
      onSelect: () => navigate(formatPlace({ container: container.id, logs: true })),
    };
    const { owner } = container;
    if (owner.kind === "app") {
      const open = () => openApp("store", `/installed/${encodeURIComponent(owner.id)}`);
      return [log, { separator: true }, { label: t("containers.action.openApp"), onSelect: open }];
    }
    const running = isRunning(container);
    return [
      log,
      { separator: true },
      running
        ? { label: t("containers.stop.item"), icon: Square, onSelect: () => void act(container, "stop") }
        : { label: t("containers.start.item"), icon: Play, onSelect: () => void act(container, "start") },
      ...(running
        ? [
            {
              label: t("containers.restart.item"),
              icon: RotateCw,
              onSelect: () => void act(container, "restart"),
            },
          ]
        : []),
    ];
  };
  return { items, busy };
}
