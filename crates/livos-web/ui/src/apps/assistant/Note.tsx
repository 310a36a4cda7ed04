import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { AssistantStatus, Conversation, Tier } from "@/lib/assistant";
import { number } from "@/lib/format";
import { type TextKey, t } from "@/lib/i18n";
import { dollars } from "@/lib/money";
import { useStore } from "@/lib/store";
import { Button, IconButton } from "@/ui";
import { answering, COMMANDS, type CommandName, LEVELS, type Level, TIERS } from "./core/commands";
import { usageOf } from "./core/rows";
import { verbose } from "./core/verbose";

const STATES: Record<string, TextKey> = {
  ready: "assistant.status.ready",
  no_provider: "assistant.status.no_provider",
};

const TIER_WORDS: Record<Tier, TextKey> = {
  fast: "assistant.model.fast",
  usual: "assistant.model.usual",
  best: "assistant.model.best",
};

interface Props {
  command: CommandName;
  status: AssistantStatus | undefined;
  conversation: Conversation | undefined;
  onTier: (tier: Tier) => void;
  onLevel: (level: Level) => void;
  onVerbose: (on: boolean) => void;
  onClose: () => void;
}

/** The answer to a command. It comes from the window and not from a model, and is gone with it. */
export function Note(props: Props) {
  const { command, status, conversation, onTier, onLevel, onVerbose, onClose } = props;
  return (
    <section
      aria-label={`/${command}`}
      className="flex items-start gap-2 rounded-card border border-line bg-sunken py-2 ps-4 pe-2 text-sm"
    >
      <div role="status" className="min-w-0 flex-1 py-1">
        {command === "think" ? (
          <Think level={levelOf(conversation)} onLevel={onLevel} />
        ) : command === "verbose" ? (
          <Verbose onVerbose={onVerbose} />
        ) : (
          bodyOf(command, status, conversation, onTier)
        )}
      </div>
      <IconButton size="sm" label={t("shell.action.close")} icon={X} onClick={onClose} />
    </section>
  );
}

function levelOf(conversation: Conversation | undefined): Level {
  return LEVELS.find((level) => level === conversation?.thinking) ?? "off";
}

function Think({ level, onLevel }: { level: Level; onLevel: (level: Level) => void }) {
  return (
    <div className="flex flex-col gap-2">
      <Choice
        label={t("assistant.think.here")}
        chosen={level}
        options={LEVELS.map((one) => [one, t(`assistant.think.${one}`)])}
        onChoose={onLevel}
      />
      <p className="text-xs text-muted">{t("assistant.think.note")}</p>
    </div>
  );
}

function Verbose({ onVerbose }: { onVerbose: (on: boolean) => void }) {
  const on = useStore(verbose);
  return (
    <Choice
      label={t("assistant.verbose.here")}
      chosen={on ? "full" : "off"}
      options={[
        ["off", t("assistant.verbose.off")],
        ["full", t("assistant.verbose.full")],
      ]}
      onChoose={(one) => onVerbose(one === "full")}
    />
  );
}

interface ChoiceProps<Name extends string> {
  label: string;
  chosen: Name;
  options: [Name, string][];
  onChoose: (name: Name) => void;
}

function Choice<Name extends string>({ label, chosen, options, onChoose }: ChoiceProps<Name>) {
  return (
    <fieldset aria-label={label} className="flex flex-wrap gap-2">
      {options.map(([one, words]) => (
        <Button
          key={one}
          size="sm"
          write
          aria-pressed={one === chosen}
          variant={one === chosen ? "primary" : "secondary"}
          onClick={() => onChoose(one)}
        >
          {words}
        </Button>
      ))}
    </fieldset>
  );
}

function bodyOf(
  command: CommandName,
  status: AssistantStatus | undefined,
  conversation: Conversation | undefined,
  onTier: (tier: Tier) => void,
): ReactNode {
  if (command === "help")
    return (
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {COMMANDS.map((name) => (
          <Pair key={name} term={`/${name}`}>
            {t(`assistant.command.${name}`)}
          </Pair>
        ))}
        <Pair term={t("assistant.help.enter")}>{t("assistant.help.enter.text")}</Pair>
        <Pair term={t("assistant.help.up")}>{t("assistant.help.up.text")}</Pair>
        <Pair term={t("assistant.help.esc")}>{t("assistant.help.esc.text")}</Pair>
      </dl>
    );
  if (command === "stats") {
    const { answers, tools, input, output, cost, unpriced } = usageOf(conversation?.items ?? []);
    return (
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <Pair term={t("assistant.stats.answers")}>{number(answers)}</Pair>
        <Pair term={t("assistant.stats.tools")}>{number(tools)}</Pair>
        <Pair term={t("assistant.stats.input")}>{t("assistant.stats.tokens", { count: input })}</Pair>
        <Pair term={t("assistant.stats.output")}>{t("assistant.stats.tokens", { count: output })}</Pair>
        <Pair term={t("assistant.stats.cost")}>
          {unpriced === 0
            ? dollars(cost)
            : t("assistant.stats.partly", { cost: dollars(cost), count: unpriced })}
        </Pair>
      </dl>
    );
  }
  const tier = conversation?.tier ?? "usual";
  const model = answering(status, tier);
  if (command === "model")
    return model ? (
      <div className="flex flex-col gap-2">
        <p>
          {t("assistant.model.now")} <bdi className="font-medium">{model.model}</bdi> ·{" "}
          <bdi>{model.provider}</bdi>
        </p>
        {status?.tiers && status.tiers.length > 0 && (
          <Choice
            label={t("assistant.model.here")}
            chosen={tier}
            options={TIERS.map((one) => [one, t(TIER_WORDS[one])])}
            onChoose={onTier}
          />
        )}
      </div>
    ) : (
      <p>{t("assistant.model.none")}</p>
    );
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
      <Pair term={t("assistant.status.assistant")}>
        {t(STATES[status?.state ?? ""] ?? "assistant.status.unavailable")}
      </Pair>
      {model && <Pair term={t("assistant.model")}>{model.model}</Pair>}
      {conversation && (
        <Pair term={t("assistant.status.conversation")}>
          {t(conversation.running ? "assistant.status.running" : "assistant.status.idle")}
        </Pair>
      )}
    </dl>
  );
}

function Pair({ term, children }: { term: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{term}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
