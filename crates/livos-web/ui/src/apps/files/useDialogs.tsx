import { type ReactNode, useCallback, useMemo, useState } from "react";
import { lazily } from "@/shell/lazily";
import { useConfirm } from "@/ui";
import type { Ui } from "./actions";

const ClashDialog = lazily(async () => ({ default: (await import("./dialogs/Clash")).ClashDialog }));
const SpaceDialog = lazily(async () => ({ default: (await import("./dialogs/Clash")).SpaceDialog }));

export type Problem = { title: string; error: unknown };

/** How the actions of one window ask and report. Dialogs may stack: a folder picker asks for a folder's name. */
export function useDialogs(labelOf: Ui["labelOf"], openTrash: () => void) {
  const confirm = useConfirm();
  const [stack, setStack] = useState<{ id: number; node: ReactNode }[]>([]);
  const [problem, setProblem] = useState<Problem>();

  const ask = useCallback(
    <T,>(render: (answer: (value: T | undefined) => void) => ReactNode): Promise<T | undefined> =>
      new Promise((resolve) => {
        const id = Math.random();
        const answer = (value: T | undefined) => {
          setStack((dialogs) => dialogs.filter((dialog) => dialog.id !== id));
          resolve(value);
        };
        setStack((dialogs) => [...dialogs, { id, node: render(answer) }]);
      }),
    [],
  );

  const ui = useMemo<Ui>(
    () => ({
      ask,
      confirm,
      report: setProblem,
      labelOf,
      clash: (names, folder) =>
        ask((answer) => <ClashDialog names={names} folder={folder} onAnswer={answer} />),
      noSpace: async (needed, free) => {
        await ask<true>((answer) => (
          <SpaceDialog
            needed={needed}
            free={free}
            onClose={() => answer(undefined)}
            onTrash={() => {
              answer(true);
              openTrash();
            }}
          />
        ));
      },
    }),
    [ask, confirm, labelOf, openTrash],
  );

  const dialogs = stack.map(({ id, node }) => <div key={id}>{node}</div>);
  return { ui, dialogs, problem, dismiss: () => setProblem(undefined) };
}
