import { ArrowUp, ChevronDown, ImagePlus, Square } from "lucide-react";
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { isAdmin } from "@/lib/api";
import type { AssistantStatus, Tier } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { useWindow } from "@/lib/window";
import { cx, IconButton, useMenuTrigger } from "@/ui";
import { type Attached, attach, KINDS, MOST_PICTURES } from "./attached";
import {
  answering,
  type CommandName,
  commandIn,
  commandsLike,
  type Level,
  levelIn,
  tierIn,
  verboseIn,
} from "./core/commands";
import { draftOf, keepDraft } from "./core/drafts";
import { modelItems } from "./models";
import { Attachments } from "./Pictures";
import { useAttached } from "./useAttached";

const MOST_LINES = 8;
/** What the server takes; the person is told before it is sent. */
const LONGEST = 32 * 1024;
const encoder = new TextEncoder();

export interface ComposerHandle {
  focus: () => void;
  /** Puts a text in to be changed, before what is there already. */
  insert: (text: string, pictures?: Attached[]) => void;
  /** Takes pictures in to be sent. */
  show: (files: File[]) => void;
}

interface Props {
  /** The conversation, or "new"; each has its own draft. */
  draft: string;
  handle: RefObject<ComposerHandle | null>;
  toField: RefObject<boolean>;
  status: AssistantStatus | undefined;
  /** Which model this conversation asks for. */
  tier: Tier;
  running: boolean;
  stopping: boolean;
  /** Pressing Escape once more stops the answer. */
  armed: boolean;
  blocked: string | undefined;
  lastQuestion: string;
  /** Resolves to whether the text was taken; if not, it stays. */
  onSend: (text: string, pictures: Attached[]) => Promise<boolean>;
  onCommand: (name: CommandName) => void;
  onTier: (tier: Tier) => void;
  onLevel: (level: Level) => void;
  onVerbose: (on: boolean) => void;
  onStop: () => void;
}

export function Composer(props: Props) {
  const { draft, handle, toField, status, running, stopping, armed, blocked, lastQuestion } = props;
  const { phone } = useWindow();
  const [text, setText] = useState(() => draftOf(draft));
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState(0);
  const [closed, setClosed] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const { pictures, preparing, problem, add, paste, remove } = useAttached(draft);
  const empty = text.trim() === "" && pictures.length === 0;
  const id = useId();
  const commands = closed === text ? [] : commandsLike(text);
  const active = Math.min(chosen, Math.max(0, commands.length - 1));
  const tooLong = text.length > LONGEST / 4 && encoder.encode(text).length > LONGEST;

  useEffect(() => keepDraft(draft, text), [draft, text]);
  useEffect(() => {
    if (!toField.current) return;
    toField.current = false;
    area.current?.focus();
  }, [toField]);
  useGrowing(area, text);
  useImperativeHandle(handle, () => ({
    focus: () => area.current?.focus(),
    insert: (before, shown = []) => {
      setText((now) => (now.trim() ? `${before}\n${now}` : before));
      attach(draft, (now) => [...shown, ...now].slice(0, MOST_PICTURES));
      area.current?.focus();
    },
    show: (files) => {
      void add(files);
      area.current?.focus();
    },
  }));

  const submit = async () => {
    const message = text.trim();
    if (empty || busy || preparing || tooLong) return;
    const command = commandIn(message);
    if (command) {
      setText("");
      props.onCommand(command);
      return;
    }
    const tier = tierIn(message);
    if (tier) {
      setText("");
      props.onTier(tier);
      return;
    }
    const level = levelIn(message);
    if (level) {
      setText("");
      props.onLevel(level);
      return;
    }
    const full = verboseIn(message);
    if (full !== undefined) {
      setText("");
      props.onVerbose(full);
      return;
    }
    if (blocked !== undefined) return;
    setBusy(true);
    setText("");
    attach(draft, () => []);
    const taken = await props.onSend(message, pictures);
    setBusy(false);
    // What was written meanwhile is kept, too.
    if (taken) return;
    setText((now) => (now.trim() ? `${message}\n${now}` : message));
    attach(draft, (now) => [...pictures, ...now].slice(0, MOST_PICTURES));
  };

  const choose = (name: CommandName | undefined) => {
    if (!name) return;
    setText("");
    props.onCommand(name);
    area.current?.focus();
  };

  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (commands.length > 0) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        return setChosen((active + step + commands.length) % commands.length);
      }
      if (event.key === "Enter" || event.key === "Tab") {
        event.preventDefault();
        return choose(commands[active]);
      }
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        return setClosed(text);
      }
    }
    // On a phone's keyboard Enter is the only way to a new line; Send is beside it.
    if (event.key === "Enter" && !event.shiftKey && !phone) {
      event.preventDefault();
      void submit();
    } else if (event.key === "ArrowUp" && text === "" && lastQuestion) {
      event.preventDefault();
      setText(lastQuestion);
    }
  };

  return (
    <div className="flex-none px-4 pb-3 @max-md:px-3">
      <div className="relative mx-auto max-w-180">
        {commands.length > 0 && (
          <div
            id={`${id}-commands`}
            role="listbox"
            aria-label={t("assistant.commands")}
            className="popup absolute inset-x-0 bottom-full z-10 mb-1 overflow-y-auto p-1.5"
          >
            {commands.map((name, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys for the whole list.
              <div
                key={name}
                id={`${id}-${name}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === active}
                onPointerMove={() => setChosen(index)}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => choose(name)}
                className="flex min-h-8 touch:min-h-11 items-center gap-3 rounded-control px-2.5 text-sm aria-selected:bg-accent-soft aria-selected:text-accent-text"
              >
                <span className="w-16 shrink-0 font-medium">/{name}</span>
                <span className="min-w-0 truncate text-muted">{t(`assistant.command.${name}`)}</span>
              </div>
            ))}
          </div>
        )}
        <div
          className={cx(
            "composer card flex flex-col rounded-window border border-line-strong bg-surface focus-within:border-accent",
            tooLong && "border-danger",
          )}
        >
          <Attachments
            pictures={pictures}
            onRemove={(one) => {
              remove(one);
              area.current?.focus();
            }}
          />
          <textarea
            ref={area}
            data-autofocus
            data-focus="quiet"
            rows={1}
            dir="auto"
            value={text}
            aria-label={t("assistant.field")}
            placeholder={t("assistant.field.hint")}
            aria-autocomplete="list"
            aria-controls={commands.length > 0 ? `${id}-commands` : undefined}
            aria-activedescendant={commands.length > 0 ? `${id}-${commands[active]}` : undefined}
            aria-describedby={`${id}-hint`}
            aria-invalid={tooLong || undefined}
            enterKeyHint={phone ? "enter" : "send"}
            onChange={(event) => {
              setText(event.target.value);
              setChosen(0);
            }}
            onKeyDown={press}
            onPaste={paste}
            className="w-full resize-none bg-transparent px-3.5 pt-2.5 pb-1 text-base touch:text-lg"
          />
          <div className="flex min-h-10 items-center justify-between gap-2 ps-2 pe-1.5 pb-1.5">
            <div className="flex min-w-0 items-center gap-1">
              <IconButton
                label={t("assistant.picture.add")}
                icon={ImagePlus}
                write
                busy={preparing}
                disabled={pictures.length >= MOST_PICTURES}
                onClick={() => chooser.current?.click()}
              />
              <input
                ref={chooser}
                type="file"
                hidden
                multiple
                accept={KINDS}
                onChange={(event) => {
                  void add([...(event.target.files ?? [])]);
                  // The same file again is a change, too.
                  event.target.value = "";
                  area.current?.focus();
                }}
              />
              <Model status={status} tier={props.tier} />
            </div>
            <div className="flex items-center gap-1">
              {(!running || !empty) && (
                <IconButton
                  label={t("assistant.send")}
                  icon={ArrowUp}
                  write
                  busy={busy || preparing}
                  disabled={empty || tooLong || (blocked !== undefined && !commandIn(text.trim()))}
                  reason={blocked}
                  onClick={() => void submit()}
                  className={cx(
                    "rounded-full",
                    !empty && "bg-accent text-on-accent hover:bg-accent hover:brightness-110",
                  )}
                />
              )}
              {running && (
                <IconButton
                  label={t("assistant.stop")}
                  icon={Square}
                  write
                  busy={stopping}
                  onClick={props.onStop}
                  className="rounded-full border border-line-strong [&_svg]:size-3 [&_svg]:fill-current"
                />
              )}
            </div>
          </div>
        </div>
        <p
          id={`${id}-hint`}
          role="status"
          className={cx("px-1 pt-1 text-xs", tooLong || problem ? "text-danger" : "text-muted")}
        >
          {tooLong
            ? t("assistant.field.tooLong")
            : problem
              ? problem
              : armed
                ? t("assistant.stop.again")
                : (blocked ?? "")}
        </p>
      </div>
    </div>
  );
}

/** As high as its text, up to eight lines. */
function useGrowing(area: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides how high it is.
  useLayoutEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(box);
    const most =
      (Number.parseFloat(lineHeight) || 20) * MOST_LINES +
      Number.parseFloat(paddingTop) +
      Number.parseFloat(paddingBottom);
    box.style.height = `${Math.min(box.scrollHeight, most || box.scrollHeight)}px`;
    box.style.overflowY = box.scrollHeight > most ? "auto" : "hidden";
  }, [area, text]);
}

/** Which model answers. Who may change that does it here; for others it is a word. */
function Model({ status, tier }: { status: AssistantStatus | undefined; tier: Tier }) {
  const model = answering(status, tier);
  const trigger = useMenuTrigger(t("assistant.model"), modelItems, { side: "top" });
  if (!model) return <span />;
  const name = <bdi className="truncate">{model.model}</bdi>;
  if (!isAdmin()) return <span className="flex min-w-0 px-1.5 text-xs text-muted">{name}</span>;
  return (
    <button
      type="button"
      aria-label={t("assistant.model.choose", { name: model.model })}
      className="flex min-h-7 touch:min-h-11 min-w-0 items-center gap-1 rounded-control px-1.5 text-xs text-muted hover:bg-fg/7 hover:text-fg"
      {...trigger}
    >
      {name}
      <ChevronDown size={14} aria-hidden />
    </button>
  );
}
