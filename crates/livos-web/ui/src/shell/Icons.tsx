import { ArrowLeft, ArrowRight } from "lucide-react";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { errorText, type InstalledApp, useInstalledApps } from "@/lib/api";
import { t } from "@/lib/i18n";
import { toast } from "@/lib/notify";
import { changeSettings, useSettings } from "@/lib/settings";
import { AppIcon } from "@/ui/AppIcon";
import { cx } from "@/ui/cx";
import { menuPoint, openMenu } from "@/ui/menu";
import { openInstalled, stateText } from "./installed";

/** Installed apps in the person's own order; new ones come last. */
export function ordered(apps: InstalledApp[], order: string[]): InstalledApp[] {
  const rank = new Map(order.map((id, index) => [id, index]));
  return apps.toSorted(
    (a, b) =>
      (rank.get(a.id) ?? order.length) - (rank.get(b.id) ?? order.length) ||
      a.installed_at - b.installed_at ||
      a.name.localeCompare(b.name),
  );
}

export function moved(ids: string[], id: string, to: number): string[] {
  const rest = ids.filter((other) => other !== id);
  rest.splice(Math.max(0, Math.min(rest.length, to)), 0, id);
  return rest;
}

function StateDot({ state }: { state: InstalledApp["state"] }) {
  if (state === "running") return null;
  const look = {
    starting: "border-2 border-accent bg-surface",
    installing: "border-2 border-accent bg-surface",
    removing: "border-2 border-line-strong bg-surface",
    stopped: "bg-line-strong",
    problem: "bg-danger text-surface",
  }[state];
  return (
    <span
      aria-hidden
      className={cx(
        "absolute -end-1 -bottom-1 grid size-3.5 place-items-center rounded-full text-xs font-semibold outline-2 outline-surface",
        look,
      )}
    >
      {state === "problem" ? "!" : ""}
    </span>
  );
}

export function IconFace({ app }: { app: InstalledApp }) {
  return (
    <>
      <span className="relative">
        <AppIcon
          name={app.name}
          icon={app.icon}
          className={cx("size-14", app.state === "stopped" && "opacity-60")}
        />
        <StateDot state={app.state} />
      </span>
      <span className="line-clamp-2 max-w-full text-xs font-medium break-words">{app.name}</span>
    </>
  );
}

/** The apps on the desktop: one tab stop, arrows, drag or menu to arrange. */
export function DesktopIcons() {
  const { data: apps } = useInstalledApps();
  const settings = useSettings();
  const list = useRef<HTMLUListElement>(null);
  const [current, setCurrent] = useState(0);
  const [dragged, setDragged] = useState<string | null>(null);
  const order = settings.icons;
  const shown = useMemo(() => ordered(apps ?? [], Array.isArray(order) ? order : []), [apps, order]);
  if (shown.length === 0) return null;

  const reorder = (id: string, to: number) => {
    const icons = moved(
      shown.map((app) => app.id),
      id,
      to,
    );
    changeSettings({ icons }).catch((error) => toast(errorText(error)));
  };
  const go = (event: KeyboardEvent, index: number) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    const here = buttons[index]?.getBoundingClientRect();
    if (!here) return;
    const direction = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[
      event.key
    ];
    if (!direction) return;
    event.preventDefault();
    const [dx = 0, dy = 0] = direction;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    buttons.forEach((button, other) => {
      const there = button.getBoundingClientRect();
      const x = there.x - here.x;
      const y = there.y - here.y;
      const forward = x * dx + y * dy;
      if (forward < 10) return;
      const distance = forward + 4 * Math.abs(x * dy + y * dx);
      if (distance < least) [best, least] = [other, distance];
    });
    buttons[best]?.focus();
  };
  return (
    <ul
      ref={list}
      aria-label={t("shell.desktop.apps")}
      className="absolute inset-x-4 top-22 bottom-24 flex flex-col flex-wrap content-start"
    >
      {shown.map((app, index) => (
        <li
          key={app.id}
          className="h-28 w-26"
          onDragOver={(event) => dragged && event.preventDefault()}
          onDrop={(event) => {
            if (!dragged || dragged === app.id) return;
            event.preventDefault();
            reorder(dragged, index);
          }}
        >
          <button
            type="button"
            draggable
            tabIndex={index === Math.min(current, shown.length - 1) ? 0 : -1}
            aria-label={t("shell.app.named", { name: app.name, state: stateText(app) })}
            onFocus={() => setCurrent(index)}
            onKeyDown={(event) => go(event, index)}
            onDragStart={(event) => {
              setDragged(app.id);
              event.dataTransfer.effectAllowed = "move";
              event.dataTransfer.setData("text/plain", app.name);
            }}
            onDragEnd={() => setDragged(null)}
            onClick={() => openInstalled(app)}
            onContextMenu={(event) =>
              openMenu(
                menuPoint(event),
                t("shell.app.menu", { name: app.name }),
                import("./menus").then(({ appMenu }) =>
                  appMenu(app, [
                    {
                      label: t("shell.app.moveForward"),
                      icon: ArrowLeft,
                      disabled: index === 0,
                      onSelect: () => reorder(app.id, index - 1),
                    },
                    {
                      label: t("shell.app.moveBack"),
                      icon: ArrowRight,
                      disabled: index === shown.length - 1,
                      onSelect: () => reorder(app.id, index + 1),
                    },
                  ]),
                ),
              )
            }
            className={cx(
              "flex size-full flex-col items-center gap-1.5 rounded-card p-2 pt-3 text-center hover:bg-surface/40",
              dragged === app.id && "opacity-50",
            )}
          >
            <IconFace app={app} />
          </button>
        </li>
      ))}
    </ul>
  );
}
