import { type DragEvent, useCallback, useEffect, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { isMac } from "@/lib/keys";
import { useStore } from "@/lib/store";
import { transferItems, trashItems, type Ui, upload } from "./actions";
import { trashRoot } from "./core/location";
import { type Place, samePlace } from "./core/paths";
import { dragged } from "./core/shared";
import { dropEffect, type Effect, fromDrop, type Root } from "./core/transfers";

export type Hint = { target: Place; text: string } | undefined;

/** Dragging within a window, between windows and from outside; the hint says what a drop would do. */
export function useDrop(ui: Ui, roots: Root[] | undefined) {
  const [hint, setHint] = useState<Hint>();
  const shown = useRef("");
  const active = useStore(dragged);

  const show = useCallback((next: Hint) => {
    const mark = next ? `${next.target.root}/${next.target.path}/${next.text}` : "";
    if (mark === shown.current) return;
    shown.current = mark;
    setHint(next);
  }, []);

  useEffect(() => {
    const end = () => {
      dragged.set([]);
      show(undefined);
    };
    addEventListener("dragend", end);
    addEventListener("drop", end);
    return () => {
      removeEventListener("dragend", end);
      removeEventListener("drop", end);
    };
  }, [show]);

  const judge = (event: DragEvent<HTMLElement>, target: Place | undefined): Effect | "upload" | "trash" => {
    if (!target) return "none";
    const items = dragged.get();
    if (items.length === 0) {
      const outside = [...event.dataTransfer.types].includes("Files");
      const root = roots?.find((candidate) => candidate.id === target.root);
      return outside && root?.writable ? "upload" : "none";
    }
    if (target.root === trashRoot) return "trash";
    return dropEffect(items, target, roots ?? [], isMac ? event.metaKey || event.altKey : event.ctrlKey);
  };

  /** Returns whether a drop here would do something. */
  const over = (event: DragEvent<HTMLElement>, target: Place | undefined): boolean => {
    const effect = judge(event, target);
    if (effect === "none" || !target) {
      show(undefined);
      return false;
    }
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = effect === "upload" || effect === "copy" ? "copy" : "move";
    const folder = ui.labelOf(target);
    const text =
      effect === "upload"
        ? t("files.drop.upload", { folder })
        : effect === "copy"
          ? t("files.drop.copy", { folder })
          : t("files.drop.move", { folder });
    show({ target, text });
    return true;
  };

  const drop = (event: DragEvent<HTMLElement>, target: Place | undefined): void => {
    const effect = judge(event, target);
    show(undefined);
    if (effect === "none" || !target) return;
    event.preventDefault();
    const items = dragged.get();
    dragged.set([]);
    if (effect === "upload") {
      // The transfer is empty after this handler, so the entries are taken now.
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry());
      const files = [...event.dataTransfer.files].map((file) => ({ file, folder: "" }));
      void (
        entries.some(Boolean) ? fromDrop(entries) : Promise.resolve({ items: files, emptyFolders: [] })
      ).then(
        (found) => upload(ui, found, target),
        (error: unknown) => ui.report({ title: t("files.fail.upload"), error }),
      );
    } else if (effect === "trash") void trashItems(ui, items);
    else void transferItems(ui, effect, items, target);
  };

  const start = (event: DragEvent<HTMLElement>, items: Place[], label: string): void => {
    dragged.set(items);
    event.dataTransfer.effectAllowed = "copyMove";
    event.dataTransfer.setData("text/plain", items.map((item) => item.path).join("\n"));
    const chip = document.createElement("div");
    chip.textContent = label;
    chip.className =
      "drag-chip fixed -top-100 start-0 max-w-60 truncate rounded-control bg-accent px-3 py-1.5 text-sm font-medium text-on-accent";
    document.body.append(chip);
    event.dataTransfer.setDragImage(chip, -12, -8);
    setTimeout(() => chip.remove());
  };

  return {
    hint,
    dragging: active.length > 0,
    over,
    drop,
    start,
    leave: () => show(undefined),
    isOver: (place: Place) => hint !== undefined && samePlace(hint.target, place),
  };
}
