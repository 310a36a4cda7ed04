import {
  AudioLines,
  Book,
  Box,
  CornerUpRight,
  Disc,
  File,
  FileArchive,
  FileCode,
  FileSpreadsheet,
  FileText,
  Film,
  Folder,
  Image,
  type LucideIcon,
  Presentation,
  Type,
} from "lucide-react";
import { cx } from "@/ui/cx";
import type { Kind } from "../core/kinds";

const icons: Record<Kind, LucideIcon> = {
  folder: Folder,
  link: CornerUpRight,
  other: Box,
  image: Image,
  video: Film,
  audio: AudioLines,
  pdf: FileText,
  document: FileText,
  spreadsheet: FileSpreadsheet,
  slides: Presentation,
  text: FileText,
  code: FileCode,
  archive: FileArchive,
  disk: Disc,
  book: Book,
  font: Type,
  file: File,
};

export function KindIcon({ kind, size = 18, faded }: { kind: Kind; size?: number; faded?: boolean }) {
  const Icon = icons[kind];
  return (
    <Icon
      size={size}
      aria-hidden
      strokeWidth={size > 24 ? 1.25 : 1.75}
      className={cx("shrink-0", faded && "opacity-50", kind === "folder" ? "text-accent-text" : "text-muted")}
    />
  );
}
