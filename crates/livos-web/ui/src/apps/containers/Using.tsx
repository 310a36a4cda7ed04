import { useRef } from "react";
import { bytes, percent } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Fact } from "@/ui/Facts";
import { useUsage } from "./usage";

/** What a container that runs uses, for where the list has no room for it. */
export function Using({ id }: { id: string }) {
  const box = useRef<HTMLSpanElement>(null);
  const usage = useUsage(box).get(id);
  return (
    <Fact label={t("containers.facts.uses")}>
      <span ref={box}>
        {usage?.cpu === undefined
          ? t("containers.facts.measuring")
          : t("containers.facts.usesText", { cpu: percent(usage.cpu), memory: bytes(usage.memory) })}
      </span>
    </Fact>
  );
}
