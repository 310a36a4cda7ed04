import { AlarmClock } from "lucide-react";
import type { AppManifest } from "@/lib/apps";
import { loadTexts } from "@/lib/i18n";

export default {
  id: "jobs",
  title: "shell.apps.jobs",
  icon: AlarmClock,
  tint: "oklch(0.55 0.09 40)",
  size: [860, 600],
  min: [440, 360],
  roles: ["owner", "admin", "member"],
  // What it shows stands in Settings as well, with its words.
  load: () => Promise.all([import("./index"), loadTexts("settings")]).then(([module]) => module),
} satisfies AppManifest;
