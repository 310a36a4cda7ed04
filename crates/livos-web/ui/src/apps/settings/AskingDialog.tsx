import { CircleAlert } from "lucide-react";
import { useState } from "react";
import { t } from "@/lib/i18n";
import type { ServersImported } from "@/lib/toolServers";
import { Button, Callout, Checkbox, Dialog } from "@/ui";
import { Words } from "./ProgramFields";
import { useSave } from "./parts";

interface Props {
  asking: ServersImported["asking"];
  /** Takes the file again, with what was agreed to. */
  onAgreed: (agreed: string[]) => Promise<void>;
  onClose: () => void;
}

/** Programs of a file: none is started before somebody has read what is run and said so. */
export function AskingDialog({ asking, onAgreed, onClose }: Props) {
  const [run, setRun] = useState<ReadonlySet<string>>(new Set());
  const [network, setNetwork] = useState<ReadonlySet<string>>(
    () => new Set(asking.filter((one) => one.program.network).map((one) => one.digest)),
  );
  const { busy, error, save } = useSave();
  const toggle = (set: ReadonlySet<string>, digest: string, on: boolean) => {
    const changed = new Set(set);
    if (on) changed.add(digest);
    else changed.delete(digest);
    return changed;
  };
  const submit = async () => {
    if (run.size === 0 || busy) return;
    const agreed = [...run].map((digest) => (network.has(digest) ? `${digest}+network` : digest));
    if (await save(() => onAgreed(agreed))) onClose();
  };
  return (
    <Dialog
      title={t("settings.servers.askingTitle")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={run.size === 0}>
            {t("settings.servers.askingRun")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-sm">{t("settings.servers.askingText")}</p>
        {asking.map((one) => (
          <div key={one.digest} className="flex flex-col gap-1">
            <Checkbox
              label={<bdi>{one.name}</bdi>}
              checked={run.has(one.digest)}
              onChange={(on) => setRun(toggle(run, one.digest, on))}
            />
            <div className="ps-6 text-xs text-muted">
              <Words words={one.program.command} />
              {one.variables.length > 0 && (
                <p className="pt-1 break-words">
                  {t("settings.servers.askingVariables", { names: one.variables.join(", ") })}
                </p>
              )}
            </div>
            <div className="ps-6">
              <Checkbox
                label={t("settings.servers.networkOf", { name: one.name })}
                checked={network.has(one.digest)}
                onChange={(on) => setNetwork(toggle(network, one.digest, on))}
              />
            </div>
          </div>
        ))}
        <p className="text-xs text-muted">{t("settings.servers.programText")}</p>
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
