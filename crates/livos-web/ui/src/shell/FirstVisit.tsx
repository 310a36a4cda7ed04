import { X } from "lucide-react";
import { errorText } from "@/lib/api";
import { t, tx } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { changeSettings, type Settings, useSettings } from "@/lib/settings";
import { Button, IconButton } from "@/ui/Button";
import { WALLPAPERS, Wallpaper } from "@/ui/Wallpaper";

const THEMES = [
  ["auto", "shell.user.themeAuto"],
  ["light", "shell.user.themeLight"],
  ["dark", "shell.user.themeDark"],
] as const;

const change = (part: Settings) =>
  void changeSettings(part).catch((error) => reportProblem(errorText(error)));
const done = () => change({ welcomed: true });

/** Offers a theme and a wallpaper on the desktop's first visit, once. Choices show at once. */
export default function FirstVisit({ className }: { className?: string }) {
  const { theme = "auto", wallpaper = "shore" } = useSettings();
  return (
    <section
      aria-labelledby="welcome-title"
      data-region="panel"
      className={`card rounded-window border border-line bg-surface p-4 shadow-active ${className ?? ""}`}
    >
      <div className="flex items-start justify-between gap-3">
        <div>
          <h2 id="welcome-title" className="text-lg font-semibold">
            {t("panels.welcome.title")}
          </h2>
          <p className="text-sm text-muted">{t("panels.welcome.text")}</p>
        </div>
        <IconButton size="sm" label={t("shell.action.close")} icon={X} onClick={done} />
      </div>
      <div role="radiogroup" aria-label={t("panels.welcome.theme")} className="flex gap-2 pt-3">
        {THEMES.map(([id, label]) => (
          <label key={id} className="flex-1 text-center text-sm font-medium">
            <input
              type="radio"
              name="welcome-theme"
              checked={theme === id}
              onChange={() => change({ theme: id })}
              className="peer sr-only"
            />
            <span className="choice flex min-h-8 touch:min-h-11 items-center justify-center rounded-control border border-line-strong px-2">
              {t(label)}
            </span>
          </label>
        ))}
      </div>
      <div
        role="radiogroup"
        aria-label={t("panels.welcome.wallpaper")}
        className="grid grid-cols-4 gap-2 py-3"
      >
        {WALLPAPERS.map((id) => (
          <label key={id} data-tip={tx(`panels.wallpaper.${id}`, id)}>
            <input
              type="radio"
              name="welcome-wallpaper"
              aria-label={tx(`panels.wallpaper.${id}`, id)}
              checked={wallpaper === id}
              onChange={() => change({ wallpaper: id })}
              className="peer sr-only"
            />
            <span className="choice relative block aspect-16/10 overflow-hidden rounded-control border border-line-strong">
              <Wallpaper id={id} className="absolute inset-0" />
            </span>
          </label>
        ))}
      </div>
      <div className="flex justify-end">
        <Button variant="primary" onClick={done}>
          {t("panels.welcome.done")}
        </Button>
      </div>
    </section>
  );
}
