import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useContext,
  useMemo,
  useState,
} from "react";

interface Layer {
  host: HTMLElement | null;
  enter: (id: string) => () => void;
  top: string | undefined;
  confirm: (question: Question) => Promise<boolean>;
}

export const LayerContext = createContext<Layer | null>(null);

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

export type AskedQuestion = Question & { answer: (yes: boolean) => void };

const ConfirmDialog = lazy(() => import("./Confirm"));

/**
 * Dialogs belong to the nearest layer and cover only it: a window's dialog leaves the other windows
 * usable. What is behind a dialog is inert.
 */
export function DialogLayer({ children, className }: { children: ReactNode; className?: string }) {
  const [host, setHost] = useState<HTMLElement | null>(null);
  const [stack, setStack] = useState<string[]>([]);
  const [question, setQuestion] = useState<AskedQuestion | null>(null);
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
      {question && (
        <Suspense fallback={null}>
          <ConfirmDialog question={question} />
        </Suspense>
      )}
    </LayerContext>
  );
}

/** Asks before something that cannot be undone. Prefer an Undo where one is possible. */
export function useConfirm(): (question: Question) => Promise<boolean> {
  const layer = useContext(LayerContext);
  if (!layer) throw new Error("useConfirm needs a DialogLayer");
  return layer.confirm;
}
