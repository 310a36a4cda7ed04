import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, Download, ExternalLink, FileQuestion, FolderOpen } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useState } from "react";
import { isApiError, request } from "@/lib/api";
import { errorFrom } from "@/lib/api/error";
import { downloadLink } from "@/lib/download";
import { bytes } from "@/lib/format";
import { language, t } from "@/lib/i18n";
import { openApp, useWindow, useWindowTitle } from "@/lib/window";
import { Button, EmptyState, ErrorState, IconButton, Loading, QueryView, StaleNote } from "@/ui";
import { type Viewer, viewerOf } from "../files/core/kinds";
import type { Entry } from "../files/core/listing";
import { type FilesLocation, formatLocation, parseLocation } from "../files/core/location";
import { baseName, displayName, join, type Place, parent } from "../files/core/paths";
import { contentUrl, listQuery, noteOpened, statQuery } from "../files/data";
import { neighbours } from "./neighbours";

/** Enough to see what a text is; the rest is for the editor. */
const mostText = 512_000;

export default function Preview() {
  const { path, navigate } = useWindow();
  const location = useMemo(() => parseLocation(path, "home"), [path]);
  const { place, sort } = location;
  const name = baseName(place.path);
  const folder: Place = { root: place.root, path: parent(place.path) };
  const stat = useQuery(statQuery(place));
  const listing = useQuery(listQuery(folder)).data;
  const around = useMemo(
    () => (listing ? neighbours(listing.entries as Entry[], name, sort, language) : undefined),
    [listing, name, sort],
  );
  useWindowTitle(displayName(name));
  const { root, path: file } = place;
  const shown = stat.isSuccess;
  useEffect(() => {
    if (shown) noteOpened({ root, path: file });
  }, [shown, root, file]);

  const show = (next: string | undefined) => {
    if (next === undefined) return;
    const to: FilesLocation = { ...location, place: { root: place.root, path: join(folder.path, next) } };
    navigate(formatLocation(to), { replace: true });
  };
  const onKey = (event: KeyboardEvent) => {
    const inMedia = event.target instanceof HTMLMediaElement || event.target instanceof HTMLPreElement;
    if (inMedia || event.altKey || event.ctrlKey || event.metaKey) return;
    const rtl = document.dir === "rtl";
    if (event.key === "ArrowRight") show(rtl ? around?.previous : around?.next);
    else if (event.key === "ArrowLeft") show(rtl ? around?.next : around?.previous);
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrows repeat what the two buttons do
    <div className="@container flex h-full min-h-0 flex-col bg-surface" onKeyDown={onKey}>
      <div className="flex min-h-12 shrink-0 items-center gap-1 border-b border-line px-3 touch:min-h-14">
        <IconButton
          label={t("preview.previous")}
          icon={ChevronLeft}
          className="rtl:rotate-180"
          disabled={around?.previous === undefined}
          onClick={() => show(around?.previous)}
        />
        <IconButton
          label={t("preview.next")}
          icon={ChevronRight}
          className="rtl:rotate-180"
          disabled={around?.next === undefined}
          onClick={() => show(around?.next)}
        />
        <p className="min-w-0 flex-1 truncate px-1 text-sm text-muted tabular-nums">
          {around &&
            around.index >= 0 &&
            t("preview.position", { index: around.index + 1, count: around.count })}
          {stat.data && ` · ${bytes(stat.data.size)}`}
        </p>
        <StaleNote at={stat.dataUpdatedAt} />
        <IconButton
          label={t("preview.showInFiles")}
          icon={FolderOpen}
          onClick={() => openApp("files", formatLocation({ ...location, place: folder }))}
        />
        <Button icon={Download} data-autofocus onClick={() => void downloadLink(contentUrl(place, true))}>
          <span className="sr-only @sm:not-sr-only">{t("preview.download")}</span>
        </Button>
      </div>
      <div className="flex min-h-0 flex-1 flex-col items-center justify-center overflow-auto bg-sunken">
        <QueryView
          key={place.path}
          query={stat}
          failed={t("preview.failed")}
          onError={(error) =>
            isApiError(error) && error.status === 404 ? (
              <EmptyState icon={FileQuestion} title={t("preview.gone")} text={t("preview.goneHint")} />
            ) : undefined
          }
        >
          {(info) => <View key={place.path} place={place} size={info.size} viewer={viewerOf(name)} />}
        </QueryView>
      </div>
    </div>
  );
}

function View({ place, size, viewer }: { place: Place; size: number; viewer: Viewer }) {
  const [broken, setBroken] = useState(false);
  const name = displayName(baseName(place.path));
  const url = contentUrl(place);
  if (broken) return <ErrorState title={t("preview.failed")} />;
  if (viewer === "image") {
    return (
      <img
        src={url}
        alt={name}
        onError={() => setBroken(true)}
        className="max-h-full max-w-full object-contain"
      />
    );
  }
  if (viewer === "video") {
    return (
      // biome-ignore lint/a11y/useMediaCaption: a person's own films have no captions to offer
      <video
        src={url}
        controls
        aria-label={name}
        onError={() => setBroken(true)}
        className="max-h-full max-w-full"
      />
    );
  }
  if (viewer === "audio") {
    return (
      // biome-ignore lint/a11y/useMediaCaption: a person's own recordings have no captions to offer
      <audio
        src={url}
        controls
        aria-label={name}
        onError={() => setBroken(true)}
        className="w-4/5 max-w-120"
      />
    );
  }
  if (viewer === "pdf") {
    // The page's policy allows no frames; the browser's own reader shows it better in a tab.
    return (
      <EmptyState
        title={name}
        action={
          <Button
            variant="primary"
            icon={ExternalLink}
            onClick={() => window.open(url, "_blank", "noopener")}
          >
            {t("preview.openPdf")}
          </Button>
        }
      />
    );
  }
  if (viewer === "text") return <Text place={place} size={size} />;
  return <EmptyState icon={FileQuestion} title={t("preview.none")} text={t("preview.noneHint")} />;
}

function Text({ place, size }: { place: Place; size: number }) {
  const [state, setState] = useState<{ text?: string; error?: unknown }>({});
  const name = displayName(baseName(place.path));
  const { root, path } = place;
  useEffect(() => {
    const stop = new AbortController();
    const read = async () => {
      const address = new URL(contentUrl({ root, path }), window.location.origin);
      const headers: HeadersInit = size > mostText ? { Range: `bytes=0-${mostText - 1}` } : {};
      const response = await request(new Request(address, { headers, signal: stop.signal }));
      if (!response.ok) throw await errorFrom(response);
      // Broken bytes show as a mark instead of failing the whole text.
      setState({ text: new TextDecoder("utf-8").decode((await response.arrayBuffer()).slice(0, mostText)) });
    };
    read().catch((error: unknown) => {
      if (!stop.signal.aborted) setState({ error });
    });
    return () => stop.abort();
  }, [root, path, size]);
  if (state.error !== undefined) return <ErrorState title={t("preview.failed")} error={state.error} />;
  if (state.text === undefined) return <Loading />;
  return (
    <div className="flex h-full w-full flex-col">
      {size > mostText && (
        <p className="shrink-0 border-b border-line bg-surface px-4 py-2 text-sm text-muted">
          {t("preview.cut", { size: bytes(mostText) })}
        </p>
      )}
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
        tabIndex={0}
        aria-label={t("preview.text", { name })}
        data-focus="inset"
        className="min-h-0 flex-1 overflow-auto bg-surface p-4"
      >
        <pre className="text-sm break-words whitespace-pre-wrap select-text">{state.text}</pre>
      </section>
    </div>
  );
}
