import { useQuery } from "@tanstack/react-query";
import { HandHelping } from "lucide-react";
import { day } from "@/lib/format";
import { t } from "@/lib/i18n";
import { ask, drop, wishesQuery } from "@/lib/wishes";
import { Button, Callout } from "@/ui";
import { useStoreState } from "./useStore";

interface Offered {
  store: string;
  id: string;
  name: string;
}

function useWishes() {
  // Without them the store is whole, too.
  return useQuery(wishesQuery).data ?? [];
}

/** On the page of an app that is not installed: a member asks for it, an admin sees who did. */
export function AskedFor({ app }: { app: Offered }) {
  const { admin, run } = useStoreState();
  const wishes = useWishes().filter((wish) => wish.store === app.store && wish.app === app.id);
  if (admin) {
    return wishes.map((wish) => (
      <Callout key={wish.id} icon={HandHelping}>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span>{t("store.wish.by", { name: wish.by, date: day(wish.asked_at) })}</span>
          <Button
            size="sm"
            write
            aria-label={t("store.wish.declineTo", { name: wish.by })}
            onClick={() => run(() => drop(wish.id))}
          >
            {t("store.wish.decline")}
          </Button>
        </div>
      </Callout>
    ));
  }
  const wish = wishes[0];
  const open = wish?.state === "open";
  const text =
    wish === undefined
      ? t("store.member.note")
      : t(`store.wish.${wish.state as "open" | "granted" | "declined"}`, {
          date: day(open ? wish.asked_at : wish.settled_at),
        });
  const act = () => (wish && open ? drop(wish.id) : ask(app.store, app.id));
  const label = open ? "takeBack" : wish ? "again" : "ask";
  return (
    <Callout>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <span aria-live="polite">{text}</span>
        {wish?.state !== "granted" && (
          <Button size="sm" write onClick={() => run(act)}>
            {t(`store.wish.${label}`)}
          </Button>
        )}
      </div>
    </Callout>
  );
}

/** On the first page, for admins: what people ask for. */
export function AllAskedFor() {
  const { go } = useStoreState();
  const wishes = useWishes();
  if (wishes.length === 0) return null;
  return (
    <div className="mb-4">
      <Callout icon={HandHelping}>
        <h3 className="font-semibold">{t("store.wish.title")}</h3>
        <ul className="mt-1 flex flex-col gap-1">
          {wishes.map((wish) => (
            <li key={wish.id}>
              <button
                type="button"
                className="min-h-6 touch:min-h-11 text-start underline underline-offset-4"
                onClick={() => go({ page: "app", store: wish.store, id: wish.app })}
              >
                {t("store.wish.line", { app: wish.name, name: wish.by })}
              </button>
            </li>
          ))}
        </ul>
      </Callout>
    </div>
  );
}
