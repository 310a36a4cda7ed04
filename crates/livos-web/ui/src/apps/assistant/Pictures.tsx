import { X } from "lucide-react";
import { useState } from "react";
import type { Picture } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { Dialog, IconButton } from "@/ui";
import { type Attached, pathOf } from "./attached";

interface Shown {
  key: string;
  url: string;
  width?: number | undefined;
  height?: number | undefined;
}

/** Those of a message that the server has. */
export const shownOf = (conversation: string, pictures: Picture[] | undefined): Shown[] =>
  (pictures ?? []).map(({ id, width, height }) => ({
    key: id,
    url: pathOf(conversation, id),
    width,
    height,
  }));

/** The pictures of a message; each opens large. */
export function Pictures({ pictures }: { pictures: Shown[] }) {
  const [open, setOpen] = useState<number>();
  const large = open === undefined ? undefined : pictures[open];
  const alt = (index: number) => t("assistant.picture.alt", { number: index + 1, count: pictures.length });
  if (pictures.length === 0) return null;
  return (
    <div className="flex max-w-full flex-wrap justify-end gap-2 self-end">
      {pictures.map((one, index) => (
        <button
          key={one.key}
          type="button"
          aria-label={t("assistant.picture.open", { what: alt(index) })}
          onClick={() => setOpen(index)}
          className="overflow-hidden rounded-card border border-line"
        >
          <img
            src={one.url}
            alt={alt(index)}
            width={one.width}
            height={one.height}
            loading="lazy"
            decoding="async"
            className="h-32 w-auto max-w-48 object-cover"
          />
        </button>
      ))}
      {large && open !== undefined && (
        <Dialog title={alt(open)} wide onClose={() => setOpen(undefined)}>
          <img src={large.url} alt={alt(open)} className="mx-auto max-h-[70vh] max-w-full object-contain" />
        </Dialog>
      )}
    </div>
  );
}

/** Those that are about to be sent. */
export function Attachments({ pictures, onRemove }: { pictures: Attached[]; onRemove(one: Attached): void }) {
  if (pictures.length === 0) return null;
  return (
    <ul aria-label={t("assistant.picture.list")} className="flex flex-wrap gap-2 px-3 pt-3">
      {pictures.map((one) => (
        <li key={one.key} className="relative">
          <img
            src={one.url}
            alt={one.name || t("assistant.picture.pasted")}
            className="size-16 rounded-control border border-line object-cover"
          />
          <span className="absolute -end-1.5 -top-1.5">
            <IconButton
              size="sm"
              label={t("assistant.picture.remove", { name: one.name || t("assistant.picture.pasted") })}
              icon={X}
              onClick={() => onRemove(one)}
              className="size-6 touch:size-8 rounded-full border border-line bg-raised"
            />
          </span>
        </li>
      ))}
    </ul>
  );
}
