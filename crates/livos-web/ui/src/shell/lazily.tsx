import { type ComponentType, lazy, Suspense, useState } from "react";
import { loadTexts } from "@/lib/i18n";
import { codeMissing } from "./newVersion";

function Nothing(): null {
  return null;
}

/**
 * A part of the shell whose code comes later. When the code cannot be had, the part stays away and the rest
 * of the desktop goes on; the next time it is opened it is asked for again. `texts` names what it says.
 */
export function lazily<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  texts?: string,
): ComponentType<P> {
  const attempt = () =>
    lazy(() =>
      Promise.all([load(), texts && loadTexts(texts)]).then(
        ([module]) => module,
        (error: unknown) => {
          codeMissing(error);
          current = attempt();
          return { default: Nothing as ComponentType<P> };
        },
      ),
    );
  let current = attempt();
  return (props) => <Part of={() => current} props={props} />;
}

function Part<P extends object>({ of, props }: { of: () => ComponentType<P>; props: P }) {
  const [Now] = useState(of);
  return (
    <Suspense fallback={null}>
      <Now {...props} />
    </Suspense>
  );
}
