import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { manifestOf } from "@/lib/apps";
import { commandsFor } from "@/lib/commands";
import { t } from "@/lib/i18n";
import { keyNames } from "@/lib/keys";
import { useSettings } from "@/lib/settings";
import { ownKeys, SHORTCUTS } from "@/lib/shortcuts";
import { openApp } from "@/lib/window";
import { Button, IconButton } from "@/ui/Button";
import { Keys } from "@/ui/bits";
import { openPanel } from "./panels";
import { windowOf } from "./wm/core";
import { layout } from "./wm/manager";

interface Row {
  title: string;
  keys: string[][];
}

/** What the keyboard can do here. */
export default function Shortcuts() {
  const box = useRef<HTMLDivElement>(null);
  const [win] = useState(() => windowOf(layout.get(), layout.get().focused));
  useEffect(() => box.current?.querySelector<HTMLElement>("button")?.focus(), []);
  const manifest = win && manifestOf(win.app);
  const settings = useSettings();
  const here: Row[] = commandsFor(win?.id ?? "")
    .filter((command) => command.keys)
    .map((command) => ({
      title: command.title,
      keys: [command.keys ?? "", ...(command.alsoKeys ?? [])].map(keyNames),
    }));
  const rows = (group: "everywhere" | "windows"): Row[] =>
    SHORTCUTS.filter((shortcut) => shortcut.group === group)
      .map((shortcut) => ({
        title: t(shortcut.title),
        keys: ownKeys(settings, shortcut.id, [...shortcut.keys]),
      }))
      .filter(({ keys }) => keys.length > 0)
      // A row of keys is named by its first and last.
      .map(({ title, keys }) => ({
        title,
        keys: (keys.length > 2 ? [keys[0] ?? "", keys.at(-1) ?? ""] : keys).map(keyNames),
      }));
  const close = () => openPanel(null);
  return (
    <div className="fixed inset-0 z-800 flex justify-center overflow-y-auto p-4 pt-[8vh]">
      <button type="button" tabIndex={-1} aria-hidden className="scrim fixed inset-0" onClick={close} />
      <div
        ref={box}
        role="dialog"
        aria-modal="true"
        aria-labelledby="shortcuts-title"
        className="popup relative h-fit max-h-[84vh] w-[min(34rem,100%)] overflow-y-auto p-5"
        onKeyDown={(event) => event.key === "Escape" && close()}
      >
        <div className="flex items-center justify-between">
          <h2 id="shortcuts-title" className="text-lg font-semibold">
            {t("panels.shortcuts.title")}
          </h2>
          <IconButton label={t("shell.action.close")} icon={X} onClick={close} />
        </div>
        {manifest && here.length > 0 && (
          <Group title={t("panels.shortcuts.inWindow", { app: t(manifest.title) })} rows={here} />
        )}
        <Group title={t("panels.shortcuts.everywhere")} rows={rows("everywhere")} />
        <Group title={t("panels.shortcuts.windows")} rows={rows("windows")} />
        <Button
          variant="quiet"
          className="mt-3"
          onClick={() => {
            close();
            openApp("settings", "/accessibility");
          }}
        >
          {t("panels.shortcuts.change")}
        </Button>
      </div>
    </div>
  );
}

function Group({ title, rows }: { title: string; rows: Row[] }) {
  return (
    <section className="pt-4">
      <h3 className="pb-1 text-sm font-semibold text-muted">{title}</h3>
      <dl>
        {rows.map((row) => (
          <div
            key={row.title}
            className="flex items-center justify-between gap-4 border-b border-line py-1.5 text-sm last:border-0"
          >
            <dt>{row.title}</dt>
            <dd className="flex flex-wrap justify-end gap-x-3 gap-y-1">
              {row.keys.map((names) => (
                <Keys key={names.join("+")} names={names} />
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
