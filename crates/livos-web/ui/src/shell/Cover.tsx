import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { type JobInfo, systemQuery } from "@/lib/api";
import { checkConnection, connection } from "@/lib/connection";
import { duration } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { useLook } from "@/lib/look";
import { announce } from "@/lib/notify";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/Button";
import { Progress } from "@/ui/bits";
import { cx } from "@/ui/cx";
import { useAfter } from "@/ui/states";
import { Wallpaper } from "@/ui/Wallpaper";

const HELP_AFTER = 5 * 60_000;
const SHOWN = ["installing", "restarting", "proving"];
const BACK = ["installing", "returning", "returned"];

/**
 * Covers the desktop while the server restarts. Nothing behind it is unmounted, so the same windows are
 * there afterwards. It goes away when the server says that the update or restart is over.
 */
export default function Cover({ job, onLeave }: { job: JobInfo; onLeave: () => void }) {
  const { wallpaper = "shore" } = useLook();
  const { data: system } = useQuery({ ...systemQuery, enabled: false });
  const box = useRef<HTMLDivElement>(null);
  const seconds = useElapsed();
  const late = useAfter(HELP_AFTER);
  const steps = BACK.slice(1).includes(job.step) ? BACK : SHOWN;
  const now = Math.max(0, steps.indexOf(job.step));
  const stepName = (step: string) => tx(`shell.step.${step}`, step);
  useHealth();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    return () => before?.focus();
  }, []);
  useEffect(() => announce(tx(`shell.step.${job.step}`, job.step)), [job.step]);
  return (
    <div className="fixed inset-0 z-1000">
      <Wallpaper id={wallpaper} className="absolute inset-0" />
      <div
        ref={box}
        role="dialog"
        aria-modal="true"
        aria-labelledby="cover-title"
        tabIndex={-1}
        data-focus="quiet"
        className="absolute inset-0 flex items-center justify-center overflow-y-auto p-4"
      >
        <div className="card w-full max-w-110 rounded-window border border-line bg-surface p-8 shadow-active">
          <h2 id="cover-title" className="text-xl font-semibold">
            {t(job.kind === "system.update" ? "panels.cover.updating" : "panels.cover.restarting")}
          </h2>
          <p className="pt-1 text-sm text-muted">{t("panels.cover.text")}</p>
          <ol className="flex flex-col gap-3 py-6">
            {steps.map((step, index) => (
              <li
                key={step}
                aria-current={index === now ? "step" : undefined}
                className={cx(
                  "flex items-center gap-3 text-sm",
                  index === now ? "font-medium" : index > now && "text-muted",
                )}
              >
                <span aria-hidden className="grid size-5 place-items-center text-accent-text">
                  {index < now ? (
                    <Check size={16} />
                  ) : (
                    <span
                      className={cx(
                        "rounded-full",
                        index === now ? "size-2 bg-accent" : "size-1.5 bg-line-strong",
                      )}
                    />
                  )}
                </span>
                {stepName(step)}
                {index < now && <span className="sr-only">{t("panels.cover.done")}</span>}
              </li>
            ))}
          </ol>
          <Progress label={t("panels.cover.text")} />
          <p className="pt-3 text-sm text-muted tabular-nums">
            {t("panels.cover.elapsed", { time: duration(seconds) })}
          </p>
          {late && (
            <div role="status" className="mt-4 border-t border-line pt-4 text-sm">
              <p>
                {t("panels.cover.help", { address: `http://${system?.hostname ?? location.hostname}.local` })}
              </p>
              <Button className="mt-3" onClick={onLeave}>
                {t("panels.cover.leave")}
              </Button>
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

function useElapsed(): number {
  const [start] = useState(Date.now);
  const [now, setNow] = useState(start);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Math.floor((now - start) / 1_000);
}

/** Asks once a second whether the server is back, which is sooner than the connection would try by itself. */
function useHealth(): void {
  const away = useStore(connection, ({ phase }) => phase !== "online" && phase !== "back");
  useEffect(() => {
    if (!away) return;
    let asking = false;
    const timer = setInterval(() => {
      if (asking) return;
      asking = true;
      fetch("/api/v1/health", { signal: AbortSignal.timeout(3_000), cache: "no-store" })
        .then((response) => (response.ok ? checkConnection() : undefined))
        .catch(() => undefined)
        .finally(() => {
          asking = false;
        });
    }, 1_000);
    return () => clearInterval(timer);
  }, [away]);
}
