import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { queries, rootsQuery } from "@/lib/api";
import { isOnline } from "@/lib/connection";
import { t } from "@/lib/i18n";
import { isTyping as isTypingIn, matches } from "@/lib/keys";
import { useStore } from "@/lib/store";
import { findUnfinished } from "@/lib/uploads";
import { openApp, usePhoneHeader, useWindow, useWindowTitle } from "@/lib/window";
import { lazily } from "@/shell/lazily";
import { Button, Dialog, ErrorState, Loading, openMenu, useAfter } from "@/ui";
import * as act from "./actions";
import { viewerOf } from "./core/kinds";
import { type Entry, FOLDER, isFolder, keyOf, LINK, nextSort } from "./core/listing";
import { type FilesLocation, formatLocation, isCollection, parseLocation, trashRoot } from "./core/location";
import { baseName, displayName, join, type Place, parent, samePlace } from "./core/paths";
import { clear, selectAll } from "./core/selection";
import { clipboard } from "./core/shared";
import { fromFileList } from "./core/transfers";
import { idle, isTyping, typed } from "./core/typeahead";
import { DetailsBody, DetailsPanel } from "./Details";
import { contentUrl, favouritesQuery, kindNumber, markKey, statQuery, useShareKeys } from "./data";
import { NewFolderDialog } from "./dialogs/NewFolder";
import { FileList } from "./list/FileList";
import { itemMenu, placeMenu, spaceMenu } from "./menus";
import { Nothing } from "./Nothing";
import { options, setOption } from "./options";
import { PathBar } from "./PathBar";
import { SelectionBar } from "./SelectionBar";
import { rootLabel, Sidebar } from "./Sidebar";
import { FolderError, ListSkeleton, ProblemBar } from "./States";
import { FindBar, Toolbar, usePickers, viewItems } from "./Toolbar";
import { Uploads } from "./Uploads";
import { useDialogs } from "./useDialogs";
import { useDrop } from "./useDrop";
import { useFilesCommands } from "./useFilesCommands";
import { useFolder } from "./useFolder";
import { useListFocus } from "./useListFocus";

const FolderPicker = lazily(() => import("./dialogs/FolderPicker"));

const touchQuery = "(pointer: coarse), (width < 48rem)";

export default function Files() {
  const win = useWindow();
  const location = useMemo(() => parseLocation(win.path, "home"), [win.path]);
  const { place, view, sort, search } = location;
  const [find, setFind] = useState<string>();
  const [editingPath, setEditingPath] = useState(false);
  const [renaming, setRenaming] = useState<string>();
  const { details } = useStore(options);
  const held = useStore(clipboard);
  const [touch] = useState(() => matchMedia(touchQuery).matches);
  const rootElement = useRef<HTMLDivElement>(null);
  const findInput = useRef<HTMLInputElement>(null);
  const ahead = useRef(idle);
  /** The list takes the keyboard when it appears: at the start, and after going to another folder from it. */
  const wantsList = useRef(true);

  const rootsState = useQuery(rootsQuery);
  const roots = rootsState.data;
  const root = roots?.find((candidate) => candidate.id === place.root);
  const folder = useFolder(location, find ?? "");
  const { mode, query, entries, rows, selection, setSelection, selected } = folder;
  const canWrite = mode === "files" && root?.writable === true && !query.isError;
  /** Recents and Favourites lie in several places; each has to be one's to change. */
  const writable = (id: string) => roots?.some((one) => one.id === id && one.writable) === true;
  const mayChange =
    mode === "recents" || mode === "favourites"
      ? selected.every((entry) => writable(folder.placeOf(entry)?.root ?? ""))
      : mode !== "trash" && root?.writable === true;
  const favourites = useQuery(favouritesQuery).data;
  const favouriteKeys = useMemo(() => new Set(favourites?.map(markKey)), [favourites]);
  const { shareKeys, writeKeys } = useShareKeys();
  const slow = useAfter(200, query.isPending);

  const labelOf = useCallback(
    (at: Place) => (at.path === "" ? rootLabel(roots, at.root) : displayName(baseName(at.path))),
    [roots],
  );
  const here = labelOf(place);
  useWindowTitle(place.path === "" && mode === "files" ? t("files.title") : here);

  const { navigate } = win;
  const change = useCallback(
    (next: Partial<FilesLocation>, replace = true) =>
      navigate(formatLocation({ ...location, ...next }), { replace }),
    [navigate, location],
  );
  const go = useCallback(
    (to: Place, select?: string) => {
      setFind(undefined);
      setRenaming(undefined);
      setEditingPath(false);
      // Letters typed for the last folder are no beginning of a name in this one.
      ahead.current = idle;
      wantsList.current = !rootElement.current
        ?.querySelector("[data-places]")
        ?.contains(document.activeElement);
      if (select !== undefined) folder.want(select);
      const fresh =
        isCollection(to.root) || isCollection(place.root) ? parseLocation(`/${to.root}`, to.root) : location;
      navigate(formatLocation({ ...fresh, view, place: to, search: undefined }));
    },
    [navigate, location, place.root, view, folder.want],
  );
  const up = useCallback(() => {
    if (search !== undefined) change({ search: undefined }, false);
    else if (place.path !== "") go({ root: place.root, path: parent(place.path) }, baseName(place.path));
  }, [go, change, place, search]);

  const { ui, dialogs, problem, dismiss } = useDialogs(
    labelOf,
    useCallback(() => go({ root: trashRoot, path: "" }), [go]),
  );
  const drop = useDrop(ui, roots);

  useEffect(() => void findUnfinished(), []);
  const { select } = location;
  const { want } = folder;
  useEffect(() => {
    if (select === undefined) return;
    want(select);
    change({});
  }, [select, want, change]);
  // Problems belong to the folder they happened in.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new place is the reason to run
  useEffect(dismiss, [place.root, place.path]);

  // A menu opens in the same moment that its row is selected, so actions look at the selection when they run.
  const chosen = useRef(selected);
  chosen.current = selected;
  const { itemsOf } = folder;
  const places = () => itemsOf(chosen.current).map((item) => item.place);
  const trashed = (list: Entry[]) => list.flatMap((entry) => folder.trashById.get(keyOf(entry)) ?? []);
  const kindOfTrashed = (item: { kind: number | string }) => kindNumber(item.kind);

  const open = async (entry: Entry) => {
    const at = folder.placeOf(entry);
    if (!at) return;
    if (isFolder(entry)) return go(at);
    if (entry[1] === LINK) {
      // Only the server knows where a link leads.
      const info = await queries.fetchQuery(statQuery(at)).catch(() => undefined);
      if (info && kindNumber(info.kind) === FOLDER) return go(at);
    }
    preview(entry);
  };
  const preview = (entry: Entry) => {
    const at = folder.placeOf(entry);
    if (at && !isFolder(entry))
      openApp("preview", formatLocation({ ...location, place: at, search: undefined }));
  };

  const newFolder = async (at: Place, taken: (name: string) => boolean): Promise<string | undefined> => {
    const name = await ui.ask<string>((answer) => (
      <NewFolderDialog folder={labelOf(at)} taken={taken} onAnswer={answer} />
    ));
    if (!name || !(await act.makeFolder(ui, at, name))) return undefined;
    return name;
  };

  const sendTo = async (effect: "move" | "copy") => {
    const items = places();
    if (items.length === 0) return;
    const target = await ui.ask<Place>((answer) => (
      <FolderPicker
        effect={effect}
        items={items}
        roots={roots ?? []}
        start={mode === "search" ? { root: place.root, path: "" } : place}
        onNewFolder={(at) => newFolder(at, () => false)}
        onAnswer={answer}
      />
    ));
    if (target && (await act.transferItems(ui, effect, items, target))) setSelection(clear(selection));
  };

  const { pickers, inputs } = usePickers((items) => void act.upload(ui, { items, emptyFolders: [] }, place));

  const findNow = () => {
    setFind((now) => now ?? "");
    requestAnimationFrame(() => findInput.current?.select());
  };
  const searchBelow = (from: Place, words: string) => {
    setFind(undefined);
    navigate(formatLocation({ ...location, place: from, search: words.trim() }));
  };
  const { focusList, focusListSoon } = useListFocus(rootElement);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only the arrival of rows matters
  useEffect(() => {
    if (entries === undefined || !wantsList.current || !win.active || touch) return;
    // What was remembered of the folder may be old: the list that takes the keyboard is the one that stays.
    wantsList.current = entries.length === 0 && query.isFetching;
    const focused = document.activeElement;
    if (focused === document.body || rootElement.current?.parentElement?.contains(focused)) focusListSoon();
  }, [entries]);

  const on = {
    open: () => chosen.current[0] && void open(chosen.current[0]),
    preview: () => chosen.current[0] && preview(chosen.current[0]),
    download: () => void act.download(ui, itemsOf(chosen.current), place),
    rename: () =>
      mayChange &&
      mode === "files" &&
      chosen.current.length === 1 &&
      setRenaming(keyOf(chosen.current[0] as Entry)),
    cut: () => mayChange && act.putOnClipboard("move", places()),
    copy: () => act.putOnClipboard("copy", places()),
    paste: () => void (canWrite && act.paste(ui, place)),
    pasteInto: (at: Place) => void act.paste(ui, at),
    moveTo: () => void sendTo("move"),
    copyTo: () => void sendTo("copy"),
    trash: () => void (mayChange && chosen.current.length > 0 && act.trashItems(ui, places())),
    delete: () =>
      void (
        chosen.current.length > 0 &&
        (mode === "trash"
          ? act.deleteTrashed(ui, trashed(chosen.current), kindOfTrashed)
          : mayChange && act.deleteItems(ui, itemsOf(chosen.current)))
      ),
    restore: () => void (chosen.current.length > 0 && act.restoreItems(ui, trashed(chosen.current))),
    emptyTrash: () => void act.emptyTrashNow(ui, [...folder.trashById.values()], kindOfTrashed),
    undo: () => void act.undo(ui),
    selectAll: () => setSelection(selectAll(selection, rows)),
    clear: () => setSelection(clear(selection)),
    newFolder: async () => {
      if (!canWrite) return;
      const name = await newFolder(place, folder.taken);
      if (name) folder.want(name);
    },
    upload: pickers.files,
    uploadFolder: pickers.folder,
    details: () =>
      win.phone || !rootElement.current || rootElement.current.clientWidth < 768
        ? void ui.ask<true>((answer) => (
            <Dialog title={t("files.details.title")} onClose={() => answer(true)}>
              <DetailsBody entries={chosen.current} placeOf={folder.placeOf} labelOf={labelOf} />
            </Dialog>
          ))
        : setOption("details", !details),
    showFolder: () => {
      const at = chosen.current[0] && folder.placeOf(chosen.current[0]);
      if (at) go({ root: at.root, path: parent(at.path) }, baseName(at.path));
    },
    setFavourites: (to: boolean) => void act.setFavourites(ui, places(), to),
    setShares: (to: boolean) => void act.setShares(ui, places(), to, shareKeys),
    setShareWrites: (to: boolean) => void act.setShareWrites(ui, places(), to, writeKeys),
    makeWallpaper: () => void (places()[0] && act.putOnDesktop(ui, places()[0] as Place)),
    clearRecents: () => void act.forgetRecents(ui),
    newWindow: (at: Place) =>
      openApp("files", formatLocation({ ...location, place: at, search: undefined }), { newWindow: true }),
    find: findNow,
    up,
    refresh: () => void query.refetch(),
  };

  const context = {
    mode,
    selected,
    place,
    mayChange,
    canWrite,
    held,
    on,
    placeOf: folder.placeOf,
    isFavourite: (at: Place) => favouriteKeys.has(markKey(at)),
    isShared: (at: Place) => shareKeys.has(markKey(at)),
    isWritable: (at: Place) => writeKeys.has(markKey(at)),
    phone: win.phone,
  };
  useFilesCommands(context, rootElement);

  const moreItems = () => [...(win.phone ? viewItems(location, change) : []), ...spaceMenu(context, details)];
  usePhoneHeader([], []);

  const onKey = (event: KeyboardEvent<HTMLElement>): boolean => {
    const native = event.nativeEvent;
    const now = performance.now();
    const is = (keys: string) => matches(native, keys);
    if (event.key === "Enter" && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const target = selected.length === 1 ? selected[0] : entries?.[rows.indexOf(selection.focus ?? "")];
      if (target) void open(target);
    } else if (is("Backspace") || is("Alt+ArrowUp")) up();
    else if (is("F2")) on.rename();
    else if (is("Shift+Delete")) on.delete();
    else if (is("Delete")) mode === "trash" ? on.delete() : on.trash();
    else if (is("Mod+A")) on.selectAll();
    else if (is("Mod+C")) on.copy();
    else if (is("Mod+X")) on.cut();
    else if (is("Mod+Z")) on.undo();
    else if (is("Escape") && selection.keys.size > 0) on.clear();
    else if (event.key === "/" && !event.ctrlKey && !event.metaKey) findNow();
    else if (event.key === " " && !event.ctrlKey && !event.metaKey && !isTyping(ahead.current, now)) {
      const target = entries?.[rows.indexOf(selection.focus ?? "")];
      if (target) preview(target);
    } else if (
      event.key.length === 1 &&
      event.key !== "?" &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey
    ) {
      if (!entries) return false;
      const names = { length: entries.length, nameAt: (index: number) => entries[index]?.[0] ?? "" };
      const at = selection.focus === undefined ? -1 : rows.indexOf(selection.focus);
      const result = typed(ahead.current, event.key, now, names, at);
      ahead.current = result.state;
      const key = rows.keyAt(result.index);
      if (key !== undefined) {
        setSelection({ keys: new Set([key]), anchor: key, focus: key });
        focusListSoon();
      }
    } else return false;
    event.stopPropagation();
    return true;
  };

  const cut = useMemo(() => {
    if (held?.effect !== "move") return new Set<string>();
    const inside = held.items.filter((item) => item.root === place.root);
    return new Set(
      mode === "search"
        ? inside.map((i) => i.path)
        : inside.filter((i) => parent(i.path) === place.path).map((i) => baseName(i.path)),
    );
  }, [held, place, mode]);

  const body = () => {
    if (query.isError && entries === undefined) {
      if (mode === "files") {
        return (
          <FolderError
            error={query.error}
            place={place}
            root={root}
            onHome={() => go({ root: roots?.[0]?.id ?? "home", path: "" })}
            onUp={up}
            onRetry={on.refresh}
          />
        );
      }
      const title = t(`files.error.${mode}`);
      return <ErrorState title={title} error={query.error} onRetry={on.refresh} />;
    }
    if (!entries)
      return slow ? (
        <Loading onRetry={on.refresh}>
          <ListSkeleton />
        </Loading>
      ) : null;
    if (entries.length === 0) {
      return (
        <Nothing
          mode={mode}
          find={find}
          search={search ?? ""}
          folder={here}
          place={place}
          writable={canWrite}
          hidden={folder.hiddenCount}
          onSearch={searchBelow}
          onUpload={pickers.files}
        />
      );
    }
    return (
      <FileList
        key={mode}
        label={
          mode === "trash"
            ? t("files.list.trash")
            : mode === "search"
              ? t("files.list.results", { query: search ?? "" })
              : t("files.list.label", { folder: here })
        }
        entries={entries}
        rows={rows}
        columns={mode}
        view={view}
        sort={sort}
        onSort={(column) => change({ sort: nextSort(sort, column) })}
        selection={selection}
        onSelect={setSelection}
        onOpen={(entry) => (mode === "trash" ? undefined : void open(entry))}
        onMenu={(point, key) => {
          const about =
            key === undefined
              ? []
              : selection.keys.has(key)
                ? selected
                : entries.filter((e) => keyOf(e) === key);
          const label = about.length > 0 ? t("files.list.selected", { count: about.length }) : here;
          openMenu(
            point,
            label,
            about.length > 0 ? itemMenu({ ...context, selected: about }) : spaceMenu(context, details),
          );
        }}
        onKey={onKey}
        cut={cut}
        renaming={renaming}
        onRenamed={async (key, name) => {
          setRenaming(undefined);
          focusListSoon();
          if (name === undefined) return;
          const done = await act.renameItem(ui, { root: place.root, path: join(place.path, key) }, name);
          if (done) folder.want(name);
        }}
        taken={folder.taken}
        extra={
          mode === "files"
            ? undefined
            : (entry) => {
                const item = folder.trashById.get(keyOf(entry));
                const at = mode === "trash" ? item : folder.placeOf(entry);
                if (!at) return "";
                return [rootLabel(roots, at.root), displayName(parent(at.path))].filter(Boolean).join("/");
              }
        }
        pictureOf={(entry) => {
          const at = folder.placeOf(entry);
          return at && entry[2] < 2_000_000 && viewerOf(entry[0]) === "image" ? contentUrl(at) : undefined;
        }}
        sharedOf={(entry) => {
          const at = folder.placeOf(entry);
          return at !== undefined && isFolder(entry) && context.isShared(at);
        }}
        placeOf={folder.placeOf}
        draggable={mode !== "trash" && !touch}
        onDragStart={(event, key) => {
          const about = selection.keys.has(key) ? selected : entries.filter((entry) => keyOf(entry) === key);
          const items = itemsOf(about).map((item) => item.place);
          const label =
            items.length === 1
              ? displayName(about[0]?.[0] ?? "")
              : t("files.drag.items", { count: items.length });
          drop.start(event, items, label);
        }}
        onDragOver={(event, at) => drop.over(event, at ?? (mode === "files" ? place : undefined))}
        onDrop={(event, at) => drop.drop(event, at ?? (mode === "files" ? place : undefined))}
        onDragLeave={drop.leave}
        touch={touch}
      />
    );
  };

  const overList = drop.hint && mode === "files" && samePlace(drop.hint.target, place);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping and pasting have a button and a menu of their own
    <div
      ref={rootElement}
      tabIndex={-1}
      data-focus="quiet"
      className="@container flex h-full min-h-0 flex-col bg-surface"
      onPaste={(event) => {
        if (isTypingIn(event.target) || !isOnline()) return;
        const files = [...event.clipboardData.files];
        if (files.length > 0 && canWrite) {
          void act.upload(ui, { items: fromFileList(files), emptyFolders: [] }, place);
        } else if (held) on.paste();
        else return;
        event.preventDefault();
      }}
      onDragOver={(event) => {
        // A file dropped beside the list must not replace the whole page.
        event.preventDefault();
        event.dataTransfer.dropEffect = "none";
      }}
      onDrop={(event) => event.preventDefault()}
    >
      <div className="flex min-h-0 flex-1">
        <Sidebar
          roots={roots}
          favourites={favourites}
          current={place}
          over={drop.hint?.target}
          onGo={go}
          onMenu={(event, at) => {
            event.preventDefault();
            openMenu(
              { x: event.clientX, y: event.clientY },
              labelOf(at),
              placeMenu(context, at, go, (gone) => void act.setFavourites(ui, [gone], false)),
            );
          }}
          onDragOver={(event, at) => drop.over(event, at)}
          onDrop={(event, at) => drop.drop(event, at)}
          onDragLeave={drop.leave}
        />
        <div className="relative flex min-w-0 flex-1 flex-col">
          <Toolbar
            location={location}
            roots={roots}
            phone={win.phone}
            canWrite={canWrite}
            trashCount={mode === "trash" ? folder.trashById.size : undefined}
            finding={find !== undefined}
            more={moreItems}
            onGo={go}
            onUp={up}
            onFind={() => (find === undefined ? findNow() : setFind(undefined))}
            onNewFolder={() => void on.newFolder()}
            onUpload={pickers.files}
            onEmptyTrash={on.emptyTrash}
            change={change}
            path={
              <PathBar
                short={win.phone}
                place={place}
                roots={roots}
                editing={editingPath}
                onEdit={setEditingPath}
                onGo={go}
                over={drop.hint?.target}
                onDragOver={(event, at) => drop.over(event, at)}
                onDrop={(event, at) => drop.drop(event, at)}
                onDragLeave={drop.leave}
              />
            }
          />
          {find !== undefined && (
            <FindBar
              value={find}
              folder={here}
              below={mode === "search"}
              input={findInput}
              onChange={setFind}
              onBelow={isCollection(place.root) ? undefined : () => searchBelow(place, find)}
              onClose={() => {
                setFind(undefined);
                focusListSoon();
              }}
              onDown={focusList}
            />
          )}
          {search !== undefined && (
            <div className="flex min-h-10 shrink-0 items-center gap-3 border-b border-line px-4 text-sm">
              <p className="min-w-0 flex-1 truncate">
                {query.isFetching
                  ? t("files.find.running", { folder: here })
                  : t("files.list.results", { query: search })}
                {!folder.complete && (
                  <span className="block text-xs text-muted">{t("files.find.partial")}</span>
                )}
              </p>
              <Button size="sm" onClick={() => change({ search: undefined }, false)}>
                {t("files.find.inFolder")}
              </Button>
            </div>
          )}
          {problem && <ProblemBar {...problem} onDismiss={dismiss} />}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: the free area of an empty folder takes drops too */}
          <div
            className={`relative flex min-h-0 flex-1 flex-col ${overList ? "outline-2 -outline-offset-2 outline-accent" : ""}`}
            onDragOver={(event) => mode === "files" && drop.over(event, place)}
            onDrop={(event) => mode === "files" && !event.defaultPrevented && drop.drop(event, place)}
            onContextMenu={(event) => {
              if (event.defaultPrevented) return;
              event.preventDefault();
              openMenu({ x: event.clientX, y: event.clientY }, here, spaceMenu(context, details));
            }}
          >
            {body()}
            {drop.hint && (
              <p className="pointer-events-none absolute inset-x-0 bottom-4 mx-auto w-fit max-w-11/12 truncate rounded-full bg-accent px-4 py-1.5 text-sm font-medium text-on-accent shadow-menu">
                {drop.hint.text}
              </p>
            )}
          </div>
          <Uploads />
          <SelectionBar
            mode={mode}
            count={entries?.length}
            hidden={find ? 0 : folder.hiddenCount}
            filtered={find !== undefined && find !== ""}
            selected={selected}
            updatedAt={query.dataUpdatedAt}
            writable={mayChange}
            menu={() => itemMenu(context)}
            onClear={on.clear}
            on={on}
          />
        </div>
        {details && !win.phone && (
          <DetailsPanel
            entries={selected}
            placeOf={folder.placeOf}
            labelOf={labelOf}
            onClose={() => setOption("details", false)}
          />
        )}
      </div>
      {inputs}
      {dialogs}
    </div>
  );
}
