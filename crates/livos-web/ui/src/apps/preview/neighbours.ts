import { viewerOf } from "../files/core/kinds";
import { type Entry, FILE, type Sort, sortEntries, visibleEntries } from "../files/core/listing";

/** The files of a folder that Preview can walk through, in the order the folder was shown in. */
export function neighbours(entries: Entry[], name: string, sort: Sort, language: string) {
  const files = visibleEntries(entries, false).filter(
    (entry) => entry[1] === FILE && viewerOf(entry[0]) !== "none",
  );
  sortEntries(files, sort, { foldersFirst: true, language });
  const at = files.findIndex((entry) => entry[0] === name);
  return {
    index: at,
    count: files.length,
    previous: at > 0 ? files[at - 1]?.[0] : undefined,
    next: at >= 0 ? files[at + 1]?.[0] : undefined,
  };
}
