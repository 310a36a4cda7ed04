import { useRef } from "react";
import { bytes, percent } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Fact } from "@/ui/Facts";
import { useUsage } from "./usage";

/** What one container uses, for where the list has no room for it. Nothing while it does not run. */
export function Using({ id }: { id: string }) {
  const box = useRef<HTMLDivElement>(null);
  const usage = useUsage(box).get(id);
  return (
    <div ref={box} className="min-h-px">
      {usage && (
        <Fact label={t("containers.facts.uses")}>
          {t("containers.facts.usesText", {
            cpu: usage.cpu === undefined ? "…" : percent(usage.cpu),
            memory: bytes(usage.memory),
          })}
        </Fact>
      )}
    </div>
  );
}
