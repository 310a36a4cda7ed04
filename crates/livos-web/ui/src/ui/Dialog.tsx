import { X } from "lucide-react";
import {
  type FormEvent,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { t } from "@/lib/i18n";
import { IconButton } from "./Button";
import { cx } from "./cx";
import { LayerContext } from "./DialogLayer";

export { type Question, useConfirm } from "./DialogLayer";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons, the main one last. */
  actions?: ReactNode;
  onSubmit?: () => void;
  wide?: boolean;
  role?: "dialog" | "alertdialog";
}

/** Mount it to open it. Takes the focus, gives it back, closes on Escape; a sheet on phones. */
export function Dialog({ title, onClose, children, actions, onSubmit, wide, role = "dialog" }: DialogProps) {
  const layer = useContext(LayerContext);
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const enter = layer?.enter;
  const host = layer?.host ?? null;

  useLayoutEffect(() => enter?.(id), [enter, id]);
  const [before] = useState(() => document.activeElement as HTMLElement | null);
  useEffect(() => {
    if (!host) return;
    const target =
      box.current?.querySelector<HTMLElement>("[data-autofocus]") ??
      box.current?.querySelector<HTMLElement>(
        "[data-body] :is(input, select, textarea, button):not([hidden], [tabindex='-1'])",
      ) ??
      box.current;
    target?.focus();
    return () => {
      // What is behind stops being inert in the same commit, so the focus moves after it.
      requestAnimationFrame(() => {
        const active = document.activeElement;
        if (!active || active === document.body) before?.focus();
      });
    };
  }, [host, before]);

  if (!host) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    onSubmit?.();
  };
  const body = (
    <>
      <div className="flex items-center justify-between gap-3 ps-5 pe-3 pt-3">
        <h3 id={`${id}-title`} className="min-w-0 text-lg font-semibold break-words">
          {title}
        </h3>
        <IconButton label={t("shell.action.close")} icon={X} onClick={onClose} tooltip={false} />
      </div>
      <div data-body className="min-h-0 overflow-y-auto px-5 pt-2 pb-4 text-sm">
        {children}
      </div>
      {actions && <div className="flex flex-wrap justify-end gap-2 px-5 pb-5">{actions}</div>}
    </>
  );
  return createPortal(
    <div className="dialog-scrim" inert={layer?.top !== undefined && layer.top !== id}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its role is a dialog, which handles Escape. */}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: as above. */}
      <div
        ref={box}
        role={role}
        aria-labelledby={`${id}-title`}
        tabIndex={-1}
        data-focus="quiet"
        className={cx("dialog", wide && "dialog-wide")}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !event.defaultPrevented) {
            event.preventDefault();
            event.stopPropagation();
            onClose();
          }
        }}
      >
        {onSubmit ? (
          <form onSubmit={submit} className="flex min-h-0 flex-col">
            {body}
          </form>
        ) : (
          body
        )}
      </div>
    </div>,
    host,
  );
}
