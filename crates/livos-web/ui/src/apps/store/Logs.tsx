import { ArrowLeft } from "lucide-react";
import { useState } from "react";
import { useInstalledApp } from "@/lib/api";
import { t } from "@/lib/i18n";
import { useWindow, useWindowTitle } from "@/lib/window";
import { IconButton, Select } from "@/ui";
import { LogView } from "@/ui/LogView";
import { useStoreState } from "./useStore";

/** What the containers of an app write, all of them or one. */
export function Logs({ id }: { id: string }) {
  const { go } = useStoreState();
  const { phone } = useWindow();
  const app = useInstalledApp(id);
  const title = t("store.log.of", { app: app?.name ?? id });
  const [service, setService] = useState("");
  useWindowTitle(title);

  const query = new URLSearchParams({ tail: "1000", follow: "1" });
  if (service) query.set("service", service);
  const services = app?.services ?? [];
  return (
    <LogView
      source={`/api/v1/apps/${encodeURIComponent(id)}/logs?${query}`}
      title={title}
      name={id}
      back={
        !phone && (
          <IconButton
            label={t("store.action.back")}
            icon={ArrowLeft}
            className="rtl:rotate-180"
            onClick={() =>
              app
                ? go({ page: "app", store: app.store, id: app.id })
                : go({ page: "home", query: "", category: undefined })
            }
          />
        )
      }
    >
      {services.length > 1 && (
        <Select
          hideLabel
          label={t("store.log.service")}
          value={service}
          onChange={setService}
          options={[
            { value: "", label: t("store.log.allServices") },
            ...services.map((each) => ({ value: each.name, label: each.name })),
          ]}
        />
      )}
    </LogView>
  );
}
