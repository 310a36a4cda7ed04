import { ImageOff, Images } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { Button } from "@/ui";
import { Section } from "@/ui/Facts";
import type { CatalogPage } from "./core/normalise";

/** The pictures of an app's page. They are fetched from elsewhere, so only when somebody wants to see them. */
export function Pictures({ page }: { page: CatalogPage }) {
  const [shown, setShown] = useState(false);
  const count = page.pictures.length;
  if (count === 0) return null;
  const hosts = [...new Set(page.pictures)].join(", ");
  return (
    <Section title={t("store.page.pictures")}>
      {shown ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        <ul tabIndex={0} data-scroll-x className="flex snap-x gap-3 overflow-x-auto rounded-card">
          {page.pictures.map((host, number) => (
            <li key={number} className="flex-none snap-start">
              <Picture page={page} number={number} host={host} />
            </li>
          ))}
        </ul>
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <Button icon={Images} onClick={() => setShown(true)}>
            {t("store.page.showPictures", { count })}
          </Button>
          <span className="min-w-0 flex-1 text-sm text-muted">{t("store.page.picturesFrom", { hosts })}</span>
        </div>
      )}
    </Section>
  );
}

function Picture({ page, number, host }: { page: CatalogPage; number: number; host: string }) {
  const [failed, setFailed] = useState(false);
  const name = t("store.page.picture", { number: number + 1, app: page.name });
  if (failed)
    return (
      <div className="flex h-56 w-72 flex-col items-center justify-center gap-2 rounded-card border border-line p-4 text-center text-sm text-muted">
        <ImageOff size={20} aria-hidden />
        {t("store.page.noPicture", { host })}
      </div>
    );
  return (
    <img
      src={`/api/v1/store/apps/${encodeURIComponent(page.store)}/${encodeURIComponent(page.id)}/pictures/${number}`}
      alt={name}
      className="h-56 min-w-40 rounded-card border border-line bg-sunken object-contain"
      onError={() => setFailed(true)}
    />
  );
}
