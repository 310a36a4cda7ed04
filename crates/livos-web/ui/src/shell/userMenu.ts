import { Keyboard, LogOut, Monitor, Moon, Settings, Sun } from "lucide-react";
import { api, currentUser, errorText, ok } from "@/lib/api";
import { broadcast } from "@/lib/api/session";
import { t } from "@/lib/i18n";
import { isPhone } from "@/lib/layout";
import { look } from "@/lib/look";
import { toast } from "@/lib/notify";
import { changeSettings } from "@/lib/settings";
import { save } from "@/lib/storage";
import { openApp } from "@/lib/window";
import type { MenuItem } from "@/ui/menu";
import { letLeave } from "./leaving";
import { openPanel } from "./panels";

export async function signOut(): Promise<void> {
  try {
    await ok(api.DELETE("/api/v1/session"));
  } catch (error) {
    return toast(errorText(error));
  }
  save("signed-in", undefined);
  broadcast("signed_out");
  // A full load forgets every cached answer of this person.
  letLeave();
  location.assign("/");
}

export function setTheme(theme: "auto" | "light" | "dark"): void {
  changeSettings({ theme }).catch((error) => toast(errorText(error)));
}

export function userMenu(): MenuItem[] {
  const user = currentUser();
  const theme = look.get().theme ?? "auto";
  return [
    // On a phone the sheet already says whose menu it is.
    ...(isPhone() ? [] : [{ heading: user?.name ?? "" }]),
    { label: t("shell.user.settings"), icon: Settings, onSelect: () => openApp("settings") },
    { label: t("shell.user.help"), icon: Keyboard, keys: "?", onSelect: () => openPanel("shortcuts") },
    { separator: true },
    { heading: t("shell.user.theme") },
    {
      label: t("shell.user.themeAuto"),
      icon: Monitor,
      checked: theme === "auto",
      onSelect: () => setTheme("auto"),
    },
    {
      label: t("shell.user.themeLight"),
      icon: Sun,
      checked: theme === "light",
      onSelect: () => setTheme("light"),
    },
    {
      label: t("shell.user.themeDark"),
      icon: Moon,
      checked: theme === "dark",
      onSelect: () => setTheme("dark"),
    },
    { separator: true },
    { label: t("shell.user.signOut"), icon: LogOut, onSelect: () => void signOut() },
  ];
}
