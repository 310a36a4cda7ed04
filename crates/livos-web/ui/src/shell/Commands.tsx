import { Activity, Keyboard, LogOut, SunMoon } from "lucide-react";
import { type Command, useCommands } from "@/lib/commands";
import { t } from "@/lib/i18n";
import { useLook } from "@/lib/look";
import { useStore } from "@/lib/store";
import { setTheme, signOut } from "./menus";
import { openPanel } from "./panels";
import * as manager from "./wm/manager";

/** What the shell itself offers in the search. */
export default function Commands() {
  const focused = useStore(manager.layout, (now) => now.focused);
  const win = (run: (id: string) => void) => () => focused && run(focused);
  const dark = useLook().theme === "dark";
  const list: Command[] = [
    { id: "activity", title: t("shell.command.activity"), icon: Activity, run: () => openPanel("activity") },
    {
      id: "shortcuts",
      title: t("shell.command.shortcuts"),
      icon: Keyboard,
      keys: "?",
      run: () => openPanel("shortcuts"),
    },
    {
      id: "theme",
      title: t("shell.command.changeTheme", { theme: t(dark ? "shell.theme.light" : "shell.theme.dark") }),
      icon: SunMoon,
      group: "settings",
      run: () => setTheme(dark ? "light" : "dark"),
    },
    { id: "desktop", title: t("shell.command.showDesktop"), run: manager.showDesktop },
    { id: "sign-out", title: t("shell.command.signOut"), icon: LogOut, run: () => void signOut() },
  ];
  if (focused) {
    list.push(
      { id: "left", title: t("shell.command.leftHalf"), run: win((id) => manager.snap(id, "left")) },
      { id: "right", title: t("shell.command.rightHalf"), run: win((id) => manager.snap(id, "right")) },
      { id: "maximise", title: t("shell.command.maximise"), run: win((id) => manager.snap(id, "max")) },
      { id: "restore", title: t("shell.command.restore"), run: win((id) => manager.snap(id, "none")) },
      { id: "minimise", title: t("shell.command.minimise"), run: win(manager.minimise) },
    );
  }
  useCommands(list);
  return null;
}
