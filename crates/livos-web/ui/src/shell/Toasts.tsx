import { X } from "lucide-react";
import { useEffect, useState } from "react";
import { connection } from "@/lib/connection";
import { t } from "@/lib/i18n";
import { dropToast, type Toast, toasts } from "@/lib/notify";
import { useStore } from "@/lib/store";
import { Button, IconButton } from "@/ui/Button";
import { letLeave } from "./leaving";

export default function Toasts() {
  const list = useStore(toasts);
  return (
    <section
      aria-label={t("shell.toast.label")}
      className="pointer-events-none fixed end-4 bottom-4 z-700 flex w-[min(22rem,calc(100vw-2rem))] flex-col gap-2 max-md:bottom-20"
    >
      <NewVersion />
      {list.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </section>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dropToast(toast.id), 6_000);
    return () => clearTimeout(timer);
  }, [held, toast.id]);
  return (
    <div
      role="status"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="popup pointer-events-auto flex items-center gap-2 py-2 ps-4 pe-2 text-sm"
    >
      <span className="min-w-0 flex-1 break-words">{toast.text}</span>
      {toast.action && (
        <Button
          size="sm"
          variant="soft"
          onClick={() => {
            toast.action?.run();
            dropToast(toast.id);
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton size="sm" label={t("shell.action.close")} icon={X} onClick={() => dropToast(toast.id)} />
    </div>
  );
}

function NewVersion() {
  const newer = useStore(connection, (now) => now.newVersion);
  if (!newer) return null;
  return (
    <div role="status" className="popup pointer-events-auto flex items-center gap-2 py-2 ps-4 pe-2 text-sm">
      <span className="flex-1">{t("shell.version.text")}</span>
      <Button
        size="sm"
        variant="soft"
        onClick={() => {
          letLeave();
          location.reload();
        }}
      >
        {t("shell.action.reload")}
      </Button>
    </div>
  );
}
