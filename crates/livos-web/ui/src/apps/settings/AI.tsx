import { useQuery } from "@tanstack/react-query";
import { CircleAlert, Plus, Sparkles } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { errorText, isAdmin, sentence } from "@/lib/api";
import {
  chooseDefault,
  chooseTier,
  type Provider,
  type Providers,
  providersQuery,
  refreshProviders,
  removeProvider,
  saveProvider,
} from "@/lib/assistant";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { dollars } from "@/lib/money";
import { announce, reportProblem } from "@/lib/notify";
import { Badge, Button, EmptyState, MenuButton, QueryView, StaleNote, useConfirm } from "@/ui";
import { Memory } from "./Memory";
import { PriceDialog } from "./PriceDialog";
import { ProviderDialog } from "./ProviderDialog";
import { Group, Row } from "./parts";
import { Rules } from "./Rules";
import { Schedules } from "./Schedules";
import { Shares } from "./Shares";
import { Skills } from "./Skills";
import { Spending } from "./Spending";
import { Subagents } from "./Subagents";
import { Web } from "./Web";

const ToolServers = lazy(() => import("./ToolServers"));

/** What the assistant thinks with and may do, for those who run the server, and what it takes. */
export function AI() {
  return (
    <>
      {isAdmin() && <Models />}
      <Web />
      {isAdmin() && <Memory />}
      {isAdmin() && (
        <Suspense fallback={null}>
          <ToolServers />
        </Suspense>
      )}
      {isAdmin() && <Rules />}
      <Schedules />
      <Subagents />
      <Shares />
      <Skills />
      <Spending />
    </>
  );
}

/** Which models there are, and whether they answer. */
function Models() {
  const list = useQuery(providersQuery);
  const [dialog, setDialog] = useState<Provider | "new" | null>(null);
  const known = list.data;
  return (
    <>
      <Group
        title={t("settings.ai.models")}
        end={
          <span className="flex items-center gap-3">
            <StaleNote at={list.dataUpdatedAt} />
            {known && known.providers.length > 0 && (
              <Button size="sm" icon={Plus} onClick={() => setDialog("new")}>
                {t("settings.ai.add")}
              </Button>
            )}
          </span>
        }
      >
        <QueryView query={list} failed={t("settings.ai.failed")}>
          {({ providers }: Providers) =>
            providers.length === 0 ? (
              <EmptyState
                icon={Sparkles}
                title={t("settings.ai.empty")}
                text={t("settings.ai.emptyText")}
                action={
                  <Button variant="primary" onClick={() => setDialog("new")}>
                    {t("settings.ai.add")}
                  </Button>
                }
              />
            ) : (
              providers.map((one) => (
                <Line key={one.id} one={one} only={providers.length === 1} onEdit={() => setDialog(one)} />
              ))
            )
          }
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.ai.explain")}</p>
      {dialog && known && (
        <ProviderDialog
          provider={dialog === "new" ? undefined : dialog}
          known={known}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  );
}

function host(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address;
}

function Line({ one, only, onEdit }: { one: Provider; only: boolean; onEdit: () => void }) {
  const confirm = useConfirm();
  const [busy, setBusy] = useState(false);
  const [pricing, setPricing] = useState(false);
  const tier = one.tier ?? "usual";
  const attempt = async (work: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await work();
      return true;
    } catch (error) {
      reportProblem(errorText(error));
      return false;
    } finally {
      await refreshProviders().catch(() => undefined);
      setBusy(false);
    }
  };
  const test = async () => {
    const { dialect, label, base_url, model } = one;
    if (await attempt(() => saveProvider(one.id, { dialect, label, base_url, model })))
      announce(t("settings.ai.works", { name: one.label }));
  };
  const remove = async () => {
    const yes = await confirm({
      title: t("settings.ai.removeTitle", { name: one.label }),
      text: only
        ? `${t("settings.ai.removeText")} ${t("settings.ai.removeLast")}`
        : t("settings.ai.removeText"),
      action: t("settings.ai.remove"),
      danger: true,
    });
    if (yes) await attempt(() => removeProvider(one.id));
  };
  return (
    <Row
      label={
        <span className="flex flex-wrap items-center gap-2">
          <bdi>{one.label}</bdi>
          {one.default && <Badge tone="accent">{t("settings.ai.default")}</Badge>}
          {tier !== "usual" && (
            <Badge>{t(tier === "fast" ? "settings.ai.tier.fast" : "settings.ai.tier.best")}</Badge>
          )}
        </span>
      }
      line={
        <>
          <bdi>{one.model}</bdi> · <bdi>{host(one.base_url)}</bdi> ·{" "}
          {t(one.key === "set" ? "settings.ai.keySet" : "settings.ai.noKey")}
          {typeof one.checked_at === "number" && !one.problem && (
            <span title={exact(one.checked_at)}>
              {" "}
              · {t("settings.ai.checked", { when: ago(one.checked_at) })}
            </span>
          )}
          <span className="block">{priceText(one)}</span>
          {busy && (
            <span role="status" className="block">
              {t("settings.ai.testing")}
            </span>
          )}
          {one.problem && !busy && (
            <span className="mt-1 flex items-start gap-1.5 text-danger">
              <CircleAlert size={14} aria-hidden className="mt-px" />
              <span dir="auto">{sentence(one.problem.message)}</span>
            </span>
          )}
        </>
      }
    >
      {one.problem && (
        <Button size="sm" onClick={onEdit}>
          {t("settings.ai.edit")}
        </Button>
      )}
      <MenuButton
        label={t("settings.ai.menu", { name: one.label })}
        items={[
          !one.default && {
            label: t("settings.ai.makeDefault"),
            onSelect: () => void attempt(() => chooseDefault(one.id)),
          },
          {
            label: t(tier === "fast" ? "settings.ai.tier.notFast" : "settings.ai.tier.makeFast"),
            onSelect: () => void attempt(() => chooseTier(one.id, tier === "fast" ? "usual" : "fast")),
          },
          {
            label: t(tier === "best" ? "settings.ai.tier.notBest" : "settings.ai.tier.makeBest"),
            onSelect: () => void attempt(() => chooseTier(one.id, tier === "best" ? "usual" : "best")),
          },
          { label: t("settings.ai.edit"), onSelect: onEdit },
          { label: t("settings.ai.test"), onSelect: () => void test() },
          { label: t("settings.price.enter"), onSelect: () => setPricing(true) },
          { separator: true },
          { label: t("settings.ai.remove"), danger: true, onSelect: () => void remove() },
        ]}
      />
      {pricing && <PriceDialog provider={one} onClose={() => setPricing(false)} />}
    </Row>
  );
}

/** What a model costs, and where that is known from. */
function priceText({ price }: Provider): string {
  if (!price) return t("settings.price.unknown");
  const values = { input: dollars(price.input), output: dollars(price.output) };
  return price.date
    ? t("settings.price.listed", { ...values, date: price.date })
    : t("settings.price.entered", values);
}
