import { t } from "@/lib/i18n";
import { Badge, Button } from "@/ui";
import type { Need } from "./core/normalise";

const tones = {
  installed: "accent",
  installing: "accent",
  available: "neutral",
  unsupported: "danger",
  missing: "danger",
  circular: "danger",
} as const;

type Known = keyof typeof tones;
const known = (state: string): Known => (state in tones ? (state as Known) : "missing");

/**
 * The apps that must be there first, in the order in which they can be installed. Each is decided on by itself; only
 * the first that is open can be begun, and the others may follow while it installs.
 */
export function Needs({ needs, onInstall }: { needs: Need[]; onInstall?(store: string, id: string): void }) {
  const first = needs.find((need) => need.state === "available");
  return (
    <ul className="flex flex-col divide-y divide-line rounded-card border border-line">
      {needs.map((need) => {
        const state = known(need.state);
        return (
          <li key={`${need.id}/${need.state}`} className="flex flex-col gap-2 px-3 py-2 text-sm">
            <div className="flex items-start justify-between gap-3">
              <span className="min-w-0 break-words">{need.name || need.id}</span>
              <Badge tone={tones[state]}>{t(`store.need.${state}`)}</Badge>
            </div>
            {onInstall && need === first && need.choices.length > 0 && (
              <div className="flex flex-wrap gap-2">
                {need.choices.slice(0, 4).map((choice) => (
                  <Button
                    key={`${choice.store}/${choice.id}`}
                    size="sm"
                    onClick={() => onInstall(choice.store, choice.id)}
                  >
                    {t("store.need.install", { app: choice.name })}
                  </Button>
                ))}
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
