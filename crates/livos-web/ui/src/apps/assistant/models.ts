import { Settings } from "lucide-react";
import { errorText, queries } from "@/lib/api";
import { chooseDefault, providersQuery, refreshProviders } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { openApp } from "@/lib/window";
import type { MenuItem } from "@/ui";

/** The models that an administrator can choose from, and the way to connect more. */
export async function modelItems(): Promise<MenuItem[]> {
  const settings: MenuItem = {
    label: t("assistant.model.settings"),
    icon: Settings,
    onSelect: () => openApp("settings", "/ai"),
  };
  try {
    const { providers } = await queries.ensureQueryData(providersQuery);
    return [
      { heading: t("assistant.model.everyone") },
      ...providers.map((one) => ({
        label: `${one.model} · ${one.label}`,
        checked: one.default,
        onSelect: () => {
          if (!one.default) void choose(one.id);
        },
      })),
      { separator: true },
      settings,
    ];
  } catch {
    // The settings say why the list cannot be had.
    return [settings];
  }
}

async function choose(id: string): Promise<void> {
  try {
    await chooseDefault(id);
    await refreshProviders();
  } catch (error) {
    reportProblem(errorText(error));
  }
}
