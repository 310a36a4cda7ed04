import { Download, Printer } from "lucide-react";
import { t } from "@/lib/i18n";
import { downloadText } from "@/lib/storage";
import { Button } from "./Button";
import { CopyButton } from "./states";

/** Ten codes, each good for one sign-in. Shown once, so there are three ways to keep them. */
export function RecoveryCodes({ codes, server }: { codes: string[]; server: string }) {
  const text = `${t("shell.recovery.file", { server })}\n\n${codes.join("\n")}\n`;
  return (
    <div className="flex flex-col gap-3">
      <ul
        aria-label={t("shell.recovery.codes")}
        className="print-me grid grid-cols-2 gap-x-6 gap-y-1 rounded-card bg-sunken p-4 font-mono text-base select-text max-md:gap-x-3"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={text} label={t("shell.action.copy")} />
        <Button
          variant="quiet"
          icon={Download}
          onClick={() => downloadText(`${server}-recovery-codes.txt`, text)}
        >
          {t("shell.recovery.download")}
        </Button>
        <Button variant="quiet" icon={Printer} onClick={() => print()}>
          {t("shell.recovery.print")}
        </Button>
      </div>
    </div>
  );
}
