import { t, tx } from "@/lib/i18n";
import { openApp, useWindow } from "@/lib/window";
import { Badge } from "@/ui";
import { formatPlace, isRunning } from "./core";
import type { Container, Owner } from "./data";

/** The container's state in a word, and what its health check says. */
export function State({ container }: { container: Container }) {
  const bad =
    container.health === "unhealthy" || container.state === "dead" || container.state === "restarting";
  return (
    <span className="flex min-h-6 flex-wrap items-center gap-1">
      <Badge tone={bad ? "danger" : isRunning(container) ? "ok" : "neutral"}>
        {tx(`containers.state.${container.state}`, container.state)}
      </Badge>
      {container.health && container.health !== "healthy" && (
        <Badge tone={bad ? "danger" : "warn"}>
          {tx(`containers.health.${container.health}`, container.health)}
        </Badge>
      )}
    </span>
  );
}

/** Whose something is. An app's leads to the app. */
export function OwnerName({ owner }: { owner: Owner }) {
  if (owner.kind === "app") {
    return (
      <button
        type="button"
        className="min-h-6 text-start text-accent-text underline touch:min-h-11"
        onClick={() => openApp("store", `/installed/${encodeURIComponent(owner.id)}`)}
      >
        {owner.name}
      </button>
    );
  }
  return <span>{ownerWords(owner)}</span>;
}

export function ownerWords(owner: Owner): string {
  if (owner.kind === "app") return owner.name;
  if (owner.kind === "adopted") return t("containers.owner.adopted", { name: owner.name });
  if (owner.kind === "stack") return t("containers.owner.stack", { name: owner.name });
  if (owner.kind === "livos") return t("containers.owner.livos", { name: owner.name });
  if (owner.kind === "docker") return t("containers.owner.docker");
  return t("containers.owner.nobody");
}

export function ContainerLink({ container, name }: { container: Container; name: string }) {
  const { navigate } = useWindow();
  return (
    <button
      type="button"
      className="min-h-6 text-start break-all text-accent-text underline touch:min-h-11"
      onClick={() => navigate(formatPlace({ container: container.id, view: "overview" }))}
    >
      {name}
    </button>
  );
}

export function Names({ names }: { names: string[] }) {
  if (names.length === 0) return <span className="text-muted">{t("containers.nothing")}</span>;
  return <span>{names.join(", ")}</span>;
}
