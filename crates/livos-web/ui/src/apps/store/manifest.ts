import { LayoutGrid } from "lucide-react";
import type { AppManifest } from "@/lib/apps";
import { loadTexts } from "@/lib/i18n";

export default {
  id: "store",
  title: "shell.apps.store",
  icon: LayoutGrid,
  tint: "oklch(0.52 0.085 195)",
  size: [1040, 720],
  min: [480, 420],
  roles: ["owner", "admin", "member"],
  dock: 2,
  load: () => Promise.all([import("./index"), loadTexts("log")]).then(([module]) => module),
} satisfies AppManifest;
