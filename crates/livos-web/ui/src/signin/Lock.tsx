import { useEffect } from "react";
import { t } from "@/lib/i18n";
import { useLook } from "@/lib/look";
import { announce } from "@/lib/notify";
import { save } from "@/lib/storage";
import { letLeave } from "@/shell/leaving";
import { Button } from "@/ui/Button";
import { Wallpaper } from "@/ui/Wallpaper";
import { Logo } from "./Card";
import { SignInForm } from "./SignIn";

/** Covers the desktop without unmounting it: after signing in, everything is where it was. */
export default function Lock({ username }: { username: string }) {
  const { wallpaper = "shore" } = useLook();
  useEffect(() => announce(t("shell.lock.text"), "assertive"), []);
  return (
    <div className="fixed inset-0 z-1000">
      <Wallpaper id={wallpaper} className="absolute inset-0" />
      <div
        role="dialog"
        aria-modal="true"
        aria-labelledby="lock-title"
        className="absolute inset-0 flex items-center justify-center overflow-y-auto p-4"
      >
        <div className="card w-full max-w-90 rounded-window border border-line bg-surface p-8 shadow-active">
          <Logo />
          <h2 id="lock-title" className="pt-4 text-xl font-semibold">
            {t("shell.lock.title")}
          </h2>
          <p className="pb-5 text-sm text-muted">{t("shell.lock.text")}</p>
          <SignInForm username={username} />
          <Button
            variant="quiet"
            className="mt-2 w-full"
            onClick={() => {
              save("signed-in", undefined);
              letLeave();
              location.assign("/");
            }}
          >
            {t("shell.lock.other")}
          </Button>
        </div>
      </div>
    </div>
  );
}
