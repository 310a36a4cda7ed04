import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Ban, CircleCheck, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { errorText } from "@/lib/api";
import type { components } from "@/lib/api/schema";
import { t } from "@/lib/i18n";
import { Button, Callout } from "@/ui";
import type { Permission } from "./core/install";
import { changeChecksQuery, installChecksQuery, type Typed, updateChecksQuery } from "./data";

export type Found = components["schemas"]["Checks"];
type Line = components["schemas"]["Check"];

const looks = {
  ok: { icon: CircleCheck, tone: "text-ok" },
  warn: { icon: TriangleAlert, tone: "text-warn" },
  block: { icon: Ban, tone: "text-danger" },
} as const;

function Row({ line }: { line: Line }) {
  const state = line.state === "ok" || line.state === "warn" ? line.state : "block";
  const { icon: Icon, tone } = looks[state];
  return (
    <li className="flex items-start gap-2.5 px-3 py-2 text-sm">
      <Icon size={16} aria-hidden className={`mt-0.5 flex-none ${tone}`} />
      <span className="min-w-0 break-words">
        <span className="sr-only">{t(`store.checks.${state}`)} </span>
        {line.words} {line.next && <span className="text-muted">{line.next}</span>}
      </span>
    </li>
  );
}

/** What the server looked at before it begins: what stands in the way in front, what is well behind a line. */
export function Checks({ query, hide }: { query: UseQueryResult<Found>; hide?: readonly string[] }) {
  const found = query.data;
  if (query.isError)
    return (
      <Callout tone="warn">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span>
            {t("store.checks.failed")} {errorText(query.error)}
          </span>
          <Button size="sm" onClick={() => void query.refetch()}>
            {t("store.action.tryAgain")}
          </Button>
        </div>
      </Callout>
    );
  if (!found)
    return (
      <p role="status" className="text-sm text-muted">
        {t("store.checks.looking")}
      </p>
    );
  return <Lines lines={found.checks.filter((line) => !hide?.includes(line.check))} />;
}

/** The lines themselves. */
export function Lines({ lines }: { lines: Line[] }) {
  const told = lines.filter((line) => line.state !== "ok");
  const well = lines.filter((line) => line.state === "ok");
  return (
    <section className="flex flex-col gap-2">
      <h4 className="font-semibold">{t("store.checks.title")}</h4>
      <div className="flex flex-col divide-y divide-line rounded-card border border-line">
        {told.length > 0 && (
          <ul className="flex flex-col divide-y divide-line">
            {told.map((line) => (
              <Row key={line.check} line={line} />
            ))}
          </ul>
        )}
        {well.length > 0 && (
          <details open={told.length === 0 && well.length < 3}>
            <summary className="min-h-8 cursor-pointer content-center rounded-control px-3 text-sm touch:min-h-11">
              {t(told.length > 0 ? "store.checks.rest" : "store.checks.well", { count: well.length })}
            </summary>
            <ul className="flex flex-col divide-y divide-line border-t border-line">
              {well.map((line) => (
                <Row key={line.check} line={line} />
              ))}
            </ul>
          </details>
        )}
      </div>
    </section>
  );
}

/** After the last key; each look asks Docker and the disks. */
const SETTLED = 400;

/** What is typed, once nobody types any more. */
function useSettled<T>(typed: T): T {
  const [settled, setSettled] = useState(typed);
  const now = JSON.stringify(typed);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(now) as T), SETTLED);
    return () => clearTimeout(timer);
  }, [now]);
  return settled;
}

/** What stands in the way of installing an app with what is typed into its sheet. */
export const useInstallChecks = (store: string, id: string, typed: Typed) =>
  useQuery(installChecksQuery(store, id, useSettled(typed)));
/** The same for an update, which is looked at without answers where it asks nothing. */
export function useUpdateChecks(id: string, asks: boolean | undefined, answers: Record<string, string>) {
  const settled = useSettled(answers);
  const plain = useQuery({ ...changeChecksQuery(id), enabled: asks === false });
  const typed = useQuery({ ...updateChecksQuery(id, settled), enabled: asks === true });
  return asks ? typed : plain;
}

/** What is agreed to: as the answers make it, once that was looked at. */
export function permissionsOf(query: UseQueryResult<Found>, known: Permission[]): Permission[] {
  const found = query.data?.permissions ?? [];
  return found.length > 0 ? found : known;
}

/** Agreed to exactly these; others are to be agreed to again. */
export function useAgreed(permissions: readonly Permission[]): [boolean, (agreed: boolean) => void] {
  const [to, setTo] = useState<string>();
  const now = permissions.map((permission) => permission.code).join(" ");
  return [to === now, (agreed) => setTo(agreed ? now : undefined)];
}

/** What can be lifted from the same sheet, where it has a place of its own; the server has the last word. */
const liftable = ["answers", "needs"];

/** It would be refused whatever is answered, so there is nothing to press. */
export const isBlocked = (query: UseQueryResult<Found>): boolean =>
  query.data?.checks.some((line) => line.state === "block" && !liftable.includes(line.check)) ?? false;
