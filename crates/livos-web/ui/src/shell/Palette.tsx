import { useQuery } from "@tanstack/react-query";
import { FileText, Folder, Search, Sparkles, Store } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { api, currentUser, ok, useInstalledApps } from "@/lib/api";
import { allowed, manifestOf, manifests } from "@/lib/apps";
import { ask } from "@/lib/ask";
import { commandsFor } from "@/lib/commands";
import { collator } from "@/lib/format";
import { t } from "@/lib/i18n";
import { keyNames } from "@/lib/keys";
import { changeSettings, useSettings } from "@/lib/settings";
import { openApp } from "@/lib/window";
import { AppIcon } from "@/ui/AppIcon";
import { Keys } from "@/ui/bits";
import { openInstalled, stateText } from "./installed";
import { openPanel } from "./panels";
import { focusedWindow } from "./wm/focused";

interface Entry {
  id: string;
  title: string;
  detail?: string | undefined;
  group: string;
  icon: ReactNode;
  keys?: string | undefined;
  run: () => void;
}

/** How well a title matches: its start, the start of a word, anywhere, or not at all. */
export function score(title: string, query: string): number {
  const text = title.toLocaleLowerCase();
  const wanted = query.trim().toLocaleLowerCase();
  if (!wanted) return 1;
  if (text.startsWith(wanted)) return 4;
  if (text.split(/[\s/–-]+/).some((word) => word.startsWith(wanted))) return 3;
  if (text.includes(wanted)) return 2;
  return wanted.split(/\s+/).every((part) => text.includes(part)) ? 1 : 0;
}

function useEntries(window: string | null): Entry[] {
  const { data: installed } = useInstalledApps();
  const role = currentUser()?.role;
  return useMemo(() => {
    const out: Entry[] = [];
    for (const app of manifests) {
      if (!allowed(app, role)) continue;
      const title = t(app.title);
      // Preview and the like only make sense with something to show.
      if (app.dock === undefined && app.id !== "activity") continue;
      const icon = (
        <span className="tile size-6" style={{ background: app.tint }}>
          <app.icon size={14} aria-hidden />
        </span>
      );
      out.push({
        id: `app:${app.id}`,
        title,
        group: t("panels.palette.group.apps"),
        icon,
        run: () => openApp(app.id),
      });
      for (const place of app.places ?? []) {
        if (!allowed(place, role)) continue;
        out.push({
          id: `place:${app.id}${place.path}`,
          title: t(place.title),
          detail: title,
          group: t(app.id === "settings" ? "panels.palette.group.settings" : "panels.palette.group.commands"),
          icon: <app.icon size={16} aria-hidden />,
          run: () => openApp(app.id, place.path),
        });
      }
    }
    for (const app of installed ?? []) {
      out.push({
        id: `installed:${app.id}`,
        title: app.name,
        detail: app.state === "running" ? undefined : stateText(app),
        group: t("panels.palette.group.apps"),
        icon: <AppIcon name={app.name} icon={app.icon} className="size-6" small />,
        run: () => openInstalled(app),
      });
    }
    for (const command of [...commandsFor(window), ...(window ? commandsFor(null) : [])]) {
      if (command.listed === false || command.disabled) continue;
      const Icon = command.icon;
      out.push({
        id: `command:${command.id}`,
        title: command.title,
        group: t(
          command.group === "settings" ? "panels.palette.group.settings" : "panels.palette.group.commands",
        ),
        icon: Icon ? <Icon size={16} aria-hidden /> : null,
        keys: command.keys,
        run: command.run,
      });
    }
    return out;
  }, [installed, role, window]);
}

function useDebounced<T>(value: T, delay: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}

const SHOWN = 40;
/** Always the last one: what is found is more likely meant. */
const ASK = "ask";

/** One list for everything: apps, commands, settings, files. Combobox pattern; the focus stays in the field. */
export default function Palette() {
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const [window] = useState(focusedWindow);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const all = useEntries(window);
  const { recent } = useSettings();
  const settled = useDebounced(query.trim(), 150);
  const files = useQuery({
    queryKey: ["files", "search", settled],
    queryFn: ({ signal }) =>
      ok(
        api.GET("/api/v1/files/search", {
          params: { query: { root: "home", path: "", q: settled } },
          signal,
        }),
      ),
    enabled: settled.length >= 2,
    staleTime: 10_000,
    gcTime: 30_000,
  });

  const entries = useMemo(() => {
    if (!query.trim()) {
      const ids = Array.isArray(recent) ? recent : [];
      const last = ids
        .map((other) => all.find((entry) => entry.id === other))
        .filter((e): e is Entry => Boolean(e));
      const group = t("panels.palette.group.recent");
      const left = all.filter((entry) => !ids.includes(entry.id));
      const rest = [...new Set(left.map((entry) => entry.group))].flatMap((name) =>
        left.filter((entry) => entry.group === name),
      );
      return [...last.slice(0, 6).map((entry) => ({ ...entry, group })), ...rest].slice(0, SHOWN);
    }
    const found = all
      .map((entry) => ({ entry, value: score(`${entry.title} ${entry.detail ?? ""}`, query) }))
      .filter(({ value }) => value > 0)
      .toSorted((a, b) => b.value - a.value || collator.compare(a.entry.title, b.entry.title))
      .map(({ entry }) => entry);
    const fresh = settled === query.trim() ? (files.data?.entries ?? []) : [];
    for (const file of fresh.slice(0, 12)) {
      const folder = file.path.split("/").slice(0, -1).join("/");
      const place = folder.split("/").filter(Boolean).map(encodeURIComponent).join("/");
      const target =
        file.kind === "dir"
          ? `/${file.root}/${file.path.split("/").map(encodeURIComponent).join("/")}`
          : `/${file.root}${place && `/${place}`}?select=${encodeURIComponent(file.name)}`;
      found.push({
        id: `file:${file.root}/${file.path}`,
        title: file.name,
        detail: folder,
        group: t("panels.palette.group.files"),
        icon: file.kind === "dir" ? <Folder size={16} aria-hidden /> : <FileText size={16} aria-hidden />,
        run: () => openApp("files", target),
      });
    }
    // Groups stay together, in the order of their best entry.
    const groups = [...new Set(found.map((entry) => entry.group))];
    const sorted = groups.flatMap((group) => found.filter((entry) => entry.group === group)).slice(0, SHOWN);
    if (sorted.length === 0 && manifestOf("store")) {
      const q = query.trim();
      sorted.push({
        id: "store-search",
        title: t("panels.palette.store", { query: q }),
        group: t("panels.palette.none", { query: q }),
        icon: <Store size={16} aria-hidden />,
        run: () => openApp("store", `/search?q=${encodeURIComponent(q)}`),
      });
    }
    const question = query.trim();
    sorted.push({
      id: ASK,
      title: t("panels.palette.ask", { query: question }),
      group: t("shell.apps.assistant"),
      icon: <Sparkles size={16} aria-hidden />,
      run: () => ask(question),
    });
    return sorted;
  }, [all, files.data, query, recent, settled]);

  const active = Math.min(chosen, Math.max(0, entries.length - 1));
  const run = (entry: Entry | undefined) => {
    if (!entry) return;
    openPanel(null);
    if (!entry.id.startsWith("file:") && entry.id !== "store-search" && entry.id !== ASK) {
      const ids = [
        entry.id,
        ...(Array.isArray(recent) ? recent : []).filter((other) => other !== entry.id),
      ].slice(0, 6);
      changeSettings({ recent: ids }).catch(() => undefined);
    }
    // The focus returns first, so that what opens can take it.
    requestAnimationFrame(() => entry.run());
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) {
      const next = active + step;
      const wrapped =
        next < 0
          ? active === 0
            ? entries.length - 1
            : 0
          : next >= entries.length
            ? active === entries.length - 1
              ? 0
              : entries.length - 1
            : next;
      setChosen(wrapped);
      list.current?.querySelector(`[data-index="${wrapped}"]`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) run(entries[active]);
    else if (event.key === "Escape") {
      event.stopPropagation();
      openPanel(null);
    } else return;
    event.preventDefault();
  };
  const searching = settled.length >= 2 && files.isFetching;

  return (
    <div
      className="fixed inset-0 z-800 flex justify-center bg-transparent pt-[12vh] max-md:pt-0"
      data-panel="palette"
    >
      <button
        type="button"
        tabIndex={-1}
        aria-hidden
        className="scrim absolute inset-0"
        onClick={() => openPanel(null)}
      />
      <div
        role="dialog"
        aria-modal="true"
        aria-label={t("panels.palette.label")}
        className="popup relative flex h-fit max-h-[min(36rem,76vh)] w-[min(38rem,calc(100vw-2rem))] flex-col overflow-hidden max-md:h-dvh max-md:max-h-none max-md:w-full max-md:rounded-none"
      >
        <div className="flex items-center gap-3 border-b border-line px-4">
          <Search size={18} aria-hidden className="text-muted" />
          <input
            // biome-ignore lint/a11y/noAutofocus: opening the search is asking for this field.
            autoFocus
            role="combobox"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={entries.length > 0 ? `${id}-${active}` : undefined}
            aria-autocomplete="list"
            aria-label={t("panels.palette.hint")}
            placeholder={t("panels.palette.hint")}
            value={query}
            enterKeyHint="go"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setQuery(event.target.value);
              setChosen(0);
            }}
            onKeyDown={press}
            className="h-13 min-w-0 flex-1 bg-transparent text-lg outline-none"
          />
          <button
            type="button"
            onClick={() => openPanel(null)}
            className="rounded-control px-2 py-1 text-sm text-muted hover:text-fg md:sr-only md:focus:not-sr-only"
          >
            {t("shell.action.close")}
          </button>
        </div>
        <div
          ref={list}
          id={`${id}-list`}
          role="listbox"
          aria-label={t("panels.palette.label")}
          className="min-h-0 overflow-y-auto p-2"
        >
          {entries.map((entry, index) => {
            const first = index === 0 || entries[index - 1]?.group !== entry.group;
            return (
              <div key={`${entry.group}/${entry.id}`} role="presentation">
                {first && (
                  <div role="presentation" className="px-3 pt-2 pb-1 text-xs font-medium text-muted">
                    {entry.group}
                  </div>
                )}
                {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys for the whole list. */}
                <div
                  role="option"
                  tabIndex={-1}
                  id={`${id}-${index}`}
                  data-index={index}
                  aria-selected={index === active}
                  onPointerMove={() => setChosen(index)}
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => run(entry)}
                  className="flex min-h-9 touch:min-h-12 items-center gap-3 rounded-control px-3 text-sm aria-selected:bg-accent-soft aria-selected:text-accent-text"
                >
                  <span className="grid w-6 shrink-0 place-items-center">{entry.icon}</span>
                  <span className="min-w-0 flex-1 truncate">
                    {entry.title}
                    {entry.detail && <span className="text-muted"> · {entry.detail}</span>}
                  </span>
                  {entry.keys && (
                    <span className="max-md:hidden">
                      <Keys names={keyNames(entry.keys)} />
                    </span>
                  )}
                </div>
              </div>
            );
          })}
        </div>
        <div role="status" className="px-4 pb-2 text-xs text-muted empty:hidden">
          {searching
            ? t("panels.palette.searching")
            : files.isError
              ? t("panels.palette.searchFailed")
              : null}
          {query && !searching && (
            <span className="sr-only">{t("panels.palette.results", { count: entries.length })}</span>
          )}
        </div>
      </div>
    </div>
  );
}
