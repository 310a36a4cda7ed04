import type { LucideIcon } from "lucide-react";
import { createContext, useContext, useEffect, useRef } from "react";
import type { MenuItem } from "@/ui/menu";

export interface HeaderAction {
  label: string;
  icon: LucideIcon;
  disabled?: boolean;
  onSelect: () => void;
}

/** What the shell gives to the app inside a window (or to the full-screen app on a phone). */
export interface WindowApi {
  id: string;
  app: string;
  /** It has the focus, so keys and the address bar belong to it. */
  active: boolean;
  /** One full-screen app, sheets for menus, the shell draws the header with Back. */
  phone: boolean;
  /** The place inside the app, such as "/home/Photos?select=a.jpg". */
  path: string;
  navigate: (path: string, options?: { replace?: boolean }) => void;
  setTitle: (title: string) => void;
  /** Closing asks "Discard changes?" while this is true. */
  setDirty: (dirty: boolean) => void;
  setHeader: (actions: HeaderAction[], more: (() => MenuItem[]) | null) => void;
  close: () => void;
}

export const WindowContext = createContext<WindowApi | null>(null);

export function useWindow(): WindowApi {
  const api = useContext(WindowContext);
  if (!api) throw new Error("useWindow is for components inside a window");
  return api;
}

/** Shows this in the title bar, for example the folder that is open. */
export function useWindowTitle(title: string): void {
  const { setTitle } = useWindow();
  useEffect(() => setTitle(title), [setTitle, title]);
}

export function useDirty(dirty: boolean): void {
  const { setDirty } = useWindow();
  useEffect(() => {
    setDirty(dirty);
    return () => setDirty(false);
  }, [setDirty, dirty]);
}

/** The phone header's buttons (at most two) and its More menu; a window on the desktop ignores them. */
export function usePhoneHeader(actions: HeaderAction[], more: MenuItem[] = []): void {
  const { setHeader } = useWindow();
  const signature = JSON.stringify([actions, more]);
  const latest = useRef({ actions, more });
  latest.current = { actions, more };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the signature stands for what is shown; the handlers are read late.
  useEffect(() => {
    setHeader(
      latest.current.actions.map((action, index) => ({
        ...action,
        onSelect: () => latest.current.actions[index]?.onSelect(),
      })),
      latest.current.more.length > 0 ? () => latest.current.more : null,
    );
    return () => setHeader([], null);
  }, [setHeader, signature]);
}

export interface OpenOptions {
  /** For apps with several windows, such as Files. */
  newWindow?: boolean;
}

type Opener = (app: string, path?: string, options?: OpenOptions) => void;
let opener: Opener = () => undefined;

export function setOpener(next: Opener): void {
  opener = next;
}

/** Opens an app, or brings it to the front at that place. */
export const openApp: Opener = (app, path, options) => opener(app, path, options);
