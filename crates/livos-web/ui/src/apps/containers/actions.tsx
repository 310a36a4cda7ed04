import {
  Download,
  HandHelping,
  Play,
  RotateCw,
  ScrollText,
  Square,
  SquareTerminal,
  Trash2,
  Undo2,
  Zap,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { errorText, keys, queries } from "@/lib/api";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { openApp, useWindow } from "@/lib/window";
import { type MenuItem, useConfirm } from "@/ui";
import { ExportDialog } from "@/ui/ExportDialog";
import type { Verb } from "./acting";
import { formatPlace, isRunning } from "./core";
import {
  adopt,
  type Container,
  type Owner,
  release,
  removeAdopted,
  restart,
  restartAdopted,
  start,
  startAdopted,
  stop,
  stopAdopted,
} from "./data";

/** Those who said once that they know what they do with a container are not asked about it again in this tab. */
const asked = new Set<string>();

/** What can be done with a project as a whole: it is adopted; then it is acted on like an app, or given back. */
export function useOwnerActions() {
  const confirm = useConfirm();
  const [busy, setBusy] = useState<string>();
  const [exporting, setExporting] = useState<Owner>();

  const run = async (id: string, work: () => Promise<unknown>) => {
    setBusy(id);
    try {
      await work();
      void queries.invalidateQueries({ queryKey: keys.docker });
    } catch (error) {
      reportProblem(errorText(error));
    }
    setBusy(undefined);
  };

  const ask = async (what: "adopt" | "release" | "remove", name: string, work: () => Promise<unknown>) => {
    const yes = await confirm({
      title: t(`containers.${what}.title`, { name }),
      text: t(`containers.${what}.text`),
      action: t(`containers.${what}.action`),
      danger: what === "remove",
    });
    if (yes) await run(name, work);
  };

  const adoptItem = (kind: "stack" | "container", subject: string, name: string): MenuItem => ({
    label: t("containers.adopt.item", { name }),
    icon: HandHelping,
    onSelect: () => void ask("adopt", name, () => adopt(kind, subject)),
  });

  const ownerItems = (owner: Owner, running: boolean): MenuItem[] => {
    const { id, name } = owner;
    if (owner.kind === "stack") return [adoptItem("stack", id, name)];
    if (owner.kind !== "adopted") return [];
    const verb = (
      key: "start" | "stop" | "restart",
      icon: MenuIcon,
      work: (id: string) => Promise<unknown>,
    ) => ({
      label: t(`containers.whole.${key}`, { name }),
      icon,
      onSelect: () => void run(name, () => work(id)),
    });
    return [
      ...(running
        ? [verb("stop", Square, stopAdopted), verb("restart", RotateCw, restartAdopted)]
        : [verb("start", Play, startAdopted)]),
      { separator: true },
      {
        label: t("containers.export.item", { name }),
        icon: Download,
        onSelect: () => setExporting(owner),
      },
      {
        label: t("containers.release.item", { name }),
        icon: Undo2,
        onSelect: () => void ask("release", name, () => release(id)),
      },
      {
        label: t("containers.remove.item", { name }),
        danger: true,
        onSelect: () => void ask("remove", name, () => removeAdopted(id)),
      },
    ];
  };
  const dialog: ReactNode = exporting && (
    <ExportDialog
      id={exporting.id}
      texts={{
        title: t("containers.export.title", { name: exporting.name }),
        text: t("containers.export.text"),
        secrets: t("containers.export.secrets"),
        warning: t("containers.export.warning"),
        cancel: t("containers.export.cancel"),
        action: t("containers.export.action"),
      }}
      onClose={() => setExporting(undefined)}
    />
  );
  return { ownerItems, adoptItem, busy, dialog };
}

type MenuIcon = typeof Play;
/** Asks about the one container. */
type Opens = (verb: Verb) => void;

/** What can be done with a container. One of an app is the app's business. */
export function useActions(): {
  items: (container: Container, open: Opens) => MenuItem[];
  busy: string | undefined;
  dialog: ReactNode;
} {
  const confirm = useConfirm();
  const { navigate } = useWindow();
  const { ownerItems, adoptItem, dialog } = useOwnerActions();
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

  const items = (container: Container, open: Opens): MenuItem[] => {
    const looking: MenuItem[] = [
      {
        label: t("containers.action.logs"),
        icon: ScrollText,
        onSelect: () => navigate(formatPlace({ container: container.id, view: "logs" })),
      },
      {
        label: t("containers.action.shell"),
        icon: SquareTerminal,
        disabled: container.state !== "running",
        onSelect: () => navigate(formatPlace({ container: container.id, view: "shell" })),
      },
    ];
    const { owner } = container;
    if (owner.kind === "app") {
      const inStore = () => openApp("store", `/installed/${encodeURIComponent(owner.id)}`);
      return [...looking, { separator: true }, { label: t("containers.action.openApp"), onSelect: inStore }];
    }
    const running = isRunning(container);
    if (owner.kind === "adopted") return [...looking, { separator: true }, ...ownerItems(owner, running)];
    const adopting: MenuItem[] =
      owner.kind === "nobody"
        ? [adoptItem("container", container.id, container.name)]
        : ownerItems(owner, running);
    return [
      ...looking,
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
            { label: t("containers.act.item.kill"), icon: Zap, onSelect: () => open("kill") },
          ]
        : []),
      ...(adopting.length > 0 ? [{ separator: true } as MenuItem, ...adopting] : []),
      { separator: true },
      {
        label: t("containers.act.item.remove"),
        icon: Trash2,
        danger: true,
        onSelect: () => open("remove"),
      },
    ];
  };
  return { items, busy, dialog };
}
