/** What a file is, from its name: the icon, the words in the Kind column and whether Preview can show it. */
import { type Entry, FOLDER, isFolder, LINK, OTHER } from "./listing";
import { extension } from "./paths";

export type Kind =
  | "folder"
  | "link"
  | "other"
  | "image"
  | "video"
  | "audio"
  | "pdf"
  | "document"
  | "spreadsheet"
  | "slides"
  | "text"
  | "code"
  | "archive"
  | "disk"
  | "book"
  | "font"
  | "file";

const groups: Record<string, Kind> = {};
const add = (kind: Kind, list: string) => {
  for (const ext of list.split(" ")) groups[ext] = kind;
};
add(
  "image",
  "jpg jpeg jfif png gif webp avif bmp svg ico heic heif tif tiff raw cr2 cr3 nef arw dng jxl psd xcf",
);
add("video", "mp4 m4v mkv webm mov avi wmv mpg mpeg ts m2ts ogv 3gp flv");
add("audio", "mp3 m4a aac flac ogg oga opus wav aif aiff wma mid midi m4b");
add("pdf", "pdf");
add("document", "doc docx odt rtf pages");
add("spreadsheet", "xls xlsx ods csv tsv numbers");
add("slides", "ppt pptx odp key");
add("text", "txt md markdown log nfo srt vtt readme license");
add(
  "code",
  "js mjs cjs ts tsx jsx json jsonc yaml yml toml ini conf cfg env xml html htm css scss rs py go c h cc cpp hpp java kt rb php sh bash zsh fish ps1 bat sql lua pl swift r jl vue svelte dockerfile makefile diff patch lock",
);
add("archive", "zip tar gz tgz bz2 xz zst 7z rar jar deb rpm cab");
add("disk", "iso img qcow2 vmdk vdi vhd vhdx dmg");
add("book", "epub mobi azw3 cbz cbr fb2");
add("font", "ttf otf woff woff2");

export function kindOfName(name: string): Kind {
  const ext = extension(name);
  const known = groups[ext];
  if (known) return known;
  const lower = name.toLowerCase();
  return ext === "" && groups[lower] ? groups[lower] : "file";
}

export function kindOf(entry: Pick<Entry, 0 | 1>): Kind {
  if (entry[1] === FOLDER) return "folder";
  if (entry[1] === LINK) return "link";
  if (entry[1] === OTHER) return "other";
  return kindOfName(entry[0]);
}

/** The text for the Kind column ("JPG image", "Folder", "File"): its key and what fills it in. */
export function kindText(entry: Pick<Entry, 0 | 1>): { key: KindKey; ext: string } {
  const kind = kindOf(entry);
  const ext = extension(entry[0]).toUpperCase();
  if (kind === "file" && ext !== "" && ext.length <= 5) return { key: "files.kind.fileOf", ext };
  if (ext === "TXT" || (ext === "" && (kind === "text" || kind === "code")))
    return { key: "files.kind.plainText", ext };
  return { key: `files.kind.${kind}`, ext };
}

type KindKey = `files.kind.${Kind | "fileOf" | "plainText"}`;

export type Viewer = "image" | "video" | "audio" | "pdf" | "text" | "none";

/** Only what a browser can show itself. SVG and HTML are text here: they are never rendered from this origin. */
export function viewerOf(name: string): Viewer {
  const ext = extension(name);
  if (/^(jpe?g|jfif|png|gif|webp|avif|bmp|ico)$/.test(ext)) return "image";
  if (/^(mp4|m4v|webm|mov|ogv)$/.test(ext)) return "video";
  if (/^(mp3|m4a|aac|flac|ogg|oga|opus|wav|m4b)$/.test(ext)) return "audio";
  if (ext === "pdf") return "pdf";
  const kind = kindOfName(name);
  if (kind === "text" || kind === "code" || ext === "svg" || ext === "csv" || ext === "tsv") return "text";
  return "none";
}

/** The kinds that the server makes a wallpaper of. It looks at the contents; this only decides what is offered. */
export function canBeWallpaper(entry: Pick<Entry, 0 | 1>): boolean {
  return !isFolder(entry as Entry) && /^(jpe?g|jfif|png|webp)$/.test(extension(entry[0]));
}
