import type { InstalledApp } from "@/lib/api";
import { t } from "@/lib/i18n";
import { AppIcon } from "@/ui/AppIcon";
import { cx } from "@/ui/cx";
import { stateText } from "../installed";
import { type Item, isFolder, worst } from "./model";

/** What an app's state adds to its icon; words say the same beside it. */
export function StateDot({ state }: { state: InstalledApp["state"] }) {
  if (state === "running") return null;
  const look = {
    starting: "border-2 border-accent bg-surface",
    installing: "border-2 border-accent bg-surface",
    updating: "border-2 border-accent bg-surface",
    rolling_back: "border-2 border-accent bg-surface",
    removing: "border-2 border-line-strong bg-surface",
    stopped: "bg-line-strong",
    problem: "bg-danger text-surface",
  }[state];
  return (
    <span
      aria-hidden
      className={cx(
        "absolute -end-1 -bottom-1 grid size-3.5 place-items-center rounded-full text-xs font-semibold outline-2 outline-surface",
        look,
      )}
    >
      {state === "problem" ? "!" : ""}
    </span>
  );
}

export function AppFace({ app }: { app: InstalledApp }) {
  return (
    <>
      <span className="relative">
        <AppIcon
          name={app.name}
          icon={app.icon}
          className={cx("size-14", app.state === "stopped" && "opacity-60")}
        />
        <StateDot state={app.state} />
      </span>
      <span className="on-wallpaper line-clamp-2 max-w-full text-xs font-medium break-words">{app.name}</span>
    </>
  );
}

/** How an item looks: an app's icon, or a folder with small ones of what is in it. */
export function Face({ item }: { item: Item }) {
  const [first] = item.apps;
  if (!isFolder(item.entry)) return first ? <AppFace app={first} /> : null;
  return (
    <>
      <span className="relative">
        <span className="folder-face">
          {item.apps.slice(0, 4).map((app) => (
            <AppIcon key={app.id} small name={app.name} icon={app.icon} className="size-5" />
          ))}
        </span>
        <StateDot state={worst(item.apps)} />
      </span>
      <span className="on-wallpaper line-clamp-2 max-w-full text-xs font-medium break-words">
        {item.entry.name}
      </span>
    </>
  );
}

/** The accessible name: what it is called, and how it is. */
export function nameOfItem(item: Item): string {
  const [first] = item.apps;
  if (!isFolder(item.entry)) {
    return first ? t("shell.app.named", { name: first.name, state: stateText(first) }) : "";
  }
  const { name } = item.entry;
  const count = item.apps.length;
  const problems = item.apps.filter((app) => app.state === "problem").length;
  const folder = t("shell.icons.folderNamed", { name, count });
  return problems > 0 ? `${folder}, ${t("shell.status.attention", { count: problems })}` : folder;
}
