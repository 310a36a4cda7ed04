import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { errorText, sentence } from "@/lib/api";
import { t } from "@/lib/i18n";
import { type Registry as Reply, searchRegistry } from "@/lib/toolServers";
import { Button, TextField } from "@/ui";
import { typed } from "./command";

/** What was chosen: at an address, with the header that it wants if that is not the usual, or a program. */
export interface Taken {
  name: string;
  url: string;
  header: string;
  command: string[];
  headers: string[];
}

interface Props {
  onTake: (found: Taken) => void;
}

/** Looking for a server in the public registry. Whoever is found is asked nothing before somebody adds them. */
export function Registry({ onTake }: Props) {
  const [words, setWords] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [reply, setReply] = useState<Reply>();
  const [open, setOpen] = useState(false);
  const look = async () => {
    if (busy || !words.trim()) return;
    setBusy(true);
    setError("");
    try {
      setReply(await searchRegistry(words.trim()));
    } catch (cause) {
      setError(errorText(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <details className="text-sm" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="min-h-6 touch:min-h-11">{t("settings.servers.registry")}</summary>
      <div className="flex flex-col gap-2 pt-2">
        <TextField
          label={t("settings.servers.registryWords")}
          hint={t("settings.servers.registryHint")}
          value={words}
          onChange={setWords}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            // The dialog's own button would save.
            event.preventDefault();
            void look();
          }}
          autoComplete="off"
          maxLength={100}
        />
        <Button
          size="sm"
          className="self-start"
          busy={busy}
          disabled={!words.trim()}
          onClick={() => void look()}
        >
          {t("settings.servers.registrySearch")}
        </Button>
        {error && (
          <p role="alert" className="flex items-start gap-1.5 text-danger">
            <CircleAlert size={14} aria-hidden className="mt-0.5" />
            <span dir="auto">{sentence(error)}</span>
          </p>
        )}
        {reply && (
          <div role="status" className="flex flex-col gap-2">
            {reply.found.length === 0 && <p className="text-muted">{t("settings.servers.registryNone")}</p>}
            {reply.found.map((one) => (
              <div
                key={`${one.name} ${one.url} ${one.command.join(" ")}`}
                className="flex flex-wrap items-center justify-between gap-2"
              >
                <div className="min-w-40 flex-1 text-xs break-words">
                  <bdi className="font-medium">{one.name}</bdi>
                  <span dir="auto" className="block text-muted">
                    {one.description}
                  </span>
                  <bdi className="block text-muted">{one.url || typed(one.command)}</bdi>
                </div>
                <Button
                  size="sm"
                  aria-label={t("settings.servers.registryTakeOne", { name: one.name })}
                  onClick={() => {
                    onTake({ ...one, name: nameOf(one.name), header: headerOf(one.headers) });
                    setOpen(false);
                  }}
                >
                  {t("settings.servers.registryTake")}
                </Button>
              </div>
            ))}
            {reply.others > 0 && (
              <p className="text-xs text-muted">
                {t("settings.servers.registryOthers", { count: reply.others })}
              </p>
            )}
          </div>
        )}
      </div>
    </details>
  );
}

/** The end of `io.github.ada/garden-notes` as a name that can be chosen here. */
function nameOf(entry: string): string {
  const end = entry.split("/").pop() ?? "";
  const words = end.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  return words.slice(0, 20).replace(/^_+|_+$/g, "");
}

function headerOf(headers: string[]): string {
  return headers.find((header) => header.toLowerCase() !== "authorization") ?? "";
}
