import { Folder } from "lucide-react";
import type { AppManifest } from "@/lib/apps";

export default {
  id: "files",
  title: "shell.apps.files",
  icon: Folder,
  tint: "oklch(0.55 0.09 240)",
  size: [960, 640],
  min: [480, 360],
  roles: ["owner", "admin", "member"],
  multiple: true,
  dock: 1,
  load: () => import("./index"),
} satisfies AppManifest;
