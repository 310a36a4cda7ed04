import { EllipsisVertical, type LucideIcon } from "lucide-react";
import { type ComponentType, type MouseEvent, type ReactElement, type ReactNode, useState } from "react";
import { t } from "@/lib/i18n";
import { createStore, useStore } from "@/lib/store";
import { IconButton } from "./Button";

/** A menu is data, so the same one can be a drop-down, a context menu or a sheet on a phone. */
export type MenuItem =
  | {
      label: string;
      icon?: LucideIcon | undefined;
      /** Shown at the end, for example "F2". */
      keys?: string | undefined;
      danger?: boolean | undefined;
      disabled?: boolean | undefined;
      /** Why it is disabled, shown under the label. */
      reason?: string | undefined;
      /** Makes it an item with a check mark. */
      checked?: boolean | undefined;
      onSelect: () => void;
    }
  | { separator: true }
  | { heading: string }
  | { label: string; icon?: LucideIcon | undefined; items: MenuItem[] };

export interface Anchor {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface OpenMenu {
  id: number;
  label: string;
  items: MenuItem[];
  anchor: Anchor;
  align: "start" | "end";
  side: "top" | "bottom";
  returnTo: HTMLElement | null;
  onClose?: (() => void) | undefined;
}

/** What the popup is given. */
export interface MenuPopupProps {
  menu: OpenMenu;
  place: HTMLElement;
  onClose: () => void;
}

export const menu = createStore<OpenMenu | null>(null);
let count = 0;

interface MenuOptions {
  align?: "start" | "end";
  side?: "top" | "bottom";
  onClose?: () => void;
}

type Items = (MenuItem | false | null | undefined)[];

/** Opens a menu at an element or a point. Falsy items are left out; the code that lists them may come late. */
export function openMenu(
  at: Element | { x: number; y: number },
  label: string,
  items: Items | Promise<Items>,
  options: MenuOptions = {},
): void {
  if (items instanceof Promise) {
    items.then(
      (list) => openMenu(at, label, list, options),
      () => options.onClose?.(),
    );
    return;
  }
  const { align = "start", side = "bottom", onClose } = options;
  const anchor =
    at instanceof Element ? at.getBoundingClientRect() : { x: at.x, y: at.y, width: 0, height: 0 };
  count += 1;
  menu.set({
    id: count,
    label,
    items: items.filter((item): item is MenuItem => Boolean(item)),
    anchor: { x: anchor.x, y: anchor.y, width: anchor.width, height: anchor.height },
    align,
    side,
    returnTo: document.activeElement as HTMLElement | null,
    onClose,
  });
}

/** Where a context menu opens: at the pointer, or at the focused element for Shift+F10. */
export function menuPoint(event: MouseEvent | globalThis.MouseEvent): Element | { x: number; y: number } {
  event.preventDefault();
  event.stopPropagation();
  const keyboard = event.clientX === 0 && event.clientY === 0;
  return keyboard ? (event.target as Element) : { x: event.clientX, y: event.clientY };
}

/** Loads the code that draws menus. When it cannot be had, nothing says that a menu is open. */
export function importMenuPopup(): Promise<typeof import("./menu-popup")> {
  return import("./menu-popup").catch((error: unknown) => {
    const open = menu.get();
    if (open) closeMenu(open.id);
    throw error;
  });
}

interface MenuHostProps {
  popup: ComponentType<MenuPopupProps>;
}

/** Mounted once by the shell, with the popup that it loads. */
export function MenuHost({ popup: Popup }: MenuHostProps): ReactElement | null {
  const open = useStore(menu);
  const [place, setPlace] = useState<HTMLElement | null>(null);
  if (!open) return null;
  // A named part of the page, because everything on it has to be inside one.
  return (
    <section aria-label={open.label} ref={setPlace}>
      {place && <Popup key={open.id} menu={open} place={place} onClose={() => closeMenu(open.id)} />}
    </section>
  );
}

export function closeMenu(id: number): void {
  const open = menu.get();
  if (open?.id !== id) return;
  menu.set(null);
  open.onClose?.();
}

interface MenuButtonProps extends MenuOptions {
  label: string;
  items: Items | (() => Items);
  icon?: LucideIcon;
  size?: "sm" | "md";
  className?: string;
}

/** An icon button that opens a menu under itself. */
export function MenuButton({
  label,
  items,
  icon = EllipsisVertical,
  size,
  className,
  ...options
}: MenuButtonProps) {
  const [expanded, setExpanded] = useState(false);
  return (
    <IconButton
      label={label}
      icon={icon}
      {...(size ? { size } : {})}
      {...(className ? { className } : {})}
      aria-haspopup="menu"
      aria-expanded={expanded}
      onClick={(event) => {
        setExpanded(true);
        openMenu(event.currentTarget, label, typeof items === "function" ? items() : items, {
          align: "end",
          ...options,
          onClose: () => setExpanded(false),
        });
      }}
    />
  );
}

/** For custom triggers: the props of a button that opens a menu. */
export function useMenuTrigger(
  label: string,
  items: () => Items | Promise<Items>,
  options: MenuOptions = {},
) {
  const [expanded, setExpanded] = useState(false);
  return {
    "aria-haspopup": "menu" as const,
    "aria-expanded": expanded,
    onClick: (event: MouseEvent<HTMLElement>) => {
      setExpanded(true);
      openMenu(event.currentTarget, label, items(), { ...options, onClose: () => setExpanded(false) });
    },
  };
}

export function closeLabel(): ReactNode {
  return t("shell.action.close");
}
