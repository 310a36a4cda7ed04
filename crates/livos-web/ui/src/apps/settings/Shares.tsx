import { useQuery } from "@tanstack/react-query";
import { CircleAlert, FolderOpen } from "lucide-react";
import { useState } from "react";
import { errorText, keys, queries, rootsQuery } from "@/lib/api";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { type SharedFolder, sharesQuery, shareWrites, unshare } from "@/lib/shares";
import { openApp } from "@/lib/window";
import { Button, EmptyState, QueryView, StaleNote } from "@/ui";
import { Group, Row } from "./parts";

/** The folders that Nexus may look into. They are chosen where they are: in Files. */
export function Shares() {
  const query = useQuery(sharesQuery);
  const roots = useQuery(rootsQuery).data;
  const place = ({ root, path }: SharedFolder) => {
    const label = roots?.find((one) => one.id === root)?.label ?? root;
    return `${label}/${path}`;
  };
  return (
    <>
      <Group title={t("settings.shares")} end={<StaleNote at={query.dataUpdatedAt} />}>
        <QueryView query={query} failed={t("settings.shares.failed")}>
          {(shares: SharedFolder[]) =>
            shares.length === 0 ? (
              <EmptyState
                icon={FolderOpen}
                title={t("settings.shares.empty")}
                text={t("settings.shares.emptyText")}
                action={
                  <Button onClick={() => openApp("files", "/home")}>{t("settings.shares.choose")}</Button>
                }
              />
            ) : (
              shares.map((one) => <Line key={`${one.root}/${one.path}`} one={one} place={place(one)} />)
            )
          }
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.shares.explain")}</p>
    </>
  );
}

function Line({ one, place }: { one: SharedFolder; place: string }) {
  const [busy, setBusy] = useState(false);
  const stop = async () => {
    setBusy(true);
    try {
      await unshare(one);
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await queries.invalidateQueries({ queryKey: keys.shares });
      setBusy(false);
    }
  };
  const setWrites = async () => {
    setBusy(true);
    try {
      await shareWrites(one, !one.writes);
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await queries.invalidateQueries({ queryKey: keys.shares });
      setBusy(false);
    }
  };
  return (
    <Row
      label={<bdi>{one.name}</bdi>}
      line={
        <>
          <bdi>{place}</bdi>
          {one.writes && !one.missing && <> · {t("settings.shares.mayChange")}</>}
          {one.missing && (
            <span className="mt-1 flex items-start gap-1.5 text-warn">
              <CircleAlert size={14} aria-hidden className="mt-px" />
              {t("settings.shares.missing")}
            </span>
          )}
        </>
      }
    >
      {!one.missing && (
        <Button
          size="sm"
          write
          busy={busy}
          aria-label={t(one.writes ? "settings.shares.looksOne" : "settings.shares.writesOne", {
            name: one.name,
          })}
          onClick={() => void setWrites()}
        >
          {t(one.writes ? "settings.shares.looks" : "settings.shares.writes")}
        </Button>
      )}
      <Button
        size="sm"
        write
        busy={busy}
        aria-label={t("settings.shares.stopOne", { name: one.name })}
        onClick={() => void stop()}
      >
        {t("settings.shares.stop")}
      </Button>
    </Row>
  );
}
