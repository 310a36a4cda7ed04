import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import { announce } from "@/lib/notify";
import { refreshToolServers, saveToolServer, type ToolServer } from "@/lib/toolServers";
import { Button, Callout, Dialog, PasswordField, TextField } from "@/ui";
import { Tabs } from "@/ui/Tabs";
import { typed, wordsOf } from "./command";
import { ProgramFields, variablesOf } from "./ProgramFields";
import { useSave } from "./parts";
import { Registry } from "./Registry";

const NAME = /^[a-z0-9]+(_[a-z0-9]+)*$/;

/** What comes below what fits into the window, and is to be read next. Once, when it comes. */
function intoView(shown: HTMLElement | null) {
  shown?.scrollIntoView({ block: "nearest" });
}

interface Props {
  server: ToolServer | undefined;
  onSaved: (server: ToolServer) => void;
  onClose: () => void;
}

/** A server is asked which tools it has before it is saved, so what is saved answers. */
export function ToolServerDialog({ server, onSaved, onClose }: Props) {
  const [name, setName] = useState(server?.name ?? "");
  const [url, setUrl] = useState(server?.url ?? "");
  const usual = server?.headers.find((one) => one !== "authorization") ?? "";
  const [header, setHeader] = useState(usual);
  const [key, setKey] = useState("");
  const [kind, setKind] = useState<"address" | "program">(server?.program ? "program" : "address");
  const [program, setProgram] = useState({
    command: typed(server?.program?.command ?? []),
    network: server?.program?.network ?? false,
    variables: [] as { id: number; name: string; value: string }[],
  });
  const words = wordsOf(program.command) ?? [];
  const variables = variablesOf(program.variables);
  const same =
    server?.program !== undefined &&
    server.program !== null &&
    typed(server.program.command) === typed(words) &&
    server.program.network === program.network;
  const { busy, error, save } = useSave();
  const kept = server !== undefined && server.headers.length > 0 && server.url === url.trim();
  const named = NAME.test(name) && name.length <= 20;
  const reachable = url.trim() !== "" && (key.trim() !== "" || header.trim() === usual);
  const runnable = words.length > 0 && variables !== undefined;
  const ready = named && (kind === "address" ? reachable : runnable);
  const secret = () => {
    if (!key.trim()) return {};
    return header.trim() ? { headers: { [header.trim()]: key.trim() } } : { key: key.trim() };
  };
  const body = () => {
    if (kind === "address") return { url: url.trim(), ...secret() };
    const given = variables && Object.keys(variables).length > 0 ? { variables } : {};
    return { program: { command: words, network: program.network }, ...given };
  };
  const submit = async () => {
    if (!ready || busy) return;
    let saved: ToolServer | undefined;
    const done = await save(async () => {
      saved = await saveToolServer(name, body());
    });
    if (!done || !saved) return;
    await refreshToolServers();
    announce(t("settings.servers.answers", { name }));
    onClose();
    onSaved(saved);
  };
  return (
    <Dialog
      title={server ? t("settings.servers.change", { name: server.name }) : t("settings.servers.add")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!ready}>
            {t("settings.ai.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {!server && (
          <Registry
            onTake={(found) => {
              setName(found.name);
              if (found.command.length > 0) {
                const variables = found.headers.map((name, id) => ({ id, name, value: "" }));
                // It is fetched when it runs, which takes the network.
                setProgram({ command: typed(found.command), network: true, variables });
                setKind("program");
                return;
              }
              setUrl(found.url);
              setHeader(found.header);
              setKind("address");
            }}
          />
        )}
        {!server && (
          <TextField
            label={t("settings.servers.name")}
            hint={t("settings.servers.nameHint")}
            error={name !== "" && !named ? t("settings.servers.nameWrong") : undefined}
            value={name}
            onChange={setName}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={20}
          />
        )}
        <Tabs
          label={t("settings.servers.kind")}
          value={kind}
          onChange={setKind}
          tabs={[
            { value: "address", label: t("settings.servers.kindAddress") },
            { value: "program", label: t("settings.servers.kindProgram") },
          ]}
        >
          {kind === "address" ? (
            <>
              <TextField
                label={t("settings.ai.address")}
                hint={t("settings.servers.addressHint")}
                type="url"
                inputMode="url"
                value={url}
                onChange={setUrl}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                maxLength={500}
              />
              <PasswordField
                label={t("settings.ai.key")}
                hint={t(kept ? "settings.ai.keyKept" : "settings.servers.keyHint")}
                placeholder={kept ? "••••••••••••" : ""}
                value={key}
                onChange={setKey}
                autoComplete="off"
                maxLength={4_000}
              />
              <TextField
                label={t("settings.servers.header")}
                hint={t("settings.servers.headerHint")}
                value={header}
                onChange={setHeader}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                maxLength={100}
              />
            </>
          ) : (
            <ProgramFields
              program={program}
              onChange={setProgram}
              kept={same && server ? server.headers : []}
            />
          )}
        </Tabs>
        {busy && (
          <p role="status" className="text-xs text-muted">
            {t(kind === "program" ? "settings.servers.starting" : "settings.servers.asking")}
          </p>
        )}
        {error && (
          <div ref={intoView}>
            <Callout tone="danger" icon={CircleAlert} role="alert">
              {error}
            </Callout>
          </div>
        )}
      </div>
    </Dialog>
  );
}
