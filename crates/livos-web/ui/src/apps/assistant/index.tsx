import { useQuery } from "@tanstack/react-query";
import { MessagesSquare, PanelLeft, SquarePen } from "lucide-react";
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { errorText, isApiError, queries } from "@/lib/api";
import { asked } from "@/lib/ask";
import {
  assistantKeys,
  changeConversation,
  conversationsQuery,
  newConversation,
  statusQuery,
  stopAnswer,
  type Tier,
} from "@/lib/assistant";
import { useCommands } from "@/lib/commands";
import { useOnline } from "@/lib/connection";
import { t } from "@/lib/i18n";
import { reportProblem } from "@/lib/notify";
import { useStore } from "@/lib/store";
import { usePhoneHeader, useWindow, useWindowTitle } from "@/lib/window";
import { Button, EmptyState, IconButton, QueryView, Skeleton, StaleNote } from "@/ui";
import { type Attached, picturesIn } from "./attached";
import { Composer, type ComposerHandle } from "./Composer";
import type { CommandName, Level } from "./core/commands";
import { keepDraft, NEW } from "./core/drafts";
import { setVerbose } from "./core/verbose";
import { Empty, NotReady } from "./Empty";
import { List } from "./List";
import { Messages } from "./Messages";
import { Note } from "./Note";
import { SubagentBar } from "./Subagent";
import { send, sendings } from "./sending";
import { useConversation } from "./useConversation";

const LIST = "/list";
/** Two presses of Escape within this many milliseconds stop an answer. */
const TWICE = 1_500;

/** Conversations beside the one that is open; one after the other where there is no room for both. */
export default function Assistant() {
  const { path, phone, navigate } = useWindow();
  const place = path.split("?")[0] ?? "/";
  const listing = place === LIST;
  const id = listing || place === "/" ? undefined : decodeURIComponent(place.slice(1));
  const list = useQuery(conversationsQuery);
  const line = list.data?.find((one) => one.id === id);
  // Where one begins to write next, the focus goes; browsing through the list leaves it there.
  const toField = useRef(false);
  const open = (next: string) => navigate(`/${encodeURIComponent(next)}`);
  const openNew = () => {
    toField.current = !phone;
    navigate("/");
  };
  useWindowTitle(
    phone && listing
      ? t("assistant.conversations")
      : (line && (line.title || t("assistant.untitled"))) || t("shell.apps.assistant"),
  );
  usePhoneHeader([
    { label: t("assistant.new"), icon: SquarePen, disabled: place === "/", onSelect: openNew },
    ...(listing
      ? []
      : [{ label: t("assistant.conversations"), icon: MessagesSquare, onSelect: () => navigate(LIST) }]),
  ]);
  useCommands([
    { id: "assistant.new", title: t("assistant.new"), icon: SquarePen, keys: "Alt+Shift+N", run: openNew },
    {
      id: "assistant.list",
      title: t("assistant.conversations"),
      icon: MessagesSquare,
      run: () => navigate(LIST),
    },
  ]);

  const shown = (page: boolean) => (
    <List query={list} current={id} onOpen={open} onNew={openNew} page={page} />
  );
  return (
    <div className="flex h-full min-h-0">
      {!phone && (
        <div className="hidden w-60 flex-none border-e border-line bg-sunken @2xl:block">{shown(false)}</div>
      )}
      {listing && <div className={phone ? "h-full w-full" : "h-full w-full @2xl:hidden"}>{shown(phone)}</div>}
      {!(phone && listing) && (
        <div
          className={listing ? "hidden min-w-0 flex-1 flex-col @2xl:flex" : "flex min-w-0 flex-1 flex-col"}
        >
          {!phone && (
            <div className="flex min-h-11 flex-none items-center gap-1 border-b border-line px-2 @2xl:hidden">
              <IconButton
                label={t("assistant.conversations")}
                icon={PanelLeft}
                onClick={() => navigate(LIST)}
              />
              <span className="flex-1" />
              <IconButton
                label={t("assistant.new")}
                icon={SquarePen}
                disabled={place === "/"}
                onClick={openNew}
              />
            </div>
          )}
          <Room key={id ?? NEW} id={id} title={line?.title} toField={toField} />
        </div>
      )}
    </div>
  );
}

interface RoomProps {
  id: string | undefined;
  title: string | undefined;
  /** The next field that appears takes the focus. */
  toField: RefObject<boolean>;
}

/** One conversation, or the place where one begins. */
function Room({ id, title, toField }: RoomProps) {
  const { navigate, phone } = useWindow();
  const online = useOnline();
  const status = useQuery(statusQuery);
  const query = useConversation(id);
  const conversation = query.data;
  const mine = useStore(sendings);
  const composer = useRef<ComposerHandle>(null);
  const [note, setNote] = useState<CommandName | null>(null);
  const [stopping, setStopping] = useState(false);
  const [dropping, setDropping] = useState(false);
  const running = conversation?.running === true;
  // Also when it is deleted elsewhere while it is shown here.
  const gone = isApiError(query.error) && query.error.status === 404;
  const going = mine.filter((one) => one.conversation === id);
  useEffect(() => {
    if (!running) setStopping(false);
  }, [running]);

  const deliver = useCallback(
    async (text: string, pictures: Attached[] = []): Promise<boolean> => {
      setNote(null);
      if (id) {
        void send(id, text, pictures);
        return true;
      }
      try {
        const made = await newConversation();
        void send(made.id, text, pictures);
        void queries.invalidateQueries({ queryKey: conversationsQuery.queryKey });
        toField.current = !phone;
        navigate(`/${encodeURIComponent(made.id)}`, { replace: true });
        return true;
      } catch (error) {
        reportProblem(errorText(error));
        return false;
      }
    },
    [id, navigate, phone, toField],
  );

  // A question from the search: it begins a conversation of its own.
  const question = useStore(asked);
  const ready = status.data?.state === "ready";
  useEffect(() => {
    if (id !== undefined || question === null || !status.data) return;
    asked.set(null);
    if (ready) void deliver(question).then((taken) => taken || composer.current?.insert(question));
    // It waits in the field until there is a model.
    else keepDraft(NEW, question);
  }, [id, question, ready, status.data, deliver]);

  const stop = async () => {
    if (!id || !running) return;
    setStopping(true);
    try {
      await stopAnswer(id);
    } catch (error) {
      setStopping(false);
      reportProblem(errorText(error));
    }
  };
  const { armed, pressEscape } = useTwice(running, () => void stop());
  useCommands([
    { id: "assistant.stop", title: t("assistant.stop"), disabled: !running, run: () => void stop() },
  ]);
  const run = (name: CommandName) => {
    if (name === "reset") navigate("/");
    setNote(name === "reset" ? null : name);
  };

  const choose = async (name: CommandName, change: Parameters<typeof changeConversation>[1]) => {
    try {
      const to = id ?? (await newConversation()).id;
      await changeConversation(to, change);
      await queries.invalidateQueries({ queryKey: assistantKeys.conversation(to) });
      setNote(name);
      if (!id) navigate(`/${encodeURIComponent(to)}`, { replace: true });
    } catch (error) {
      reportProblem(errorText(error));
    }
  };

  const chooseModel = (tier: Tier) => choose("model", { tier });
  const chooseLevel = (level: Level) => choose("think", { thinking: level === "off" ? "" : level });
  const showWork = (on: boolean) => {
    setVerbose(on);
    setNote("verbose");
  };

  const notes = note && (
    <Note
      command={note}
      status={status.data}
      conversation={conversation}
      onTier={(tier) => void chooseModel(tier)}
      onLevel={(level) => void chooseLevel(level)}
      onVerbose={showWork}
      onClose={() => setNote(null)}
    />
  );
  const notReady = status.data && status.data.state !== "ready" ? status.data : undefined;
  const blocked = notReady
    ? t(notReady.state === "unavailable" ? "assistant.unavailable" : "assistant.connect")
    : undefined;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape belongs to whatever has the focus in here.
    <div
      className="flex min-h-0 flex-1 flex-col data-drop:bg-accent-soft"
      data-drop={dropping || undefined}
      onKeyDown={pressEscape}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files") || !composer.current) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
        setDropping(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDropping(false);
      }}
      onDrop={(event) => {
        setDropping(false);
        const files = picturesIn(event.dataTransfer.files);
        if (files.length === 0) return;
        event.preventDefault();
        composer.current?.show(files);
      }}
    >
      <SubagentBar name={conversation?.subagent} />
      <h3 className="sr-only">{title || t("assistant.new")}</h3>
      {id === undefined ? (
        <QueryView query={status} failed={t("assistant.failed")} skeleton={<RoomSkeleton />}>
          {(now) =>
            now.state === "ready" ? (
              <>
                <Empty onAsk={(text) => void deliver(text)} />
                {notes && <div className="mx-auto w-full max-w-180 px-4 pb-3">{notes}</div>}
              </>
            ) : (
              <div className="m-auto">
                <NotReady status={now} onRetry={() => void status.refetch()} />
              </div>
            )
          }
        </QueryView>
      ) : gone ? (
        <Gone onNew={() => navigate("/")} />
      ) : (
        <QueryView query={query} failed={t("assistant.conversation.failed")} skeleton={<RoomSkeleton />}>
          {(found) => (
            <Messages
              conversation={found}
              sendings={going}
              notes={notes}
              onSend={(text, pictures) => void deliver(text, pictures)}
              onEdit={(text, pictures) => composer.current?.insert(text, pictures)}
            />
          )}
        </QueryView>
      )}
      {!online && conversation && (
        <div className="mx-auto w-full max-w-180 px-5">
          <StaleNote at={query.dataUpdatedAt} />
        </div>
      )}
      {(id !== undefined || status.data?.state === "ready") &&
        !gone &&
        !(id && !conversation && query.isError) && (
          <Composer
            draft={id ?? NEW}
            handle={composer}
            toField={toField}
            status={status.data}
            tier={conversation?.tier ?? "usual"}
            running={running}
            stopping={stopping}
            armed={armed}
            blocked={blocked}
            lastQuestion={conversation?.items.findLast((item) => item.kind === "person")?.text ?? ""}
            onSend={deliver}
            onCommand={run}
            onTier={(tier) => void chooseModel(tier)}
            onLevel={(level) => void chooseLevel(level)}
            onVerbose={showWork}
            onStop={() => void stop()}
          />
        )}
    </div>
  );
}

/** Escape stops an answer only when it is pressed twice, because it closes so much else. */
function useTwice(active: boolean, act: () => void) {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    if (!armed) return;
    const timer = setTimeout(() => setArmed(false), TWICE);
    return () => clearTimeout(timer);
  }, [armed]);
  const pressEscape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented || !active) return;
    event.preventDefault();
    setArmed(!armed);
    if (armed) act();
  };
  return { armed: armed && active, pressEscape };
}

function Gone({ onNew }: { onNew: () => void }) {
  return (
    <div className="m-auto">
      <EmptyState
        title={t("assistant.gone")}
        text={t("assistant.gone.text")}
        action={<Button onClick={onNew}>{t("assistant.new")}</Button>}
      />
    </div>
  );
}

function RoomSkeleton() {
  return (
    <div className="mx-auto flex w-full max-w-180 flex-1 flex-col gap-4 p-5">
      <Skeleton className="h-9 w-2/5 self-end" />
      <Skeleton className="h-4 w-4/5" />
      <Skeleton className="h-4 w-3/5" />
      <Skeleton className="h-4 w-2/3" />
    </div>
  );
}
