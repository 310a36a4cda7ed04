import {
  Accessibility,
  Info,
  KeyRound,
  Lock,
  type LucideIcon,
  Palette,
  RefreshCw,
  Sparkles,
  User,
  Users,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { currentUser } from "@/lib/api";
import { type TextKey, t } from "@/lib/i18n";
import { useWindow, useWindowTitle } from "@/lib/window";
import { cx, EmptyState, Scroll, TextField } from "@/ui";
import { About } from "./About";
import { Accessibility as AccessibilityPage } from "./Accessibility";
import { AI } from "./AI";
import { Appearance } from "./Appearance";
import { People } from "./People";
import { Programs } from "./Programs";
import { Secure } from "./Secure";
import { Updates } from "./Updates";
import { You } from "./You";

interface Page {
  path: string;
  title: TextKey;
  line: TextKey;
  icon: LucideIcon;
  /** More words to find it by. */
  words: TextKey;
  admin?: boolean;
  page: () => ReactNode;
}

const PAGES: Page[] = [
  {
    path: "/you",
    title: "settings.you",
    line: "settings.you.line",
    words: "settings.you.words",
    icon: User,
    page: () => <You />,
  },
  {
    path: "/appearance",
    title: "settings.appearance",
    line: "settings.appearance.line",
    words: "settings.appearance.words",
    icon: Palette,
    page: () => <Appearance />,
  },
  {
    path: "/accessibility",
    title: "settings.accessibility",
    line: "settings.accessibility.line",
    words: "settings.accessibility.words",
    icon: Accessibility,
    page: () => <AccessibilityPage />,
  },
  {
    path: "/programs",
    title: "settings.programs",
    line: "settings.programs.line",
    words: "settings.programs.words",
    icon: KeyRound,
    page: () => <Programs />,
  },
  {
    path: "/people",
    title: "settings.people",
    line: "settings.people.line",
    words: "settings.people.words",
    icon: Users,
    admin: true,
    page: () => <People />,
  },
  {
    path: "/ai",
    title: "settings.ai",
    line: "settings.ai.line",
    words: "settings.ai.words",
    icon: Sparkles,
    page: () => <AI />,
  },
  {
    path: "/secure",
    title: "settings.secure",
    line: "settings.secure.line",
    words: "settings.secure.words",
    icon: Lock,
    page: () => <Secure />,
  },
  {
    path: "/updates",
    title: "settings.updates",
    line: "settings.updates.line",
    words: "settings.updates.words",
    icon: RefreshCw,
    admin: true,
    page: () => <Updates />,
  },
  {
    path: "/about",
    title: "settings.about",
    line: "settings.about.line",
    words: "settings.about.words",
    icon: Info,
    page: () => <About />,
  },
];

/** A searchable list at the start, the chosen page beside it; one after the other on phones. */
export default function Settings() {
  const { path, phone, navigate } = useWindow();
  const role = currentUser()?.role;
  const pages = PAGES.filter((page) => !page.admin || role !== "member");
  const here = path.split("?")[0];
  const chosen = pages.find((page) => page.path === here) ?? (phone ? undefined : pages[0]);
  useWindowTitle(phone && chosen ? t(chosen.title) : t("shell.apps.settings"));

  const list = (
    <PageList pages={pages} chosen={chosen?.path ?? ""} onChoose={(next) => navigate(next)} roomy={phone} />
  );
  const body = chosen && (
    <Scroll key={chosen.path} label={t(chosen.title)} className="h-full">
      <div className="mx-auto flex max-w-160 flex-col gap-6 p-6 @max-lg:p-4">
        <h3 className={phone ? "sr-only" : "text-xl font-semibold"}>{t(chosen.title)}</h3>
        {chosen.page()}
      </div>
    </Scroll>
  );
  if (phone) return body ?? <div className="h-full overflow-y-auto p-3">{list}</div>;
  return (
    <div className="flex h-full">
      <nav
        aria-label={t("shell.apps.settings")}
        className="w-56 flex-none overflow-y-auto border-e border-line bg-sunken p-2 @max-lg:w-44"
      >
        {list}
      </nav>
      <div className="min-w-0 flex-1">{body}</div>
    </div>
  );
}

function PageList({
  pages,
  chosen,
  onChoose,
  roomy,
}: {
  pages: Page[];
  chosen: string;
  onChoose: (path: string) => void;
  roomy: boolean;
}) {
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLocaleLowerCase();
  const shown = pages.filter(
    (page) =>
      !wanted || `${t(page.title)} ${t(page.line)} ${t(page.words)}`.toLocaleLowerCase().includes(wanted),
  );
  return (
    <div className="flex flex-col gap-2">
      <TextField
        label={t("settings.search")}
        hideLabel
        placeholder={t("settings.search")}
        type="search"
        value={query}
        onChange={setQuery}
      />
      <ul className="flex flex-col gap-0.5">
        {shown.map((page) => (
          <li key={page.path}>
            <button
              type="button"
              data-focus="inset"
              aria-current={page.path === chosen ? "page" : undefined}
              onClick={() => onChoose(page.path)}
              className={cx(
                "flex w-full items-center gap-2.5 rounded-control px-2.5 text-start text-sm font-medium hover:bg-fg/7 aria-[current]:bg-accent-soft aria-[current]:text-accent-text",
                roomy ? "min-h-14" : "min-h-8",
              )}
            >
              <page.icon size={roomy ? 20 : 16} aria-hidden />
              <span className="min-w-0">
                <span className="block">{t(page.title)}</span>
                {roomy && <span className="block text-xs font-normal text-muted">{t(page.line)}</span>}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <EmptyState title={t("settings.search.none", { query })} />}
    </div>
  );
}
