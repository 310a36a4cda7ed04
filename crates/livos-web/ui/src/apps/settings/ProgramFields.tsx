import { Plus } from "lucide-react";
import { t } from "@/lib/i18n";
import { Button, Checkbox, PasswordField, TextField } from "@/ui";
import { wordsOf } from "./command";

export interface Variable {
  id: number;
  name: string;
  value: string;
}

export interface Program {
  command: string;
  network: boolean;
  variables: Variable[];
}

interface Props {
  program: Program;
  onChange: (program: Program) => void;
  /** The names of the variables that stay when none is entered. */
  kept: string[];
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What is sent of them, or nothing while they make no sense. */
export function variablesOf(variables: Variable[]): Record<string, string> | undefined {
  const used = variables.filter((one) => one.name.trim() !== "" || one.value !== "");
  const names = used.map((one) => one.name.trim());
  if (new Set(names).size < names.length || !names.every((name) => VARIABLE.test(name))) return undefined;
  return Object.fromEntries(used.map((one) => [one.name.trim(), one.value]));
}

/** Each word of a command in a box of its own: what is agreed to is exactly what runs. */
export function Words({ words }: { words: string[] }) {
  return (
    <span className="flex flex-wrap gap-1 pt-1" dir="ltr">
      {words.map((word, index) => (
        <code
          key={index}
          className="rounded border border-line px-1 font-mono text-xs break-all whitespace-pre-wrap text-fg"
        >
          {word || "\u00a0"}
        </code>
      ))}
    </span>
  );
}

/** A program that runs on this server, and what it has. */
export function ProgramFields({ program, onChange, kept }: Props) {
  const change = (part: Partial<Program>) => onChange({ ...program, ...part });
  const words = wordsOf(program.command);
  const vary = (id: number, part: Partial<Variable>) =>
    change({ variables: program.variables.map((one) => (one.id === id ? { ...one, ...part } : one)) });
  const next = Math.max(0, ...program.variables.map((one) => one.id)) + 1;
  return (
    <>
      <TextField
        label={t("settings.servers.command")}
        hint={t("settings.servers.commandHint")}
        error={words === undefined ? t("settings.servers.commandWrong") : undefined}
        value={program.command}
        onChange={(command) => change({ command })}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={4_000}
        dir="ltr"
      />
      {words && words.length > 0 && (
        <div className="text-xs text-muted">
          {t("settings.servers.commandRuns")}
          <Words words={words} />
        </div>
      )}
      <Checkbox
        label={t("settings.servers.network")}
        hint={t("settings.servers.networkHint")}
        checked={program.network}
        onChange={(network) => change({ network })}
      />
      <div className="flex flex-col gap-2">
        {program.variables.map((one, index) => (
          <div key={one.id} className="flex flex-wrap items-end gap-2">
            <div className="min-w-32 flex-1">
              <TextField
                label={t("settings.servers.variable", { number: index + 1 })}
                error={
                  one.name !== "" && !VARIABLE.test(one.name.trim())
                    ? t("settings.servers.variableWrong")
                    : undefined
                }
                value={one.name}
                onChange={(name) => vary(one.id, { name })}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                maxLength={100}
              />
            </div>
            <div className="min-w-32 flex-1">
              <PasswordField
                label={t("settings.servers.variableValue", { number: index + 1 })}
                value={one.value}
                onChange={(value) => vary(one.id, { value })}
                autoComplete="off"
                maxLength={4_000}
              />
            </div>
            <Button
              size="sm"
              aria-label={t("settings.servers.variableRemove", { number: index + 1 })}
              onClick={() => change({ variables: program.variables.filter((other) => other.id !== one.id) })}
            >
              {t("settings.ai.remove")}
            </Button>
          </div>
        ))}
        <Button
          size="sm"
          icon={Plus}
          className="self-start"
          onClick={() => change({ variables: [...program.variables, { id: next, name: "", value: "" }] })}
        >
          {t("settings.servers.variableAdd")}
        </Button>
        <p className="text-xs text-muted">
          {kept.length > 0
            ? t("settings.servers.variablesKept", { names: kept.join(", ") })
            : t("settings.servers.variablesHint")}
        </p>
      </div>
      <p className="text-xs text-muted">{t("settings.servers.programText")}</p>
    </>
  );
}
