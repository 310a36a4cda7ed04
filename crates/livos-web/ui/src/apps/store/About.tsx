import { ExternalLink } from "lucide-react";
import type { InstalledApp } from "@/lib/api";
import { bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { Badge, Button } from "@/ui";
import { Fact } from "@/ui/Facts";
import { type CatalogPage, safeLink } from "./core/normalise";
import { pin, refreshStore, skip } from "./data";
import { useStoreState } from "./useStore";

const kinds = ["source", "documentation", "support"] as const;

function memory({ memory_least, memory_most }: CatalogPage["facts"]): string {
  const [least, most] = [bytes(memory_least), bytes(memory_most)];
  if (memory_least > 0 && memory_most > 0) return t("store.page.memoryBoth", { least, most });
  if (memory_least > 0) return t("store.page.memoryLeast", { least });
  return memory_most > 0 ? t("store.page.memoryMost", { most }) : t("store.page.memoryUnsaid");
}

/** What is known about an app beside what it may do, for a <dl>. */
export function KnownFacts({ page }: { page: CatalogPage }) {
  const { facts } = page;
  return (
    <>
      {facts.on_disk > 0 && <Fact label={t("store.page.onDisk")}>{bytes(facts.on_disk)}</Fact>}
      {page.services.length > 0 && <Fact label={t("store.page.memory")}>{memory(facts)}</Fact>}
      {facts.licence && <Fact label={t("store.page.licence")}>{facts.licence}</Fact>}
    </>
  );
}

/** Whether it can talk to the world, which nobody is asked and everybody may know. */
export function Internet({ page }: { page: CatalogPage }) {
  if (page.facts.internet === undefined || page.services.length === 0) return null;
  return (
    <p className="text-sm text-muted">
      {t(page.facts.internet ? "store.page.internet" : "store.page.noInternet")}
    </p>
  );
}

/** Where more about it is; only web addresses become links. */
export function Links({ page }: { page: CatalogPage }) {
  const links = [
    { name: t("store.action.website"), href: safeLink(page.website) },
    ...kinds.flatMap((kind) =>
      page.facts.links
        .filter((link) => link.kind === kind)
        .map((link) => ({ name: t(`store.link.${kind}`), href: safeLink(link.url) })),
    ),
  ].filter((link, at, all) => link.href && all.findIndex((other) => other.href === link.href) === at);
  if (links.length === 0) return null;
  return (
    <ul className="flex flex-col items-start gap-1">
      {links.map(({ name, href }) => (
        <li key={href}>
          <a
            href={href}
            target="_blank"
            rel="noreferrer noopener"
            className="inline-flex min-h-6 items-center gap-1.5 text-sm text-accent-text underline touch:min-h-11"
          >
            {name}
            <ExternalLink size={14} aria-hidden />
          </a>
        </li>
      ))}
    </ul>
  );
}

/** That an app stays on its version, or leaves one out, and the way out of that. */
export function Stays({ app }: { app: InstalledApp }) {
  const { run, admin } = useStoreState();
  if (!app.pinned && !app.skipped) return null;
  const lift = () => run(() => (app.pinned ? pin(app.id, false) : skip(app.id)).then(refreshStore));
  return (
    <p className="flex flex-wrap items-center gap-2 text-sm">
      <Badge>
        {app.pinned
          ? t("store.stays.pinned", { version: app.version || "–" })
          : t("store.stays.skipped", { version: app.skipped ?? "" })}
      </Badge>
      {admin && (
        <Button size="sm" variant="quiet" write onClick={() => void lift()}>
          {t(app.pinned ? "store.stays.unpin" : "store.stays.offer")}
        </Button>
      )}
    </p>
  );
}
