import { Plug } from "lucide-react";
import { t } from "@/lib/i18n";
import { Callout } from "@/ui";
import type { CatalogPage, MovedPort } from "./core/normalise";

/** What becomes of a port, and why. What is installed already needs no reason any more. */
function sentence({ key, asked, given, by }: MovedPort, installed: boolean): string {
  // A port is a name, not an amount.
  const values = { asked: String(asked), given: String(given), by };
  if (installed) return t(key === "page" ? "store.moved.isPage" : "store.moved.is", values);
  const why = by ? t("store.moved.usedBy", values) : t("store.moved.notFree", values);
  if (given === 0) return `${why} ${t("store.moved.cannot")}`;
  return `${why} ${t(key === "page" ? "store.moved.page" : "store.moved.port", values)}`;
}

/** Ports that are not the ones the app's source asks for. */
export function Moved({ page, installed }: { page: CatalogPage; installed: boolean }) {
  if (page.moved.length === 0) return null;
  const stuck = page.moved.some((port) => port.given === 0);
  return (
    <Callout tone={stuck ? "warn" : undefined} icon={Plug}>
      <ul className="flex flex-col gap-1">
        {page.moved.map((port) => (
          <li key={port.key}>{sentence(port, installed)}</li>
        ))}
      </ul>
    </Callout>
  );
}
