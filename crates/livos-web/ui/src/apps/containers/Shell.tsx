import type { Terminal } from "@xterm/xterm";
import { SquareTerminal } from "lucide-react";
import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { errorText, queries } from "@/lib/api";
import { ApiError } from "@/lib/api/error";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { load, save } from "@/lib/storage";
import { useWindow } from "@/lib/window";
import { Button, Callout, CopyButton, EmptyState, Switch, useConfirm } from "@/ui";
import { type Container, containerQuery } from "./data";
import { openScreen, textOf } from "./screen";
import { harmless, linesIn, mostPasted, type News, type Shell as Opened, openShell } from "./shellSocket";

/** A shell in a container, while it runs. One that was open stays to be read when its container has stopped. */
export default function Shell({ container }: { container: Container }) {
  const running = container.state === "running";
  const [begun, setBegun] = useState(running);
  if (running && !begun) setBegun(true);
  if (!begun)
    return (
      <EmptyState
        icon={SquareTerminal}
        title={t("containers.shell.stopped", { name: container.name })}
        text={t("containers.shell.stoppedText")}
      />
    );
  return <Session id={container.id} name={container.name} />;
}

type Phase = "connecting" | "open" | { over: string; bad: boolean };

/** Why a shell is over, in words. */
function over(news: News): Phase {
  switch (news.type) {
    case "open":
      return "open";
    case "ended": {
      const code = news.code ?? undefined;
      if (code === undefined) return { over: t("containers.shell.endedUnknown"), bad: false };
      return { over: t("containers.shell.ended", { code }), bad: code !== 0 };
    }
    case "refused":
      return { over: errorText(new ApiError(409, news)), bad: true };
    case "signed_out":
      return { over: t("containers.shell.signedOut"), bad: true };
    case "stopping":
      return { over: t("containers.shell.stopping"), bad: true };
  }
}

const bytesOf = new TextEncoder();

/** Reports of a mouse may be bytes that are no text. */
const binary = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff);

function Session({ id, name }: { id: string; name: string }) {
  const hint = useId();
  const host = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const screen = useRef<Terminal>(null);
  const [phase, setPhase] = useState<Phase>("connecting");
  const [turn, setTurn] = useState(0);
  const [reader, setReader] = useState(() => load("shell-reader", false));
  const begins = useRef(reader);
  const confirm = useConfirm();
  const asks = useRef(confirm);
  asks.current = confirm;
  const { phone } = useWindow();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn means another shell
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let left = false;
    let shell: Opened | undefined;
    const { terminal, dispose } = openScreen(element, {
      texts: { input: t("containers.shell.input"), tooMuch: t("containers.shell.tooMuch") },
      hint,
      reader: begins.current,
      onLeave: () => bar.current?.querySelector<HTMLElement>("button, input")?.focus(),
    });
    screen.current = terminal;
    setPhase("connecting");
    terminal.onData((text) => shell?.type(bytesOf.encode(text)));
    terminal.onBinary((text) => shell?.type(binary(text)));
    terminal.onResize(({ cols, rows }) => shell?.size(cols, rows));

    // It may take a while until it is open, and what somebody types elsewhere by then is not for a shell.
    const focus = () => {
      const active = document.activeElement;
      const here = element.closest("[data-region]") ?? document.body;
      if (!active || active === document.body || here.contains(active)) terminal.focus();
    };
    const ends = (next: Phase) => {
      terminal.options.disableStdin = true;
      setPhase(next);
    };
    const begin = () => {
      let heard: Phase = "connecting";
      shell = openShell(id, terminal.cols, terminal.rows, {
        bytes: (bytes) => terminal.write(bytes, () => shell?.shown(bytes.length)),
        news(news) {
          heard = over(news);
          if (heard === "open") {
            // The window may have got another size since.
            shell?.size(terminal.cols, terminal.rows);
            setPhase(heard);
            focus();
          } else ends(heard);
        },
        gone() {
          if (typeof heard === "string") ends({ over: t("containers.shell.lost"), bad: true });
        },
      });
    };
    // A WebSocket renews no sign-in and tells no page why it was refused; an ordinary request does both.
    queries.fetchQuery({ ...containerQuery(id), staleTime: 0 }).then(
      () => left || begin(),
      (error: unknown) => left || ends({ over: errorText(error), bad: true }),
    );

    const pasted = (event: ClipboardEvent) => {
      event.preventDefault();
      event.stopPropagation();
      const text = harmless(event.clipboardData?.getData("text/plain") ?? "");
      if (text.length > mostPasted) {
        reportProblem(t("containers.shell.paste.tooLong"));
        return;
      }
      // A shell that knows what is pasted from what is typed runs nothing of it by itself.
      if (linesIn(text) < 2 || terminal.modes.bracketedPasteMode) {
        terminal.paste(text);
        return;
      }
      const question = {
        title: t("containers.shell.paste.title", { count: linesIn(text) }),
        text: t("containers.shell.paste.text"),
        action: t("containers.shell.paste.action"),
      };
      void asks.current(question).then((yes) => {
        if (left) return;
        if (yes) terminal.paste(text);
        focus();
      });
    };
    element.addEventListener("paste", pasted, { capture: true });
    return () => {
      left = true;
      element.removeEventListener("paste", pasted, { capture: true });
      shell?.close();
      dispose();
      screen.current = null;
    };
  }, [id, turn]);

  const read = (on: boolean) => {
    begins.current = on;
    setReader(on);
    save("shell-reader", on);
    if (screen.current) screen.current.options.screenReaderMode = on;
  };
  const copied = () => {
    const terminal = screen.current;
    return terminal ? terminal.getSelection() || textOf(terminal) : "";
  };
  return (
    <section className="flex h-full min-h-0 flex-col" aria-label={t("containers.shell.of", { name })}>
      <div
        ref={bar}
        className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-3 py-1 touch:min-h-14"
      >
        <p id={hint} className={phone ? "sr-only" : "min-w-0 flex-1 text-sm text-muted"}>
          {t("containers.shell.leave")}
        </p>
        <Switch label={t("containers.shell.reader")} checked={reader} onChange={read} />
        <CopyButton text={copied} />
      </div>
      <div className="relative min-h-0 flex-1 bg-sunken p-2">
        <div ref={host} className="h-full overflow-hidden" />
        {phase === "connecting" && (
          <p role="status" className="absolute start-3 top-3 text-sm text-muted">
            {t("containers.shell.connecting")}
          </p>
        )}
      </div>
      {phone && phase === "open" && <TouchKeys screen={screen} />}
      {typeof phase === "object" && (
        <div className="flex shrink-0 flex-wrap items-center gap-3 border-t border-line px-4 py-2 text-sm">
          {phase.bad ? (
            <Callout tone="warn" role="alert">
              {phase.over}
            </Callout>
          ) : (
            <span role="status" className="text-muted">
              {phase.over}
            </span>
          )}
          <Button write size="sm" className="ms-auto" onClick={() => setTurn((last) => last + 1)}>
            {t("containers.shell.again")}
          </Button>
        </div>
      )}
    </section>
  );
}

/** What a keyboard on glass does not have. */
const TOUCH_KEYS = [
  { name: "esc", sends: "\x1b" },
  { name: "tab", sends: "\t" },
  { name: "interrupt", sends: "\x03" },
  { name: "up", arrow: "A" },
  { name: "down", arrow: "B" },
  { name: "left", arrow: "D" },
  { name: "right", arrow: "C" },
] as const;

function TouchKeys({ screen }: { screen: RefObject<Terminal | null> }) {
  const press = (key: (typeof TOUCH_KEYS)[number]) => {
    const terminal = screen.current;
    if (!terminal) return;
    const arrows = terminal.modes.applicationCursorKeysMode ? "\x1bO" : "\x1b[";
    terminal.input("arrow" in key ? arrows + key.arrow : key.sends);
  };
  return (
    <div
      role="toolbar"
      aria-label={t("containers.shell.keys")}
      className="flex shrink-0 gap-1 overflow-x-auto border-t border-line px-2 py-1"
    >
      {TOUCH_KEYS.map((key) => (
        <Button
          key={key.name}
          variant="quiet"
          className="min-w-11 px-1"
          // The keyboard stays where it is.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => press(key)}
        >
          {t(`containers.shell.key.${key.name}`)}
        </Button>
      ))}
    </div>
  );
}
