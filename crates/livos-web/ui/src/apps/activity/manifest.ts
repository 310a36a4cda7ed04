import { Activity } from "lucide-react";
import type { AppManifest } from "@/lib/apps";

export default {
  id: "activity",
  title: "shell.apps.activity",
  icon: Activity,
  tint: "oklch(0.53 0.10 152)",
  size: [480, 640],
  min: [360, 360],
  roles: ["owner", "admin", "member"],
  load: () => import("./index"),
} satisfies AppManifest;
