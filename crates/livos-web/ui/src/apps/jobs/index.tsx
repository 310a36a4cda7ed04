import { Schedules } from "@/apps/settings/Schedules";
import { Subagents } from "@/apps/settings/Subagents";
import { t } from "@/lib/i18n";
import { openApp } from "@/lib/window";
import { Button, Scroll } from "@/ui";

/** What is done without anybody asking for it at that moment: when it comes, how it went, and who does it. */
export default function Jobs() {
  return (
    <Scroll label={t("shell.apps.jobs")} className="h-full">
      <div className="mx-auto flex max-w-180 flex-col gap-6 p-4">
        <h3 className="sr-only">{t("shell.apps.jobs")}</h3>
        <Schedules />
        <Subagents />
        <p>
          <Button size="sm" onClick={() => openApp("activity")}>
            {t("shell.apps.activity")}
          </Button>
        </p>
      </div>
    </Scroll>
  );
}
