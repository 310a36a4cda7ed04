import { FolderPlus, Pencil } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { useStore } from "@/lib/store";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { TextField } from "@/ui/fields";
import { menuPoint, openMenu } from "@/ui/menu";
import { openInstalled } from "../installed";
import { appMenu } from "../menus";
import { moveToFolder, moveToNewFolder, nameOf, placeItems, renameFolder } from "./actions";
import { AppFace, Face, nameOfItem } from "./Face";
import { type Folder, type Item, isFolder } from "./model";
import { dragged, iconDialog, useIcons } from "./state";

const close = () => iconDialog.set(null);

/** What lies over the icons; a sheet on phones. */
export default function IconDialogs() {
  const open = useStore(iconDialog);
  const items = useIcons();
  if (!open) return null;
  if (open.kind === "move") return <MoveToFolder id={open.id} items={items} />;
  const item = items.find(({ entry }) => isFolder(entry) && entry.folder === open.folder);
  // Its last app was taken out or removed meanwhile.
  if (!item || !isFolder(item.entry)) return null;
  return open.kind === "rename" ? (
    <RenameFolder folder={item.entry} />
  ) : (
    <OpenFolder item={item} folder={item.entry} />
  );
}

function OpenFolder({ item, folder }: { item: Item; folder: Folder }) {
  const list = useRef<HTMLUListElement>(null);
  const count = item.apps.length;
  // An app that was taken out by its menu leaves the focus nowhere.
  useEffect(() => {
    if (count > 0 && document.activeElement === document.body) list.current?.querySelector("button")?.focus();
  }, [count]);
  // Dragged past the edge, an app leaves the folder for the desktop.
  useEffect(() => {
    const leave = ({ target }: DragEvent) => {
      if (dragged.get() && target instanceof Element && !target.closest(".dialog")) close();
    };
    document.addEventListener("dragover", leave);
    return () => document.removeEventListener("dragover", leave);
  }, []);
  return (
    <Dialog
      title={folder.name}
      onClose={close}
      actions={
        <Button
          icon={Pencil}
          variant="quiet"
          onClick={() => iconDialog.set({ kind: "rename", folder: folder.folder })}
        >
          {t("panels.icons.rename")}
        </Button>
      }
    >
      <ul
        ref={list}
        aria-label={folder.name}
        className="grid grid-cols-[repeat(auto-fill,minmax(5.5rem,1fr))] gap-1"
      >
        {item.apps.map((app) => (
          <li key={app.id}>
            <button
              type="button"
              draggable
              aria-label={nameOfItem({ key: app.id, entry: { id: app.id }, apps: [app] })}
              className="flex w-full flex-col items-center gap-1.5 rounded-card p-2 text-center hover:bg-fg/7"
              onDragStart={(event) => {
                dragged.set(app.id);
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", app.name);
              }}
              onDragEnd={() => dragged.set(null)}
              onClick={() => openInstalled(app)}
              onContextMenu={(event) =>
                openMenu(
                  menuPoint(event),
                  t("shell.app.menu", { name: app.name }),
                  appMenu(app, placeItems(app.id)),
                )
              }
            >
              <AppFace app={app} />
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function RenameFolder({ folder }: { folder: Folder }) {
  const [name, setName] = useState(folder.name);
  const wanted = name.trim();
  return (
    <Dialog
      title={t("panels.icons.renameTitle")}
      onClose={close}
      onSubmit={() => {
        if (!wanted) return;
        if (wanted !== folder.name) void renameFolder(folder.folder, wanted);
        close();
      }}
      actions={
        <>
          <Button onClick={close}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write disabled={!wanted}>
            {t("panels.icons.renameAction")}
          </Button>
        </>
      }
    >
      <TextField
        data-autofocus
        label={t("panels.icons.name")}
        value={name}
        maxLength={40}
        onChange={setName}
        onFocus={(event) => event.target.select()}
        autoComplete="off"
      />
    </Dialog>
  );
}

function MoveToFolder({ id, items }: { id: string; items: Item[] }) {
  const [name, setName] = useState("");
  const folders = items.filter(
    (item): item is Item & { entry: Folder } => isFolder(item.entry) && !item.entry.apps.includes(id),
  );
  const wanted = name.trim();
  return (
    <Dialog
      title={t("panels.icons.moveTitle", { name: nameOf(id) })}
      onClose={close}
      onSubmit={() => {
        if (!wanted) return;
        void moveToNewFolder(id, wanted);
        close();
      }}
    >
      {folders.length > 0 && (
        <ul aria-label={t("panels.icons.folders")} className="flex flex-col gap-1 pb-3">
          {folders.map((item) => (
            <li key={item.key}>
              <button
                type="button"
                data-focus="inset"
                className="flex min-h-11 w-full items-center gap-3 rounded-control px-2 py-1 text-start hover:bg-fg/7"
                onClick={() => {
                  void moveToFolder(id, item.entry.folder);
                  close();
                }}
              >
                <span className="flex-none [&_.line-clamp-2]:hidden">
                  <Face item={item} />
                </span>
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{item.entry.name}</span>
                  <span className="block text-xs text-muted">
                    {t("panels.icons.apps", { count: item.apps.length })}
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label={t("panels.icons.newFolderName")}
            placeholder={t("panels.icons.newFolder")}
            value={name}
            maxLength={40}
            onChange={setName}
            autoComplete="off"
          />
        </div>
        <Button type="submit" write icon={FolderPlus} disabled={!wanted}>
          {t("panels.icons.create")}
        </Button>
      </div>
    </Dialog>
  );
}
