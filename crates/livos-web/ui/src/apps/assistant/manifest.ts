import { Sparkles } from "lucide-react";
import type { AppManifest } from "@/lib/apps";

export default {
  id: "assistant",
  title: "shell.apps.assistant",
  icon: Sparkles,
  tint: "oklch(0.55 0.10 285)",
  size: [880, 680],
  min: [380, 420],
  roles: ["owner", "admin", "member"],
  dock: 3,
  load: () => import("./index"),
} satisfies AppManifest;
