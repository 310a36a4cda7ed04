import { Boxes } from "lucide-react";
import type { AppManifest } from "@/lib/apps";
import { loadTexts } from "@/lib/i18n";

export default {
  id: "containers",
  title: "shell.apps.containers",
  icon: Boxes,
  tint: "oklch(0.52 0.09 265)",
  size: [1080, 700],
  min: [560, 400],
  roles: ["owner", "admin"],
  dock: 4,
  load: () => Promise.all([import("./index"), loadTexts("log")]).then(([module]) => module),
} satisfies AppManifest;
