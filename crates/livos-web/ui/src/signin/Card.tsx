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

/** The same drawing as public/favicon.svg; in the page itself it costs no request. */
export function Logo({ size = 40 }: { size?: number }) {
  return (
    <svg viewBox="0 0 64 64" width={size} height={size} aria-hidden="true">
      <rect width="64" height="64" rx="15" fill="#0b6e70" />
      <path d="M0 40q16-9 32-2t32-3v14a15 15 0 0 1-15 15H15A15 15 0 0 1 0 49z" fill="#2b9a98" />
      <path d="M0 50q18-7 34-1t30-3v3a15 15 0 0 1-15 15H15A15 15 0 0 1 0 49z" fill="#69c7bd" />
      <path
        d="M19 31 32 19l13 12"
        fill="none"
        stroke="#fff"
        strokeWidth="5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
