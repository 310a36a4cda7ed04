import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { systemQuery, text } from "@/lib/api";
import { bytes, duration, percent } from "@/lib/format";
import { t } from "@/lib/i18n";
import { isDown } from "@/shell/status";
import { Badge, Button, CopyButton, Dialog, Progress, QueryView, Scroll, StaleNote } from "@/ui";
import { Group, Row } from "./parts";

export function About() {
  const system = useQuery(systemQuery);
  const [licences, setLicences] = useState(false);
  return (
    <QueryView query={system} failed={t("settings.about.failed")}>
      {(info) => {
        const version = info.services.find((service) => service.name.endsWith("web"))?.version ?? "";
        const used = info.memory_total - info.memory_available;
        const details = [
          `LivOS ${version}`,
          `${info.os}, ${info.kernel}, ${info.architecture}`,
          `${info.cpus} CPUs, ${bytes(info.memory_total)} memory`,
          ...info.services.map((service) => `${service.name} ${service.version} ${service.state}`),
          navigator.userAgent,
        ].join("\n");
        return (
          <>
            <Group title={t("settings.about.server")} end={<StaleNote at={system.dataUpdatedAt} />}>
              <Row label={t("settings.about.version")} line={version}>
                <CopyButton text={details} label={t("shell.action.copyDetails")} />
              </Row>
              <Row label={t("settings.about.name")} line={info.hostname} />
              <Row
                label={t("settings.about.system")}
                line={`${info.os} · ${info.kernel} · ${info.architecture}`}
              />
              <Row label={t("settings.about.uptime")} line={duration(info.uptime_seconds)} />
            </Group>
            <Group title={t("settings.about.hardware")}>
              <Row label={t("settings.about.processors")} line={String(info.cpus)} />
              <Meter label={t("settings.about.memory")} used={used} total={info.memory_total} />
              {info.disks?.map((disk) => (
                <Meter
                  key={disk.mount}
                  label={t("settings.about.storage", { mount: disk.mount })}
                  used={disk.total - disk.free}
                  total={disk.total}
                />
              ))}
            </Group>
            <Group title={t("settings.about.services")}>
              {info.services.map((service) => (
                <Row key={service.name} label={service.name} line={service.version}>
                  <Badge tone={isDown(service.state) ? "danger" : "ok"}>
                    {t(isDown(service.state) ? "settings.about.down" : "settings.about.running")}
                  </Badge>
                </Row>
              ))}
            </Group>
            <Group title={t("settings.about.legal")}>
              <Row label="LivOS" line={t("settings.about.licence")}>
                <Button onClick={() => setLicences(true)}>{t("settings.about.licences")}</Button>
              </Row>
            </Group>
            {licences && <Licences onClose={() => setLicences(false)} />}
          </>
        );
      }}
    </QueryView>
  );
}

function Meter({ label, used, total }: { label: string; used: number; total: number }) {
  const part = total > 0 ? used / total : 0;
  return (
    <div className="border-b border-line px-4 py-3 last:border-0">
      <div className="flex justify-between gap-4 text-sm">
        <span className="font-medium">{label}</span>
        <span className="text-muted tabular-nums">
          {t("shell.progress.of", { done: bytes(used), total: bytes(total) })} · {percent(part)}
        </span>
      </div>
      <Progress value={part} label={label} className="mt-2" />
    </div>
  );
}

function Licences({ onClose }: { onClose: () => void }) {
  const query = useQuery({ queryKey: ["licences"], queryFn: ({ signal }) => text("/licences.txt", signal) });
  return (
    <Dialog wide title={t("settings.about.licences")} onClose={onClose}>
      <QueryView query={query} failed={t("settings.about.licencesFailed")}>
        {(lines) => (
          <Scroll label={t("settings.about.licences")} className="max-h-80 rounded-control bg-sunken p-3">
            <pre className="text-xs whitespace-pre-wrap">{lines}</pre>
          </Scroll>
        )}
      </QueryView>
    </Dialog>
  );
}
