import { X } from "lucide-react";
import {
  createContext,
  type FormEvent,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { t } from "@/lib/i18n";
import { Button, IconButton } from "./Button";
import { cx } from "./cx";
import { TextField } from "./fields";

interface Layer {
  host: HTMLElement | null;
  enter: (id: string) => () => void;
  top: string | undefined;
  confirm: (question: Question) => Promise<boolean>;
}

const LayerContext = createContext<Layer | null>(null);

export interface Question {
  title: string;
  text?: ReactNode;
  /** The verb on the button, such as "Delete for good". */
  action: string;
  cancel?: string;
  danger?: boolean;
  /** For what cannot be undone: this has to be typed first. */
  typed?: string;
}

/**
 * Dialogs belong to the nearest layer and cover only it: a window's dialog leaves the other windows
 * usable. What is behind a dialog is inert.
 */
export function DialogLayer({ children, className }: { children: ReactNode; className?: string }) {
  const [host, setHost] = useState<HTMLElement | null>(null);
  const [stack, setStack] = useState<string[]>([]);
  const [question, setQuestion] = useState<(Question & { answer: (yes: boolean) => void }) | null>(null);
  const enter = useCallback((id: string) => {
    setStack((ids) => [...ids, id]);
    return () => setStack((ids) => ids.filter((other) => other !== id));
  }, []);
  const confirm = useCallback(
    (asked: Question) =>
      new Promise<boolean>((resolve) => {
        setQuestion({
          ...asked,
          answer: (yes) => {
            setQuestion(null);
            resolve(yes);
          },
        });
      }),
    [],
  );
  const layer = useMemo(() => ({ host, enter, top: stack.at(-1), confirm }), [host, enter, stack, confirm]);
  return (
    <LayerContext value={layer}>
      <div className={className} inert={stack.length > 0}>
        {children}
      </div>
      <div ref={setHost} className="contents" />
      {question && <ConfirmDialog question={question} />}
    </LayerContext>
  );
}

/** Asks before something that cannot be undone. Prefer an Undo where one is possible. */
export function useConfirm(): (question: Question) => Promise<boolean> {
  const layer = useContext(LayerContext);
  if (!layer) throw new Error("useConfirm needs a DialogLayer");
  return layer.confirm;
}

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

function ConfirmDialog({ question }: { question: Question & { answer: (yes: boolean) => void } }) {
  const [typed, setTyped] = useState("");
  const ready = question.typed === undefined || typed.trim() === question.typed;
  return (
    <Dialog
      role="alertdialog"
      title={question.title}
      onClose={() => question.answer(false)}
      onSubmit={() => ready && question.answer(true)}
      actions={
        <>
          <Button
            data-autofocus={question.typed === undefined || undefined}
            onClick={() => question.answer(false)}
          >
            {question.cancel ?? t("shell.action.cancel")}
          </Button>
          <Button type="submit" variant={question.danger ? "danger" : "primary"} disabled={!ready}>
            {question.action}
          </Button>
        </>
      }
    >
      {question.text && <div className="text-muted">{question.text}</div>}
      {question.typed !== undefined && (
        <div className="pt-3">
          <TextField
            data-autofocus
            label={t("shell.confirm.type", { text: question.typed })}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            spellCheck={false}
          />
        </div>
      )}
    </Dialog>
  );
}
