import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { ago, bytes, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { IconButton } from "@/ui";
import { kindOf, viewerOf } from "./core/kinds";
import { type Entry, isFolder, totals } from "./core/listing";
import { displayName, type Place, parent } from "./core/paths";
import { contentUrl, statQuery } from "./data";
import { KindIcon } from "./list/icons";
import { kindWords } from "./list/Row";

type Props = {
  entries: Entry[];
  placeOf(entry: Entry): Place | undefined;
  labelOf(place: Place): string;
};

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-0.5">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="text-sm break-words">{children}</dd>
    </div>
  );
}

export function DetailsBody({ entries, placeOf, labelOf }: Props) {
  const only = entries.length === 1 ? entries[0] : undefined;
  const place = only && placeOf(only);
  const stat = useQuery({ ...statQuery(place ?? { root: "", path: "" }), enabled: place !== undefined });
  if (entries.length === 0) return <p className="text-sm text-muted">{t("files.details.nothing")}</p>;
  const sum = totals(entries);
  const contents = [
    sum.folders > 0 ? t("files.details.folders", { count: sum.folders }) : "",
    sum.files > 0 ? t("files.details.files", { count: sum.files }) : "",
  ].filter(Boolean);
  if (!only) {
    return (
      <>
        <p className="mb-4 text-base font-semibold">{t("files.details.many", { count: entries.length })}</p>
        <dl className="flex flex-col gap-3">
          <Line label={t("files.details.contents")}>{contents.join(", ")}</Line>
          {sum.files > 0 && <Line label={t("files.details.size")}>{bytes(sum.bytes)}</Line>}
        </dl>
      </>
    );
  }
  const picture =
    place && viewerOf(only[0]) === "image" && only[2] < 12_000_000 ? contentUrl(place) : undefined;
  return (
    <>
      <div className="mb-3 flex h-32 items-center justify-center overflow-hidden rounded-card bg-sunken">
        {picture ? (
          <img src={picture} alt="" className="max-h-full max-w-full object-contain" />
        ) : (
          <KindIcon kind={kindOf(only)} size={48} />
        )}
      </div>
      <p className="mb-4 text-base font-semibold break-words">
        <bdi>{displayName(only[0])}</bdi>
      </p>
      <dl className="flex flex-col gap-3">
        <Line label={t("files.details.kind")}>{kindWords(only)}</Line>
        {!isFolder(only) && <Line label={t("files.details.size")}>{bytes(only[2])}</Line>}
        {only[3] > 0 && (
          <Line label={t("files.details.changed")}>
            {ago(only[3])}
            <span className="block text-xs text-muted">{exact(only[3])}</span>
          </Line>
        )}
        {place && (
          <Line label={t("files.details.where")}>
            {[labelOf({ root: place.root, path: "" }), parent(place.path)].filter(Boolean).join("/")}
          </Line>
        )}
        {stat.data && (
          <Line label={t("files.details.access")}>
            {t(stat.data.writable ? "files.details.writable" : "files.details.readonly")}
          </Line>
        )}
      </dl>
    </>
  );
}

export function DetailsPanel({ onClose, ...props }: Props & { onClose(): void }) {
  return (
    <div className="hidden w-60 shrink-0 flex-col overflow-y-auto border-s border-line @3xl:flex">
      <div className="flex items-center justify-between ps-4 pe-2 pt-2">
        <h3 className="text-sm font-semibold">{t("files.details.title")}</h3>
        <IconButton size="sm" icon={X} label={t("files.details.hide")} onClick={onClose} />
      </div>
      <div className="p-4 pt-2">
        <DetailsBody {...props} />
      </div>
    </div>
  );
}
