import { Settings } from "lucide-react";
import type { AppManifest } from "@/lib/apps";

export default {
  id: "settings",
  title: "shell.apps.settings",
  icon: Settings,
  tint: "oklch(0.52 0.015 230)",
  size: [880, 660],
  min: [420, 420],
  roles: ["owner", "admin", "member"],
  dock: 9,
  places: [
    { title: "shell.settings.you", path: "/you" },
    { title: "shell.settings.twoFactor", path: "/you" },
    { title: "shell.settings.programs", path: "/programs" },
    { title: "shell.settings.appearance", path: "/appearance" },
    { title: "shell.settings.accessibility", path: "/accessibility" },
    { title: "shell.settings.people", path: "/people", roles: ["owner", "admin"] },
    { title: "shell.settings.updates", path: "/updates", roles: ["owner", "admin"] },
    { title: "shell.settings.ai", path: "/ai" },
    { title: "shell.settings.about", path: "/about" },
  ],
  load: () => import("./index"),
} satisfies AppManifest;
