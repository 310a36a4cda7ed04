import type { ReactNode } from "react";
import { useLook } from "@/lib/look";
import { cx } from "@/ui/cx";
import { Wallpaper } from "@/ui/Wallpaper";

/** One card on the wallpaper: sign-in and setup. A whole page on phones. */
export function CardPage({ children, narrow }: { children: ReactNode; narrow?: boolean }) {
  const { wallpaper = "shore" } = useLook();
  return (
    <>
      <Wallpaper id={wallpaper} className="fixed inset-0" />
      <main className="fixed inset-0 overflow-y-auto md:p-6">
        <div className="flex min-h-full items-center justify-center">
          <div
            className={cx(
              "card w-full rounded-window border border-line bg-surface p-8 shadow-active max-md:min-h-dvh max-md:rounded-none max-md:border-0 max-md:p-6 max-md:pt-12",
              narrow ? "md:w-90" : "md:w-140",
            )}
          >
            {children}
          </div>
        </div>
      </main>
    </>
  );
}

export function Logo({ size = 40 }: { size?: number }) {
  return <img src="/favicon.svg" alt="" width={size} height={size} />;
}
