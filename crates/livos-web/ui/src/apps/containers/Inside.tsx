import { useQuery } from "@tanstack/react-query";
import { ChevronRight, File, FileSymlink, Folder, RotateCw } from "lucide-react";
import { useState } from "react";
import { errorText } from "@/lib/api";
import { downloadLink } from "@/lib/download";
import { bytes, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { Callout, EmptyState, IconButton, QueryView } from "@/ui";
import { type Container, type Inside as Found, folderQuery, insideUrl } from "./data";

type Entry = Found["entries"][number];

const within = (path: string, name: string) => `${path === "/" ? "" : path}/${name}`;

/** What lies in a container: folders to look at, files to save. Nothing can be changed from here. */
export default function Inside({ container }: { container: Container }) {
  const [path, setPath] = useState("/");
  const query = useQuery(folderQuery(container.id, path));
  const parts = path.split("/").filter(Boolean);
  const save = async (name: string) => {
    try {
      await downloadLink(insideUrl(container.id, within(path, name)));
    } catch (error) {
      reportProblem(errorText(error));
    }
  };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <nav
        aria-label={t("containers.inside.path")}
        className="flex min-h-11 shrink-0 flex-wrap items-center gap-1 px-4 text-sm"
      >
        {["", ...parts].map((part, at) => {
          const to = `/${parts.slice(0, at).join("/")}`;
          const here = at === parts.length;
          return (
            <span key={to} className="flex items-center gap-1">
              {at > 0 && <ChevronRight size={14} aria-hidden className="text-muted rtl:rotate-180" />}
              <button
                type="button"
                aria-current={here ? "location" : undefined}
                className="min-h-8 max-w-60 truncate rounded-control px-1 hover:underline touch:min-h-11"
                onClick={() => setPath(to)}
              >
                {part || container.name}
              </button>
            </span>
          );
        })}
        <span className="flex-1" />
        <IconButton
          label={t("containers.inside.again")}
          icon={RotateCw}
          busy={query.isFetching}
          onClick={() => void query.refetch()}
        />
      </nav>
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
        tabIndex={0}
        data-focus="inset"
        className="min-h-0 flex-1 overflow-y-auto px-4 pb-8"
      >
        <QueryView query={query} failed={t("containers.inside.failed")}>
          {(found) => (
            <>
              {found.more && <Callout tone="warn">{t("containers.inside.more")}</Callout>}
              {found.entries.length === 0 ? (
                <EmptyState icon={Folder} title={t("containers.inside.empty")} />
              ) : (
                <ul aria-label={found.path} className="flex flex-col divide-y divide-line text-sm">
                  {found.entries.map((entry) => (
                    <Row
                      key={entry.name}
                      entry={entry}
                      onOpen={() => setPath(within(path, entry.name))}
                      onSave={() => void save(entry.name)}
                    />
                  ))}
                </ul>
              )}
            </>
          )}
        </QueryView>
      </div>
    </div>
  );
}

function Row({ entry, onOpen, onSave }: { entry: Entry; onOpen(): void; onSave(): void }) {
  const Icon = entry.kind === "folder" ? Folder : entry.kind === "link" ? FileSymlink : File;
  // A link may lead to a folder; of other things nobody can have a copy.
  const opens = entry.kind === "folder" || entry.kind === "link";
  const act = opens ? onOpen : entry.kind === "file" ? onSave : undefined;
  const name = <span className="min-w-0 break-all">{entry.name}</span>;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-0.5 py-1">
      <Icon size={16} aria-hidden className="shrink-0 text-muted" />
      {act ? (
        <button
          type="button"
          aria-label={opens ? undefined : t("containers.inside.save", { name: entry.name })}
          className="min-h-8 min-w-40 flex-1 text-start hover:underline touch:min-h-11"
          onClick={act}
        >
          {name}
        </button>
      ) : (
        <span className="min-h-8 min-w-40 flex-1 content-center">{name}</span>
      )}
      <span className="text-muted">{entry.kind === "file" ? bytes(entry.size) : ""}</span>
      <code className="hidden text-muted @xl:inline">{entry.mode}</code>
      <span className="hidden w-20 text-muted @3xl:inline">{entry.owner}</span>
      <time className="text-muted" dateTime={new Date(entry.modified_at * 1000).toISOString()}>
        {exact(entry.modified_at)}
      </time>
    </li>
  );
}
