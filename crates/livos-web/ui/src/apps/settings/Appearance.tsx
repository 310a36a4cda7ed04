import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, errorText, ok } from "@/lib/api";
import { useOnline } from "@/lib/connection";
import { percent } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { changeSettings, type Settings, settingsQuery, useSettings } from "@/lib/settings";
import { openApp } from "@/lib/window";
import { chosenWidgets, WIDGETS, withWidget } from "@/shell/widgets/chosen";
import { Button, cx, QueryView, Select, StaleNote, Switch } from "@/ui";
import { WALLPAPERS, Wallpaper } from "@/ui/Wallpaper";
import { Group, SavedNote } from "./parts";

const SIZES = [100, 112, 125, 150];
const THEMES = ["auto", "light", "dark"] as const;

/** What is chosen, once it is known: until then nothing may look as if it were chosen. */
export function Chosen({ children }: { children: ReactNode }) {
  const query = useQuery(settingsQuery);
  return (
    <QueryView query={query} failed={t("settings.error.chosen")}>
      {() => (
        <>
          <StaleNote at={query.dataUpdatedAt} />
          {children}
        </>
      )}
    </QueryView>
  );
}

export function Appearance() {
  return (
    <Chosen>
      <Look />
      <Widgets />
      <Comfort />
    </Chosen>
  );
}

function Look() {
  const { settings, note, save } = useLookSettings();
  const online = useOnline();
  const theme = settings.theme ?? "auto";
  const wallpaper = settings.wallpaper ?? "shore";
  const own = settings.own_wallpaper;
  const removeOwn = async () => {
    // First what shows it: a picture that is gone must not be what is chosen.
    const change: Settings = { own_wallpaper: undefined };
    if (wallpaper === own) change.wallpaper = undefined;
    await save(change, () => ok(api.DELETE("/api/v1/me/wallpaper")));
  };
  return (
    <>
      <Group title={t("settings.theme")} end={<SavedNote {...note} />}>
        <div role="radiogroup" aria-label={t("settings.theme")} className="grid grid-cols-3 gap-3 p-4">
          {THEMES.map((name) => (
            <label key={name} className="flex flex-col gap-2 text-sm font-medium">
              <input
                type="radio"
                name="theme"
                value={name}
                checked={theme === name}
                disabled={!online}
                onChange={() => void save({ theme: name })}
                className="peer sr-only"
              />
              <span className="choice overflow-hidden rounded-card border border-line-strong">
                <ThemePreview theme={name} wallpaper={wallpaper} />
              </span>
              <span className="text-center">{t(`settings.theme.${name}`)}</span>
            </label>
          ))}
        </div>
      </Group>
      <Group title={t("settings.wallpaper")}>
        <div
          role="radiogroup"
          aria-label={t("settings.wallpaper")}
          className="grid grid-cols-4 gap-3 p-4 @max-lg:grid-cols-2"
        >
          {[...(own ? [own] : []), ...WALLPAPERS].map((id) => (
            <label key={id} className="flex flex-col gap-1.5 text-sm">
              <input
                type="radio"
                name="wallpaper"
                value={id}
                checked={wallpaper === id}
                disabled={!online}
                onChange={() => void save({ wallpaper: id })}
                className="peer sr-only"
              />
              <span className="choice relative block aspect-16/10 overflow-hidden rounded-card border border-line-strong">
                <Wallpaper id={id} className="absolute inset-0" />
              </span>
              <span className="text-center text-xs">
                {id === own ? t("settings.wallpaper.own") : tx(`settings.wallpaper.${id}`, id)}
              </span>
            </label>
          ))}
        </div>
        <div className="flex flex-wrap items-center justify-between gap-3 border-t border-line p-4 text-sm text-muted">
          <p className="max-w-[52ch]">{t("settings.wallpaper.hint")}</p>
          <span className="flex flex-wrap gap-2">
            <Button onClick={() => openApp("files")}>{t("settings.wallpaper.openFiles")}</Button>
            {own && (
              <Button write onClick={() => void removeOwn()}>
                {t("settings.wallpaper.remove")}
              </Button>
            )}
          </span>
        </div>
      </Group>
    </>
  );
}

function Widgets() {
  const { settings, note, save } = useLookSettings();
  const chosen = chosenWidgets(settings);
  return (
    <Group title={t("settings.widgets")} end={<SavedNote {...note} />}>
      <div className="flex flex-col gap-3 p-4">
        {WIDGETS.map((kind) => (
          <Switch
            key={kind}
            label={t(`settings.widgets.${kind}`)}
            hint={t(`settings.widgets.${kind}.hint`)}
            checked={chosen.includes(kind)}
            write
            onChange={(on) => void save({ widgets: withWidget(settings, kind, on) })}
          />
        ))}
      </div>
    </Group>
  );
}

function useLookSettings() {
  const settings = useSettings();
  const [note, setNote] = useState({ saved: false, error: "" });
  const save = async (change: Settings, then?: () => Promise<unknown>) => {
    setNote({ saved: false, error: "" });
    try {
      await changeSettings(change);
      await then?.();
      setNote({ saved: true, error: "" });
    } catch (error) {
      setNote({ saved: false, error: errorText(error) });
    }
  };
  return { settings, note, save };
}

/** What makes it easier to read and to look at, also on the page about accessibility. */
export function Comfort() {
  const { settings, note, save } = useLookSettings();
  return (
    <Group title={t("settings.comfort")} end={<SavedNote {...note} />}>
      <div className="flex flex-col gap-3 p-4">
        <Select
          label={t("settings.textSize")}
          value={String(settings.text_size ?? 100)}
          onChange={(value) => void save({ text_size: Number(value) })}
          write
          options={SIZES.map((size) => ({ value: String(size), label: percent(size / 100) }))}
        />
        <Switch
          label={t("settings.motion")}
          hint={t("settings.motion.hint")}
          checked={settings.reduce_motion === true}
          write
          onChange={(on) => void save({ reduce_motion: on || undefined } as Settings)}
        />
        <Switch
          label={t("settings.transparency")}
          hint={t("settings.transparency.hint")}
          checked={settings.reduce_transparency === true}
          write
          onChange={(on) => void save({ reduce_transparency: on || undefined } as Settings)}
        />
      </div>
    </Group>
  );
}

/** A window on the wallpaper in that theme; Auto shows half of each. */
function ThemePreview({ theme, wallpaper }: { theme: (typeof THEMES)[number]; wallpaper: string }) {
  const halves = theme === "auto" ? (["light", "dark"] as const) : ([theme] as const);
  return (
    <span aria-hidden className="flex aspect-16/10">
      {halves.map((half) => (
        <span key={half} data-theme={half} className="preview-theme relative min-w-0 flex-1 overflow-hidden">
          <Wallpaper id={wallpaper} tone={half} className="absolute inset-0" />
          <span
            className={cx(
              "absolute inset-x-[14%] top-[22%] bottom-[18%] rounded-control border border-line bg-surface",
            )}
          >
            <span className="block h-1/4 border-b border-line" />
            <span className="m-1.5 block h-1.5 w-1/2 rounded-full bg-accent" />
            <span className="mx-1.5 block h-1.5 w-3/4 rounded-full bg-line" />
          </span>
        </span>
      ))}
    </span>
  );
}
