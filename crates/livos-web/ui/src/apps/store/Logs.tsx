import { ArrowDown, ArrowLeft } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { errorText, request, useInstalledApp } from "@/lib/api";
import { errorFrom } from "@/lib/api/error";
import { t } from "@/lib/i18n";
import { downloadText } from "@/lib/storage";
import { useWindow, useWindowTitle } from "@/lib/window";
import { Button, Callout, CopyButton, IconButton, Select } from "@/ui";
import { Lines, mostLines, plain } from "./core/logs";
import { useStoreState } from "./useStore";

type State = "waiting" | "following" | "ended" | { error: unknown };

/**
 * New lines are appended to the text and nothing else is touched, so a selection survives. Scrolling up stops the
 * following and counts what arrives meanwhile.
 */
export function Logs({ id }: { id: string }) {
  const { go } = useStoreState();
  const { phone } = useWindow();
  const app = useInstalledApp(id);
  const name = app?.name ?? id;
  const [service, setService] = useState("");
  const [state, setState] = useState<State>("waiting");
  const [turn, setTurn] = useState(0);
  const [unseen, setUnseen] = useState(0);
  const [empty, setEmpty] = useState(true);
  const box = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLPreElement>(null);
  const follow = useRef(true);
  useWindowTitle(t("store.log.of", { app: name }));

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn means the same log once more
  useEffect(() => {
    const stop = new AbortController();
    const lines = new Lines();
    let waiting: string[] = [];
    let frame = 0;
    text.current?.replaceChildren();
    follow.current = true;
    setUnseen(0);
    setEmpty(true);
    setState("waiting");

    const flush = () => {
      frame = 0;
      const target = text.current;
      const scroller = box.current;
      if (!target || !scroller || waiting.length === 0) return;
      const batch = waiting;
      waiting = [];
      const block = document.createElement("span");
      block.textContent = `${batch.map(plain).join("\n")}\n`;
      block.dataset.lines = String(batch.length);
      target.append(block);
      setEmpty(false);
      if (!follow.current) {
        setUnseen((count) => count + batch.length);
        return;
      }
      let held = 0;
      for (const child of target.children) held += Number((child as HTMLElement).dataset.lines);
      while (held > mostLines && target.firstElementChild) {
        held -= Number((target.firstElementChild as HTMLElement).dataset.lines);
        target.firstElementChild.remove();
      }
      scroller.scrollTop = scroller.scrollHeight;
    };
    const add = (more: string[]) => {
      if (more.length === 0) return;
      waiting.push(...more);
      if (!frame) frame = requestAnimationFrame(flush);
    };

    const read = async () => {
      const query = new URLSearchParams({ tail: "1000", follow: "1" });
      if (service) query.set("service", service);
      const url = new URL(`/api/v1/apps/${encodeURIComponent(id)}/logs?${query}`, location.origin);
      const response = await request(new Request(url, { signal: stop.signal }));
      if (!response.ok || !response.body) throw await errorFrom(response);
      setState("following");
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        add(lines.push(value));
      }
      add(lines.end());
      setState("ended");
    };
    read().catch((error: unknown) => {
      if (!stop.signal.aborted) setState({ error });
    });
    return () => {
      stop.abort();
      cancelAnimationFrame(frame);
    };
  }, [id, service, turn]);

  const toEnd = () => {
    follow.current = true;
    setUnseen(0);
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };

  useLayoutEffect(() => {
    const scroller = box.current;
    if (!scroller) return;
    const onScroll = () => {
      const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 24;
      follow.current = atEnd;
      if (atEnd) setUnseen(0);
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    return () => scroller.removeEventListener("scroll", onScroll);
  }, []);

  const failed = typeof state === "object" ? state : undefined;
  const services = app?.services ?? [];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex min-h-12 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5 touch:min-h-14">
        {!phone && (
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
        )}
        <h3 className="min-w-0 flex-1 truncate text-base font-semibold">
          {t("store.log.of", { app: name })}
        </h3>
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
        <CopyButton text={() => text.current?.textContent ?? ""} />
        <Button variant="quiet" onClick={() => downloadText(`${id}.log`, text.current?.textContent ?? "")}>
          {t("store.log.download")}
        </Button>
      </div>
      <div className="relative min-h-0 flex-1">
        <div
          ref={box}
          role="log"
          aria-live="off"
          aria-label={t("store.log.of", { app: name })}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
          tabIndex={0}
          data-focus="inset"
          className="h-full overflow-auto bg-sunken p-3"
        >
          <pre ref={text} className="text-sm leading-5 break-words whitespace-pre-wrap" />
          {empty && !failed && (
            <p className="text-sm text-muted">
              {t(state === "waiting" ? "store.log.waiting" : "store.log.empty")}
            </p>
          )}
        </div>
        {unseen > 0 && (
          <div className="absolute inset-x-0 bottom-3 flex justify-center">
            <Button variant="primary" icon={ArrowDown} className="rounded-full shadow-menu" onClick={toEnd}>
              {t("store.log.paused", { count: unseen })}
            </Button>
          </div>
        )}
      </div>
      {(failed || state === "ended") && (
        <div className="flex shrink-0 items-center gap-3 border-t border-line px-4 py-2 text-sm">
          {failed ? (
            <Callout tone="danger" role="alert">
              {t("store.error.logs")}: {errorText(failed.error)}
            </Callout>
          ) : (
            <span className="text-muted">{t("store.log.ended")}</span>
          )}
          <Button size="sm" className="ms-auto" onClick={() => setTurn(turn + 1)}>
            {t(failed ? "store.action.tryAgain" : "store.log.again")}
          </Button>
        </div>
      )}
    </div>
  );
}
