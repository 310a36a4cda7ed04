/**
 * Rows or tiles of one folder, of Trash or of search results. The list owns focus, scrolling, pressing and
 * dragging; what an action does is decided outside.
 */
import {
  type Dispatch,
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type SetStateAction,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { t } from "@/lib/i18n";
import { type Entry, isFolder, keyOf, type Sort, type SortColumn } from "../core/listing";
import type { View } from "../core/location";
import type { Place } from "../core/paths";
import { moveTo, press, type Rows, type Selection, step } from "../core/selection";
import { Header } from "./Header";
import { type Columns, Row, Tile } from "./Row";
import { useRubberBand } from "./useRubberBand";
import { useWindowed } from "./useWindowed";

export type ListProps = {
  label: string;
  entries: Entry[];
  rows: Rows;
  columns: Columns;
  view: View;
  sort: Sort;
  onSort(column: SortColumn): void;
  selection: Selection;
  onSelect: Dispatch<SetStateAction<Selection>>;
  onOpen(entry: Entry): void;
  onMenu(point: { x: number; y: number }, key: string | undefined): void;
  /** Keys the list does not know go to the window; true means it was used. */
  onKey(event: KeyboardEvent<HTMLElement>): boolean;
  cut: ReadonlySet<string>;
  renaming: string | undefined;
  onRenamed(key: string, name: string | undefined): void;
  taken(name: string): boolean;
  extra?: (entry: Entry) => string | undefined;
  pictureOf(entry: Entry): string | undefined;
  /** Nexus may look into it. */
  sharedOf(entry: Entry): boolean;
  placeOf(entry: Entry): Place | undefined;
  draggable: boolean;
  onDragStart(event: DragEvent<HTMLElement>, key: string): void;
  onDragOver(event: DragEvent<HTMLElement>, folder: Place | undefined): boolean;
  onDrop(event: DragEvent<HTMLElement>, folder: Place | undefined): void;
  onDragLeave(): void;
  touch: boolean;
};

const movement = new Set([
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
  "Home",
  "End",
  "PageUp",
  "PageDown",
]);
const none = () => undefined;

/** Row heights follow the text size setting, which changes the root's font size. */
function rem(pixels: number): number {
  const root = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  return Math.round((pixels * root) / 16);
}

export function FileList(props: ListProps) {
  const { entries, rows, columns, selection, view, touch } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rubber = useRef<HTMLDivElement>(null);
  const id = useId();
  const [width, setWidth] = useState(0);
  const [over, setOver] = useState(-1);
  const wantFocus = useRef(false);
  const hadFocus = useRef(false);
  const pointer = useRef<{ type: string; long: boolean; timer: number; x: number; y: number }>({
    type: "mouse",
    long: false,
    timer: 0,
    x: 0,
    y: 0,
  });

  const grid = view === "grid";
  const padding = 8;
  const perLine = grid ? Math.max(1, Math.floor((width - padding * 2) / rem(128))) : 1;
  const tile = grid ? Math.floor((width - padding * 2) / perLine) : 0;
  const size = grid ? rem(128) : rem(touch ? 48 : 36);
  const lines = Math.ceil(entries.length / perLine);
  const head = grid ? 0 : rem(touch ? 44 : 32);
  const focusIndex = selection.focus === undefined ? -1 : rows.indexOf(selection.focus);
  const tabIndex = Math.max(focusIndex, 0);
  const windowed = useWindowed({
    scroller,
    count: lines,
    size,
    overscan: 6,
    keep: focusIndex < 0 ? -1 : Math.floor(focusIndex / perLine),
    offset: head,
  });

  useEffect(() => {
    const element = scroller.current;
    if (!element || !grid) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, [grid]);

  const focusRow = (index: number) => {
    document.getElementById(`${id}-${index}`)?.focus({ preventScroll: true });
  };

  useLayoutEffect(() => {
    if (wantFocus.current) {
      wantFocus.current = false;
      windowed.scrollTo(Math.floor(tabIndex / perLine));
      focusRow(tabIndex);
    } else if (hadFocus.current && document.activeElement === document.body) {
      // The focused row went away with a refresh; the keyboard stays in the list.
      focusRow(tabIndex);
    }
  });

  const goTo = (next: Selection) => {
    wantFocus.current = true;
    props.onSelect(next);
    // Focus alone may not change the selection, so the effect needs a render of its own.
    if (next === selection) {
      windowed.scrollTo(Math.floor(tabIndex / perLine));
      focusRow(tabIndex);
    }
  };

  const rowOf = (target: EventTarget | null): number => {
    const element = target instanceof Element ? target.closest<HTMLElement>("[data-row]") : null;
    return element ? Number(element.dataset.row) : -1;
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target instanceof HTMLInputElement) return;
    if (props.onKey(event)) {
      event.preventDefault();
      return;
    }
    const { key, ctrlKey, metaKey, shiftKey, altKey } = event;
    if (altKey) return;
    if (movement.has(key)) {
      if (!grid && (key === "ArrowLeft" || key === "ArrowRight")) return;
      if (key === "ArrowUp" && !grid && focusIndex <= 0 && !shiftKey) {
        scroller.current?.querySelector<HTMLElement>("[data-header] button")?.focus();
      } else {
        const rtl = document.dir === "rtl";
        const turned =
          rtl && key === "ArrowLeft" ? "ArrowRight" : rtl && key === "ArrowRight" ? "ArrowLeft" : key;
        const to = step(selection, rows, turned as "ArrowUp", perLine, windowed.page);
        goTo(moveTo(selection, rows, to, { range: shiftKey, toggle: ctrlKey || metaKey }));
      }
    } else if (key === " " && (ctrlKey || metaKey) && selection.focus !== undefined) {
      goTo(press(selection, rows, selection.focus, { toggle: true }));
    } else if (key === "ContextMenu" || (key === "F10" && shiftKey)) {
      const box = document.getElementById(`${id}-${tabIndex}`)?.getBoundingClientRect();
      const area = scroller.current?.getBoundingClientRect();
      if (selection.focus !== undefined && !selection.keys.has(selection.focus)) {
        props.onSelect(press(selection, rows, selection.focus));
      }
      const place = box ?? area;
      if (place)
        props.onMenu({ x: place.left + 40, y: Math.min(place.top + size, place.bottom) }, selection.focus);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const band = useRubberBand({
    scroller,
    rubber,
    layout: {
      count: entries.length,
      columns: perLine,
      cellWidth: grid ? tile : Number.POSITIVE_INFINITY,
      cellHeight: size,
      left: grid ? padding : 0,
      top: head,
    },
    keyAt: rows.keyAt,
    selection,
    onSelect: props.onSelect,
  });

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const target = event.target as Element;
    const press_ = pointer.current;
    press_.type = event.pointerType;
    press_.long = false;
    press_.x = event.clientX;
    press_.y = event.clientY;
    if (target.closest("input,[data-header]")) return;
    const index = rowOf(target);
    if (event.pointerType === "mouse") {
      if (!target.closest("[data-grip],[data-check]")) band(event);
      return;
    }
    const key = rows.keyAt(index);
    if (key === undefined) return;
    clearTimeout(press_.timer);
    press_.timer = window.setTimeout(() => {
      press_.long = true;
      navigator.vibrate?.(10);
      props.onSelect(press(selection, rows, key, { toggle: true }));
    }, 450);
  };

  const cancelLong = (event: PointerEvent<HTMLDivElement>) => {
    const { x, y, timer } = pointer.current;
    if (event.type !== "pointermove" || Math.hypot(event.clientX - x, event.clientY - y) > 10)
      clearTimeout(timer);
  };

  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    const target = event.target as Element;
    if (target.closest("input,[data-header]")) return;
    const key = rows.keyAt(rowOf(target));
    if (key === undefined) return;
    const { type, long, x, y } = pointer.current;
    if (long) {
      pointer.current.long = false;
      return;
    }
    // The end of a rubber band is not a press on the row under it.
    if (type === "mouse" && Math.hypot(event.clientX - x, event.clientY - y) > 4) return;
    if (target.closest("[data-check]")) {
      goTo(press(selection, rows, key, { toggle: true, range: event.shiftKey }));
    } else if (type === "mouse") {
      goTo(press(selection, rows, key, { toggle: event.ctrlKey || event.metaKey, range: event.shiftKey }));
    } else if (selection.keys.size > 0) {
      props.onSelect(press(selection, rows, key, { toggle: true }));
    } else {
      const entry = entries[rows.indexOf(key)];
      if (entry) props.onOpen(entry);
    }
  };

  const onDoubleClick = (event: MouseEvent<HTMLDivElement>) => {
    const target = event.target as Element;
    if (target.closest("input,[data-check],[data-header]") || pointer.current.type !== "mouse") return;
    const entry = entries[rowOf(target)];
    if (entry && !event.ctrlKey && !event.metaKey && !event.shiftKey) props.onOpen(entry);
  };

  const onContextMenu = (event: MouseEvent<HTMLDivElement>) => {
    if (event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    // A long press on a touch screen selects instead.
    if (pointer.current.type !== "mouse") return;
    const key = rows.keyAt(rowOf(event.target));
    if (key !== undefined && !selection.keys.has(key)) props.onSelect(press(selection, rows, key));
    props.onMenu({ x: event.clientX, y: event.clientY }, key);
  };

  const folderAt = (index: number): Place | undefined => {
    const entry = entries[index];
    return entry && isFolder(entry) ? props.placeOf(entry) : undefined;
  };

  const lineProps = (index: number) => {
    const entry = entries[index] as Entry;
    const key = keyOf(entry);
    const renaming = props.renaming === key;
    return {
      entry,
      index,
      size,
      id: `${id}-${index}`,
      selected: selection.keys.has(key),
      tabbable: index === tabIndex,
      cut: props.cut.has(key),
      shared: props.sharedOf(entry),
      dropTarget: index === over,
      draggable: props.draggable,
      renaming,
      taken: renaming ? props.taken : (none as unknown as (name: string) => boolean),
      onRenamed: renaming ? (name: string | undefined) => props.onRenamed(key, name) : none,
    };
  };

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={props.label}
      aria-multiselectable
      aria-rowcount={grid ? lines : lines + 1}
      aria-colcount={grid ? perLine : 5}
      data-focus="quiet"
      tabIndex={-1}
      className="@container relative min-h-0 flex-1 scroll-pt-8 overflow-x-hidden overflow-y-auto outline-none [touch-action:pan-y]"
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={cancelLong}
      onPointerUp={cancelLong}
      onPointerCancel={cancelLong}
      onClick={onClick}
      onDoubleClick={onDoubleClick}
      onContextMenu={onContextMenu}
      onFocus={(event) => {
        hadFocus.current = true;
        const index = rowOf(event.target);
        const key = rows.keyAt(index);
        if (
          key !== undefined &&
          event.target instanceof HTMLElement &&
          event.target.id === `${id}-${index}`
        ) {
          props.onSelect((now) => (now.focus === key ? now : { ...now, focus: key }));
        }
      }}
      onBlur={(event) => {
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget))
          hadFocus.current = false;
      }}
      onDragStart={(event) => {
        const key = rows.keyAt(rowOf(event.target));
        if (key === undefined) return;
        if (!selection.keys.has(key)) props.onSelect(press(selection, rows, key));
        props.onDragStart(event, key);
      }}
      onDragOver={(event) => {
        const index = rowOf(event.target);
        const folder = folderAt(index);
        const used = props.onDragOver(event, folder);
        setOver(used && folder ? index : -1);
      }}
      onDragLeave={(event) => {
        if (event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)) return;
        setOver(-1);
        props.onDragLeave();
      }}
      onDrop={(event) => {
        setOver(-1);
        props.onDrop(event, folderAt(rowOf(event.target)));
      }}
    >
      {!grid && (
        <Header
          columns={columns}
          sort={props.sort}
          onSort={props.onSort}
          onLeave={() => goTo(moveTo(selection, rows, Math.max(0, focusIndex)))}
        />
      )}
      <div role="rowgroup" className="relative" style={{ height: windowed.height }}>
        {windowed.lines.map((line) => {
          if (!grid) {
            const entry = entries[line] as Entry;
            return (
              <Row key={keyOf(entry)} {...lineProps(line)} columns={columns} extra={props.extra?.(entry)} />
            );
          }
          const first = line * perLine;
          const count = Math.min(perLine, entries.length - first);
          return (
            <div
              key={line}
              role="row"
              aria-rowindex={line + 1}
              className="absolute inset-x-0"
              style={{ top: line * size, height: size }}
            >
              {Array.from({ length: count }, (_, column) => {
                const entry = entries[first + column] as Entry;
                return (
                  <Tile
                    key={keyOf(entry)}
                    {...lineProps(first + column)}
                    column={column}
                    left={padding + column * tile}
                    width={tile - 4}
                    picture={props.pictureOf(entry)}
                  />
                );
              })}
            </div>
          );
        })}
      </div>
      <div
        ref={rubber}
        aria-hidden
        className="pointer-events-none absolute start-0 top-0 z-20 hidden rounded border border-accent bg-accent/15"
      />
      <span className="sr-only">{t("files.list.items", { count: entries.length })}</span>
    </div>
  );
}
