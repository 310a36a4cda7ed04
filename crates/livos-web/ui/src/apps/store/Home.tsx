import { CircleAlert, LayoutGrid, Search, Settings2, X } from "lucide-react";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { useCommands } from "@/lib/commands";
import { t } from "@/lib/i18n";
import { Button, Callout, EmptyState, IconButton, Select, StaleNote } from "@/ui";
import { cx } from "@/ui/cx";
import { Card } from "./Card";
import { type Category, type Indexed, searchCatalog, sections, usedCategories } from "./core/catalog";
import type { Source } from "./data";
import { Updates } from "./UpdateAll";
import { statusOf, useStoreState } from "./useStore";
import { AllAskedFor } from "./Wishes";

const perSection = 6;

function Cards({ items, official }: { items: Indexed[]; official: boolean }) {
  const { installed, jobs } = useStoreState();
  return (
    <ul className="grid grid-cols-1 gap-3 @xl:grid-cols-2 @4xl:grid-cols-3">
      {items.map((item) => (
        <li key={item.key} className="min-w-0">
          <Card entry={item.app} status={statusOf(item.app, installed, jobs)} official={official} />
        </li>
      ))}
    </ul>
  );
}

export function Home({
  index,
  sources,
  updatedAt,
  query,
  category,
}: {
  index: Indexed[];
  sources: Source[];
  updatedAt: number;
  query: string;
  category: Category | undefined;
}) {
  const { go, admin } = useStoreState();
  const [typed, setTyped] = useState(query);
  const words = useDeferredValue(typed);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const chips = useMemo(() => usedCategories(index), [index]);
  const found = useMemo(() => searchCatalog(index, words, category), [index, words, category]);
  const home = useMemo(() => sections(index, perSection, Date.now() / 1000), [index]);
  // What is installed from a source that is gone is listed, too.
  const nothingOffered = index.every(({ app }) => app.format === "");
  const filtered = words.trim() !== "" || category !== undefined;
  const official = sources.length <= 1;
  const unread = sources.filter((source) => source.error);

  useCommands([
    { id: "store.search", title: t("store.command.search"), keys: "/", run: () => input.current?.focus() },
    { id: "store.sources", title: t("store.command.sources"), run: () => go({ page: "sources" }) },
  ]);

  const search = (value: string) => {
    setTyped(value);
    go({ page: "home", query: value, category }, true);
  };
  const choose = (next: Category | undefined) => {
    go({ page: "home", query: typed, category: next }, true);
    list.current?.scrollTo({ top: 0 });
  };

  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex shrink-0 flex-col gap-3 border-b border-line px-4 pt-3 pb-3">
        <div className="flex items-center gap-2">
          <search className="relative min-w-0 flex-1">
            <Search
              size={16}
              aria-hidden
              className="pointer-events-none absolute start-3 top-1/2 -translate-y-1/2 text-muted"
            />
            <input
              ref={input}
              type="search"
              data-autofocus
              value={typed}
              aria-label={t("store.home.search")}
              placeholder={t("store.home.placeholder", { count: index.length })}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => search(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Escape" || typed === "") return;
                event.preventDefault();
                event.stopPropagation();
                search("");
              }}
              className="h-9 touch:h-11 w-full rounded-full border border-line-strong bg-surface ps-9 pe-10 text-sm touch:text-lg [&::-webkit-search-cancel-button]:hidden"
            />
            {typed !== "" && (
              <span className="absolute inset-y-0 end-1 flex items-center">
                <IconButton
                  size="sm"
                  icon={X}
                  label={t("store.home.clear")}
                  onClick={() => {
                    search("");
                    input.current?.focus();
                  }}
                />
              </span>
            )}
          </search>
          <StaleNote at={updatedAt} />
          <Button variant="quiet" icon={Settings2} onClick={() => go({ page: "sources" })}>
            {t("store.home.sources")}
          </Button>
        </div>
        {chips.length > 1 && (
          // Where chips would fill half the screen, or run out of it, a list holds them all.
          <div className="@2xl:hidden">
            <Select
              label={t("store.home.categories")}
              hideLabel
              value={category ?? ""}
              onChange={(id) => choose(chips.find((chip) => chip === id))}
              options={[undefined, ...chips].map((chip) => ({
                value: chip ?? "",
                label: chip ? t(`store.category.${chip}`) : t("store.home.all"),
              }))}
            />
          </div>
        )}
        {chips.length > 1 && (
          <fieldset
            aria-label={t("store.home.categories")}
            className="hidden min-w-0 flex-wrap gap-1.5 py-0.5 @2xl:flex"
          >
            {[undefined, ...chips].map((chip) => (
              <button
                key={chip ?? "all"}
                type="button"
                aria-pressed={category === chip}
                onClick={() => choose(chip)}
                className={cx(
                  "min-h-7 touch:min-h-11 shrink-0 rounded-full border px-3 text-sm whitespace-nowrap",
                  category === chip
                    ? "border-accent bg-accent-soft font-medium text-accent-text"
                    : "border-line-strong text-muted hover:bg-sunken hover:text-fg",
                )}
              >
                {chip ? t(`store.category.${chip}`) : t("store.home.all")}
              </button>
            ))}
          </fieldset>
        )}
      </div>
      <div ref={list} className="min-h-0 flex-1 overflow-y-auto px-4 pt-4 pb-8">
        {!filtered && <Updates />}
        {!filtered && admin && <AllAskedFor />}
        {unread.length > 0 && (
          <div className="mb-4">
            <Callout tone="warn" icon={CircleAlert}>
              {t("store.home.partial", {
                count: unread.length,
                name: unread[0]?.label || unread[0]?.url || "",
              })}
            </Callout>
          </div>
        )}
        {nothingOffered && (
          <EmptyState
            icon={LayoutGrid}
            title={t("store.empty.none")}
            text={t(admin ? "store.empty.noneHint" : "store.empty.noneMember")}
            action={
              admin && <Button onClick={() => go({ page: "sources" })}>{t("store.empty.noneAction")}</Button>
            }
          />
        )}
        {index.length === 0 ? null : filtered ? (
          <section aria-label={t("store.home.results", { count: found.length })}>
            <h3 className="sr-only">{category ? t(`store.category.${category}`) : t("store.home.all")}</h3>
            <p role="status" className="mb-3 text-sm text-muted">
              {t("store.home.results", { count: found.length })}
            </p>
            {found.length > 0 ? (
              <Cards items={found} official={official} />
            ) : words.trim() !== "" ? (
              <EmptyState
                icon={Search}
                title={t("store.empty.search", { query: words.trim() })}
                text={t("store.empty.searchHint")}
                action={<Button onClick={() => search("")}>{t("store.home.clear")}</Button>}
              />
            ) : (
              <EmptyState
                icon={LayoutGrid}
                title={t("store.empty.category")}
                action={<Button onClick={() => choose(undefined)}>{t("store.empty.categoryAction")}</Button>}
              />
            )}
          </section>
        ) : (
          home.map((section) => {
            const title =
              section.id === "installed" || section.id === "popular" || section.id === "new"
                ? t(`store.section.${section.id}`)
                : t(`store.category.${section.id}`);
            const { id } = section;
            return (
              <section key={id} aria-labelledby={`section-${id}`} className="mb-7">
                <div className="mb-2.5 flex min-h-8 items-center justify-between gap-3">
                  <h3 id={`section-${id}`} className="text-lg font-semibold">
                    {title}
                  </h3>
                  {section.total > section.items.length &&
                    id !== "installed" &&
                    id !== "popular" &&
                    id !== "new" && (
                      <Button size="sm" variant="quiet" onClick={() => choose(id)}>
                        {t("store.home.showAll", { count: section.total })}
                        <span className="sr-only"> {title}</span>
                      </Button>
                    )}
                </div>
                <Cards items={section.items} official={official} />
              </section>
            );
          })
        )}
      </div>
    </div>
  );
}
