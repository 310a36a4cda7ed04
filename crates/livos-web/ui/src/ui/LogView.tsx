import { ArrowDown } from "lucide-react";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { errorText, request } from "@/lib/api";
import { ApiError, errorDetails, errorFrom, isApiError } from "@/lib/api/error";
import { useOnline } from "@/lib/connection";
import { t } from "@/lib/i18n";
import { Lines, mostLines, plain } from "@/lib/lines";
import { downloadText } from "@/lib/storage";
import { Button } from "./Button";
import { Callout } from "./bits";
import { CopyButton, ErrorState, Loading, StaleNote } from "./states";

type State = "waiting" | "following" | "ended" | { error: unknown };

interface Props {
  /** Where the lines come from, as an address on this server that goes on for as long as it is read. */
  source: string;
  title: string;
  /** What a download is called, without its ending. */
  name: string;
  /** Before and after the title. */
  back?: ReactNode;
  children?: ReactNode;
}

/**
 * New lines are appended to the text and nothing else is touched, so a selection survives. Scrolling up stops the
 * following and counts what arrives meanwhile. A log that broke off because the server was away is followed again once
 * it is back.
 */
export function LogView({ source, title, name, back, children }: Props) {
  const [state, setState] = useState<State>("waiting");
  const [turn, setTurn] = useState(0);
  const [unseen, setUnseen] = useState(0);
  const [empty, setEmpty] = useState(true);
  const [heardAt, setHeardAt] = useState(0);
  const online = useOnline();
  const box = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLPreElement>(null);
  const follow = useRef(true);
  /** Whose lines are shown. */
  const shown = useRef("");
  const inVain = useRef(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn means the same log once more
  useEffect(() => {
    const stop = new AbortController();
    const lines = new Lines();
    let waiting: string[] = [];
    let frame = 0;
    let heard = Date.now();
    const begin = () => {
      text.current?.replaceChildren();
      shown.current = source;
      follow.current = true;
      setUnseen(0);
      setEmpty(true);
    };
    // The same log once more keeps its lines until there are others.
    if (shown.current !== source) begin();
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
      const response = await request(new Request(new URL(source, location.origin), { signal: stop.signal }));
      if (!response.ok || !response.body) throw await errorFrom(response);
      begin();
      inVain.current = 0;
      setState("following");
      setHeardAt(Date.now());
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        add(lines.push(value));
        heard = Date.now();
      }
      add(lines.end());
      setState("ended");
    };
    read().catch((error: unknown) => {
      if (stop.signal.aborted) return;
      setHeardAt(heard);
      // The body of an answer breaks off without words of its own.
      setState({
        error: isApiError(error) ? error : new ApiError(0, { code: "unreachable" }, { cause: error }),
      });
    });
    return () => {
      stop.abort();
      cancelAnimationFrame(frame);
    };
  }, [source, turn]);

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
  const again = () => setTurn((last) => last + 1);
  const brokeOff = failed !== undefined && isApiError(failed.error) && failed.error.unreachable;
  useEffect(() => {
    if (!online || !brokeOff) return;
    // Each time in vain it waits twice as long: the page may be online while this log can't be had.
    const timer = setTimeout(
      () => setTurn((last) => last + 1),
      Math.min(1_000 * 2 ** inVain.current, 30_000),
    );
    inVain.current += 1;
    return () => clearTimeout(timer);
  }, [online, brokeOff]);

  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex min-h-12 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5 touch:min-h-14">
        {back}
        <h3 className="min-w-0 flex-1 truncate text-base font-semibold">{title}</h3>
        <StaleNote at={heardAt} />
        {children}
        <CopyButton text={() => text.current?.textContent ?? ""} />
        <Button variant="quiet" onClick={() => downloadText(`${name}.log`, text.current?.textContent ?? "")}>
          {t("log.download")}
        </Button>
      </div>
      <div className="relative min-h-0 flex-1">
        <div
          ref={box}
          role="log"
          aria-live="off"
          aria-label={title}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
          tabIndex={0}
          data-focus="inset"
          className="h-full overflow-auto bg-sunken p-3"
        >
          <pre ref={text} className="text-sm leading-5 break-words whitespace-pre-wrap" />
          {empty && state === "waiting" && <Loading key={`${source} ${turn}`} onRetry={again} />}
          {empty && !failed && state !== "waiting" && <p className="text-sm text-muted">{t("log.empty")}</p>}
          {empty && failed && <ErrorState title={t("log.failed")} error={failed.error} onRetry={again} />}
        </div>
        {unseen > 0 && (
          <div className="absolute inset-x-0 bottom-3 flex justify-center">
            <Button variant="primary" icon={ArrowDown} className="rounded-full shadow-menu" onClick={toEnd}>
              {t("log.paused", { count: unseen })}
            </Button>
          </div>
        )}
      </div>
      {((failed && !empty) || state === "ended") && (
        <div className="flex shrink-0 flex-wrap items-center gap-3 border-t border-line px-4 py-2 text-sm">
          {failed ? (
            <Callout tone={brokeOff ? "warn" : "danger"} role="alert">
              {brokeOff ? t("log.brokeOff") : `${t("log.failed")}: ${errorText(failed.error)}`}
            </Callout>
          ) : (
            <span className="text-muted">{t("log.ended")}</span>
          )}
          <span className="ms-auto flex items-center gap-2">
            {failed && (
              <CopyButton text={() => errorDetails(failed.error)} label={t("shell.action.copyDetails")} />
            )}
            <Button size="sm" onClick={again}>
              {t(failed ? "shell.action.tryAgain" : "log.again")}
            </Button>
          </span>
        </div>
      )}
    </div>
  );
}
