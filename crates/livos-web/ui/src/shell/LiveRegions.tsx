import { useEffect } from "react";
import { connection } from "@/lib/connection";
import { clock } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce, announcements } from "@/lib/notify";
import { useStore } from "@/lib/store";

/** The two live regions of the page. Everything spoken goes through them. */
export function LiveRegions() {
  const { polite, assertive } = useStore(announcements);
  const phase = useStore(connection, (now) => now.phase);
  const heardAt = useStore(connection, (now) => (now.phase === "offline" ? now.heardAt : 0));
  useEffect(() => {
    if (phase === "reconnecting") announce(t("shell.connection.reconnecting"));
    if (phase === "offline") announce(t("shell.connection.offline", { time: clock(heardAt / 1000) }));
    if (phase === "back") announce(t("shell.connection.back"));
  }, [phase, heardAt]);
  return (
    <>
      <div aria-live="polite" className="sr-only">
        {polite}
      </div>
      <div aria-live="assertive" className="sr-only">
        {assertive}
      </div>
    </>
  );
}
