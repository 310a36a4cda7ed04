import { Eye } from "lucide-react";
import type { AppManifest } from "@/lib/apps";

export default {
  id: "preview",
  title: "shell.apps.preview",
  icon: Eye,
  tint: "oklch(0.55 0.09 240)",
  size: [840, 640],
  min: [360, 300],
  roles: ["owner", "admin", "member"],
  multiple: true,
  load: () => import("./index"),
} satisfies AppManifest;
