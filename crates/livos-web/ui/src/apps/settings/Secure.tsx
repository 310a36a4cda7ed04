import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Globe, LoaderCircle } from "lucide-react";
import { useState } from "react";
import { errorText, isAdmin, sentence } from "@/lib/api";
import { downloadLink } from "@/lib/download";
import {
  type Domain,
  type Exposure,
  exposureQuery,
  type PublicName,
  refreshExposure,
  removeDomain,
  setAlways,
} from "@/lib/exposure";
import { type TextKey, t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { Button, EmptyState, MenuButton, QueryView, Select, StaleNote, Switch, useConfirm } from "@/ui";
import { DomainDialog } from "./DomainDialog";
import { Group, Row } from "./parts";

/** HTTPS in the house and a name on the internet. */
export function Secure() {
  const query = useQuery(exposureQuery);
  return (
    <QueryView query={query} failed={t("settings.secure.failed")}>
      {(exposure: Exposure) => (
        <>
          <AtHome exposure={exposure} at={query.dataUpdatedAt} />
          <Outside exposure={exposure} />
        </>
      )}
    </QueryView>
  );
}

/** The same page over HTTPS, on the port that this server has for it. */
function secureAddress(exposure: Exposure): string {
  const port = exposure.port === 443 ? "" : `:${exposure.port}`;
  return `https://${location.hostname}${port}${location.pathname}`;
}

/** Where a device that does not trust this server yet finds its certificate. */
function plainAddress({ names, http_port: port }: Exposure): string {
  return `http://${names[0] ?? location.hostname}${port === 80 ? "" : `:${port}`}/trust`;
}

function AtHome({ exposure, at }: { exposure: Exposure; at: number }) {
  const secure = location.protocol === "https:";
  const { authority } = exposure;
  return (
    <Group title={t("settings.secure.home")} end={<StaleNote at={at} />}>
      {authority ? (
        <>
          <Row
            label={
              <Labelled tone={secure ? "ok" : "warn"}>
                {t(secure ? "settings.secure.isSecure" : "settings.secure.isPlain")}
              </Labelled>
            }
            line={secure ? undefined : t("settings.secure.plainText")}
          >
            {!secure && (
              <Button size="sm" onClick={() => location.assign(secureAddress(exposure))}>
                {t("settings.secure.open")}
              </Button>
            )}
          </Row>
          <Row
            label={t("settings.secure.certificate")}
            line={
              <>
                <span className="block">
                  {t("settings.secure.certificateText", { name: authority.name })}
                </span>
                {authority.renamed && <span className="mt-1 block">{t("settings.secure.renamed")}</span>}
                <span className="mt-1 block">{t("settings.secure.fingerprint")}</span>
                <code dir="ltr" className="block break-all">
                  {authority.fingerprint}
                </code>
              </>
            }
          >
            <Button size="sm" onClick={() => void downloadLink("/api/v1/certificate")}>
              {t("settings.secure.download")}
            </Button>
            <Button size="sm" onClick={() => void downloadLink("/api/v1/certificate/profile")}>
              {t("settings.secure.profile")}
            </Button>
          </Row>
          <Steps address={plainAddress(exposure)} />
          {isAdmin() && <Always exposure={exposure} />}
        </>
      ) : (
        <Row
          label={<Labelled tone="warn">{t("settings.secure.none")}</Labelled>}
          line={sentence(exposure.detail)}
        />
      )}
    </Group>
  );
}

function Labelled({ tone, children }: { tone: "ok" | "warn"; children: string }) {
  const Icon = tone === "ok" ? CircleCheck : CircleAlert;
  return (
    <span className="flex items-start gap-1.5">
      <Icon size={16} aria-hidden className={`mt-0.5 flex-none ${tone === "ok" ? "text-ok" : "text-warn"}`} />
      {children}
    </span>
  );
}

const DEVICES = ["ios", "mac", "windows", "android", "linux", "firefox"] as const;

/** What this device is, as far as it says; the steps are shown for it first. */
function thisDevice(): (typeof DEVICES)[number] {
  const agent = navigator.userAgent;
  if (/iPhone|iPad/.test(agent)) return "ios";
  if (agent.includes("Android")) return "android";
  if (agent.includes("Firefox")) return "firefox";
  if (agent.includes("Mac OS")) return "mac";
  return agent.includes("Windows") ? "windows" : "linux";
}

function Steps({ address }: { address: string }) {
  const [device, setDevice] = useState<string>(thisDevice);
  return (
    <div className="flex flex-col gap-2 border-b border-line px-4 py-3 last:border-0">
      <Select
        label={t("settings.secure.device")}
        value={device}
        onChange={setDevice}
        options={DEVICES.map((one) => ({ value: one, label: t(`settings.secure.device.${one}` as TextKey) }))}
      />
      <p role="status" className="text-xs text-muted">
        {t(`settings.secure.steps.${device}` as TextKey)}
      </p>
      <p className="text-xs break-words text-muted">{t("settings.secure.other", { address })}</p>
    </div>
  );
}

function Always({ exposure }: { exposure: Exposure }) {
  const [chosen, setChosen] = useState<boolean>();
  // Whoever cannot open the page over HTTPS would lock themselves out.
  const locked = location.protocol !== "https:" && !exposure.always;
  const choose = async (next: boolean) => {
    setChosen(next);
    try {
      await setAlways(next);
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshExposure().catch(() => undefined);
      setChosen(undefined);
    }
  };
  return (
    <div className="border-b border-line px-4 py-2 last:border-0">
      <Switch
        label={t("settings.secure.always")}
        hint={t(locked ? "settings.secure.alwaysFirst" : "settings.secure.alwaysHint")}
        write
        checked={chosen ?? exposure.always}
        disabled={locked || chosen !== undefined}
        onChange={(next) => void choose(next)}
      />
    </div>
  );
}

function Outside({ exposure }: { exposure: Exposure }) {
  const confirm = useConfirm();
  const [dialog, setDialog] = useState(false);
  const { domain } = exposure;
  const remove = async (one: Domain) => {
    const yes = await confirm({
      title: t("settings.secure.removeTitle", { name: one.name }),
      text: t("settings.secure.removeText"),
      action: t("settings.secure.remove"),
      danger: true,
    });
    if (!yes) return;
    try {
      await removeDomain();
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshExposure().catch(() => undefined);
    }
  };
  return (
    <Group
      title={t("settings.secure.outside")}
      end={
        domain &&
        isAdmin() && (
          <MenuButton
            label={t("settings.secure.menu", { name: domain.name })}
            items={[
              { label: t("settings.secure.change"), onSelect: () => setDialog(true) },
              { label: t("settings.secure.again"), onSelect: () => void refreshExposure() },
              { separator: true },
              { label: t("settings.secure.remove"), danger: true, onSelect: () => void remove(domain) },
            ]}
          />
        )
      }
    >
      {domain ? (
        domain.names.map((name) => <Name key={name.name} name={name} />)
      ) : (
        <EmptyState
          icon={Globe}
          title={t("settings.secure.noDomain")}
          text={t(isAdmin() ? "settings.secure.noDomainText" : "settings.secure.askAdmin")}
          action={
            isAdmin() ? (
              <Button write disabled={exposure.https === "off"} onClick={() => setDialog(true)}>
                {t("settings.secure.setUp")}
              </Button>
            ) : undefined
          }
        />
      )}
      {dialog && (
        <DomainDialog
          domain={domain ?? undefined}
          address={exposure.address}
          onClose={() => setDialog(false)}
        />
      )}
    </Group>
  );
}

const STATES: Record<string, TextKey> = {
  ready: "settings.secure.state.ready",
  fetching: "settings.secure.state.fetching",
  failed: "settings.secure.state.failed",
  off: "settings.secure.state.off",
};

function Name({ name }: { name: PublicName }) {
  const ready = name.state === "ready";
  const Icon = ready ? CircleCheck : name.state === "fetching" ? LoaderCircle : CircleAlert;
  const tone = ready ? "text-ok" : name.state === "fetching" ? "text-muted" : "text-warn";
  return (
    <Row
      label={
        <bdi dir="ltr" className="break-all">
          {name.name}
        </bdi>
      }
      line={
        <>
          <span role="status" className="flex items-start gap-1.5">
            <Icon size={14} aria-hidden className={`mt-px flex-none ${tone}`} />
            {t(STATES[name.state] ?? "settings.secure.state.off")}
          </span>
          {name.next && <span className="mt-1 block text-fg">{sentence(name.next)}</span>}
          {name.reason && (
            <span dir="auto" className="mt-1 block">
              {t("settings.secure.said", { reason: name.reason })}
            </span>
          )}
        </>
      }
    />
  );
}
