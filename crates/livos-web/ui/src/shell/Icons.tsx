import { type DragEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { loadTexts, t } from "@/lib/i18n";
import { rem } from "@/lib/layout";
import { useStore } from "@/lib/store";
import { cx } from "@/ui/cx";
import { menuPoint, openMenu } from "@/ui/menu";
import { Face, nameOfItem } from "./icons/Face";
import { type Cell, type Item, isFolder, placeAll } from "./icons/model";
import { dragged, iconDialog, shownCells, useIcons } from "./icons/state";
import { openInstalled } from "./installed";
import { lazily } from "./lazily";
import { area } from "./wm/manager";

export const IconDialogs = lazily(() => import("./icons/Dialogs"), "panels");

/** The cells of the desktop, in rem, and how much of the work area the edges and the status line take. */
const CELL = { w: 6.5, h: 7 };
const EDGES = { w: 2, h: 4 };

export function openItem(item: Item): void {
  const [first] = item.apps;
  if (isFolder(item.entry)) iconDialog.set({ kind: "folder", folder: item.entry.folder });
  else if (first) openInstalled(first);
}

export function openItemMenu(event: React.MouseEvent, item: Item): void {
  const [first] = item.apps;
  const name = isFolder(item.entry) ? item.entry.name : (first?.name ?? "");
  const items = Promise.all([import("./menus"), import("./icons/actions"), loadTexts("panels")]).then(
    ([{ appMenu }, { folderMenu, placeItems }]) =>
      isFolder(item.entry) ? folderMenu(item.key) : first ? appMenu(first, placeItems(first.id)) : [],
  );
  openMenu(menuPoint(event), t("shell.app.menu", { name }), items);
}

/** The apps on the desktop: a grid with free cells, one tab stop, arrows, drag or menu to arrange. */
export function DesktopIcons({ reserved = 0 }: { reserved?: number }) {
  const items = useIcons();
  const room = useStore(area);
  const moving = useStore(dragged);
  const list = useRef<HTMLUListElement>(null);
  const [current, setCurrent] = useState("");
  const [over, setOver] = useState<Cell | null>(null);
  const unit = rem();
  const rows = Math.max(1, Math.floor((room.h / unit - EDGES.h) / CELL.h));
  const columns = Math.max(1, Math.floor((room.w / unit - EDGES.w) / CELL.w) - reserved);
  const cells = useMemo(() => placeAll(items, rows, columns), [items, rows, columns]);
  useEffect(() => {
    shownCells.set(cells);
    return () => shownCells.set(new Map());
  }, [cells]);
  // The tab order is the reading order, column by column.
  const shown = useMemo(() => {
    const rank = ({ key }: Item) => {
      const [column, row] = cells.get(key) ?? [0, 0];
      return column * 1_000 + row;
    };
    return items.toSorted((a, b) => rank(a) - rank(b));
  }, [items, cells]);
  if (shown.length === 0) return null;
  const stop = shown.some(({ key }) => key === current) ? current : shown[0]?.key;

  const go = (event: KeyboardEvent, from: string) => {
    const rtl = document.dir === "rtl" ? -1 : 1;
    const way = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [rtl, 0], ArrowLeft: [-rtl, 0] }[
      event.key
    ];
    const here = cells.get(from);
    if (!way || !here || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [dx = 0, dy = 0] = way;
    let best: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [key, [column, row]] of cells) {
      const x = column - here[0];
      const y = row - here[1];
      const forward = x * dx + y * dy;
      const distance = forward + 4 * Math.abs(x * dy + y * dx);
      if (forward > 0 && distance < least) [best, least] = [key, distance];
    }
    list.current?.querySelector<HTMLElement>(`[data-icon="${best}"]`)?.focus();
  };
  const cellAt = (event: DragEvent): Cell | null => {
    const box = list.current?.getBoundingClientRect();
    if (!box || !list.current) return null;
    const x = document.dir === "rtl" ? box.right - event.clientX : event.clientX - box.left;
    const column = Math.floor((x + list.current.scrollLeft) / (CELL.w * unit));
    const row = Math.floor((event.clientY - box.top) / (CELL.h * unit));
    return column >= 0 && row >= 0 && row < rows && column < Math.max(columns, 1) ? [column, row] : null;
  };
  const keyAt = (cell: Cell) => [...cells].find(([, at]) => String(at) === String(cell))?.[0];
  const drop = (event: DragEvent) => {
    const cell = cellAt(event);
    setOver(null);
    dragged.set(null);
    if (!moving || !cell) return;
    event.preventDefault();
    const target = keyAt(cell);
    if (target === moving) return;
    void Promise.all([import("./icons/actions"), loadTexts("panels")]).then(([{ dropOn, moveTo }]) =>
      target ? dropOn(moving, target) : moveTo(moving, cell),
    );
  };
  const gathers =
    over && moving && !moving.startsWith("folder:") && keyAt(over) !== undefined && keyAt(over) !== moving;
  return (
    <ul
      ref={list}
      aria-label={t("shell.desktop.apps")}
      className="icon-grid"
      // Keeps the rows at their height however few icons there are, so that every cell can be dropped on.
      style={{ gridTemplateRows: `repeat(${rows}, ${CELL.h}rem)` }}
      onDragOver={(event) => {
        if (!moving) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "move";
        const cell = cellAt(event);
        if (String(cell) !== String(over)) setOver(cell);
      }}
      onDragLeave={(event) =>
        !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(null)
      }
      onDrop={drop}
    >
      {shown.map((item) => {
        const [column, row] = cells.get(item.key) ?? [0, 0];
        return (
          <li key={item.key} style={{ gridColumn: column + 1, gridRow: row + 1 }}>
            <button
              type="button"
              draggable
              data-icon={item.key}
              tabIndex={item.key === stop ? 0 : -1}
              aria-label={nameOfItem(item)}
              aria-haspopup={isFolder(item.entry) ? "dialog" : undefined}
              onFocus={() => setCurrent(item.key)}
              onKeyDown={(event) => go(event, item.key)}
              onDragStart={(event) => {
                dragged.set(item.key);
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", nameOfItem(item));
              }}
              onDragEnd={() => {
                dragged.set(null);
                setOver(null);
              }}
              onClick={() => openItem(item)}
              onContextMenu={(event) => openItemMenu(event, item)}
              className={cx(
                "flex size-full flex-col items-center gap-1.5 rounded-card p-2 pt-3 text-center hover:bg-surface/40",
                moving === item.key && "opacity-50",
              )}
            >
              <Face item={item} />
            </button>
          </li>
        );
      })}
      {moving && over && (
        <li
          aria-hidden
          className={cx("drop-cell", gathers && "drop-gathers")}
          style={{ gridColumn: over[0] + 1, gridRow: over[1] + 1 }}
        />
      )}
    </ul>
  );
}
