import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { api, errorText, keys, ok, queries, type UpdateStatus } from "@/lib/api";
import { ago, bytes, clock, exact } from "@/lib/format";
import { t, tx } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import {
  Button,
  Callout,
  EmptyState,
  Progress,
  QueryView,
  Select,
  StaleNote,
  Switch,
  useConfirm,
} from "@/ui";
import { Group, Row } from "./parts";

const UpgradeFile = lazy(() => import("./UpgradeFile"));

/** LivOS' own updates: what there is, how far it is, how the last one ended. */
export function Updates() {
  const query = useQuery({
    queryKey: keys.update,
    queryFn: ({ signal }) => ok(api.GET("/api/v1/system/updates", { signal })),
  });
  return (
    <QueryView query={query} failed={t("settings.updates.failed")}>
      {(status: UpdateStatus) =>
        status.kind === "none" ? (
          <EmptyState title={`LivOS ${status.installed}`} text={t("settings.updates.none")} />
        ) : (
          <Known status={status} at={query.dataUpdatedAt} />
        )
      }
    </QueryView>
  );
}

function Known({ status, at }: { status: UpdateStatus; at: number }) {
  const idle = status.state === "idle";
  const { busy, run } = useRequest();
  const [choosing, setChoosing] = useState(false);
  const look = () => run(() => ok(api.POST("/api/v1/system/updates/check")));
  return (
    <>
      {idle && <Outcome status={status} />}
      <Group title={t("settings.updates.installed")} end={<StaleNote at={at} />}>
        <Row label={`LivOS ${status.installed}`} line={<Standing status={status} />}>
          {idle && (
            <>
              <Button write disabled={busy} onClick={() => setChoosing(true)}>
                {t("settings.updates.fromFile")}
              </Button>
              <Button write busy={busy} onClick={look}>
                {t("settings.updates.look")}
              </Button>
            </>
          )}
        </Row>
      </Group>
      {!idle && <Going status={status} />}
      {idle && waits(status) && <Available status={status} />}
      <Automatic status={status} />
      {choosing && (
        <Suspense fallback={null}>
          <UpgradeFile onClose={() => setChoosing(false)} />
        </Suspense>
      )}
    </>
  );
}

/** A newer LivOS, or on an appliance newer packages of its system. */
function waits(status: UpdateStatus) {
  return status.available !== "" || (status.kind === "appliance" && status.packages.length > 0);
}

const HOURS = Array.from({ length: 24 }, (_, hour) => ({
  value: String(hour),
  // The clock of a day like any other; the hour is the server's own.
  label: clock(new Date(2024, 0, 15, hour).getTime() / 1000),
}));

/** Whether it updates by itself, and when. */
function Automatic({ status }: { status: UpdateStatus }) {
  const { busy, run } = useRequest();
  const { on, hour } = status.automatic;
  const save = (body: UpdateStatus["automatic"]) =>
    run(() => ok(api.PUT("/api/v1/system/updates/automatic", { body })));
  return (
    <Group title={t("settings.updates.automatic")}>
      <div className="flex flex-col gap-3 px-4 py-3">
        <Switch
          label={t("settings.updates.automatic.on")}
          hint={t(
            status.kind === "appliance"
              ? "settings.updates.automatic.whole"
              : "settings.updates.automatic.hint",
          )}
          checked={on}
          disabled={busy}
          write
          onChange={(next) => void save({ on: next, hour })}
        />
        {on && (
          <Select
            label={t("settings.updates.automatic.hour")}
            hint={t("settings.updates.automatic.hourHint")}
            value={String(hour)}
            disabled={busy}
            write
            options={HOURS}
            onChange={(next) => void save({ on, hour: Number(next) })}
          />
        )}
      </div>
    </Group>
  );
}

/** One request at a time; what it changes comes as an event. */
function useRequest() {
  const [busy, setBusy] = useState(false);
  const run = async (request: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await request();
      await queries.invalidateQueries({ queryKey: keys.update });
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, run };
}

function Standing({ status }: { status: UpdateStatus }) {
  if (status.checked_at === 0) return t("settings.updates.never");
  const checked = (
    <span title={exact(status.checked_at)}>
      {t("settings.updates.checked", { when: ago(status.checked_at) })}
    </span>
  );
  if (waits(status) || status.problem.code) return checked;
  return (
    <>
      {t("settings.updates.newest")} {checked}
    </>
  );
}

function Outcome({ status }: { status: UpdateStatus }) {
  const { problem, last } = status;
  if (problem.code) {
    return (
      <Callout tone={problem.code === "cancelled" ? "neutral" : "warn"} icon={CircleAlert} role="status">
        <p className="font-medium">
          {tx(`settings.updates.problem.${problem.code}`, t("settings.updates.problem.failed"))}
        </p>
        {problem.code !== "cancelled" && <p className="pt-0.5 break-words">{problem.message}</p>}
      </Callout>
    );
  }
  const versions = { from: last.from, to: last.to };
  if (last.result === "done") {
    // Once a newer one is there, it is old news.
    if (waits(status)) return null;
    return (
      <Callout tone="ok" icon={CircleCheck} role="status">
        {t("settings.updates.done", versions)}
      </Callout>
    );
  }
  if (!last.result) return null;
  const returned = last.result === "returned";
  return (
    <Callout tone={returned ? "warn" : "danger"} icon={returned ? Undo2 : CircleAlert} role="alert">
      <p className="font-medium">
        {t(returned ? "settings.updates.returned" : "settings.updates.notReturned", versions)}
      </p>
      {returned && status.kind === "packages" && (
        <p className="pt-0.5">{t("settings.updates.returnedText")}</p>
      )}
      <ul className="list-disc ps-4 pt-1">
        {last.reasons.map((reason) => (
          <li key={reason} className="break-words">
            {reason}
          </li>
        ))}
      </ul>
    </Callout>
  );
}

/** Only what is copied, downloaded or installed says how much of them is done. */
const MEASURED = ["receiving", "downloading", "installing"];

function Going({ status }: { status: UpdateStatus }) {
  const { busy, run } = useRequest();
  const label = tx(`settings.updates.state.${status.state}`, t("settings.updates.state.asked"));
  const measured = MEASURED.includes(status.state) && status.percent > 0;
  return (
    <Group title={t("settings.updates.going")}>
      <div className="flex flex-col gap-2 px-4 py-3">
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
          <p role="status" className="text-sm font-medium">
            {label}
          </p>
          {status.cancellable && (
            <Button
              size="sm"
              write
              busy={busy}
              onClick={() => run(() => ok(api.POST("/api/v1/system/updates/cancel")))}
            >
              {t("shell.action.cancel")}
            </Button>
          )}
        </div>
        <Progress value={measured ? status.percent / 100 : undefined} label={label} />
        {status.detail && <p className="text-xs break-words text-muted">{status.detail}</p>}
      </div>
    </Group>
  );
}

function Available({ status }: { status: UpdateStatus }) {
  const confirm = useConfirm();
  const { busy, run } = useRequest();
  // Its system is replaced as a whole, and so it starts again.
  const whole = status.kind === "appliance";
  const update = async () => {
    const yes = await confirm({
      title: status.available
        ? t("settings.updates.confirm", { version: status.available })
        : t("settings.updates.confirmSystem"),
      text: t(whole ? "settings.updates.confirmTextWhole" : "settings.updates.confirmText"),
      action: t("settings.updates.update"),
    });
    if (yes) {
      await run(() => ok(api.POST("/api/v1/system/updates", { body: { version: status.available } })));
    }
  };
  return (
    <Group
      title={
        status.available
          ? t("settings.updates.available", { version: status.available })
          : t("settings.updates.availableSystem", { count: status.packages.length })
      }
      end={
        <Button variant="primary" size="sm" write busy={busy} onClick={update}>
          {t("settings.updates.update")}
        </Button>
      }
    >
      <Row
        label={
          status.from_file
            ? t("settings.updates.inFile", { name: status.from_file })
            : t("settings.updates.size", { size: bytes(status.download_bytes) })
        }
        line={t(whole ? "settings.updates.restartWhole" : "settings.updates.restart")}
      />
      {status.packages.map((one) => (
        <Row
          key={one.name}
          label={one.name}
          line={one.from ? t("settings.updates.fromTo", { from: one.from, to: one.to }) : one.to}
        />
      ))}
      {status.notes && (
        <div className="flex flex-col gap-2 px-4 py-3">
          <h5 className="text-sm font-medium">{t("settings.updates.notes")}</h5>
          <Notes text={status.notes} />
        </div>
      )}
    </Group>
  );
}

/** A part of a changelog: headings, points and plain lines. Nothing in it is ever more than text. */
function Notes({ text }: { text: string }) {
  const lines = text.split("\n").filter((line) => line.trim());
  return (
    <div className="flex flex-col gap-1 text-sm break-words">
      {lines.map((line, index) => {
        const key = `${index} ${line}`;
        const heading = /^#+\s+(.*)/.exec(line)?.[1];
        if (heading) {
          return (
            <p key={key} className="pt-1 font-medium">
              {heading}
            </p>
          );
        }
        const point = /^[-*]\s+(.*)/.exec(line)?.[1];
        return (
          <p key={key} className={point ? "ps-4 -indent-3" : undefined}>
            {point ? `• ${point}` : line}
          </p>
        );
      })}
    </div>
  );
}
