import { t } from "@/lib/i18n";
import type { Place } from "./core/paths";
import { setOption } from "./options";
import { EmptyFavourites, EmptyFolder, EmptyRecents, EmptyTrash, NoMatch } from "./States";
import type { Mode } from "./useFolder";

type Props = {
  mode: Mode;
  /** What the list is narrowed by, if it is. */
  find: string | undefined;
  /** The words that were searched for on the server. */
  search: string;
  /** What the folder is called. */
  folder: string;
  place: Place;
  writable: boolean;
  /** How many entries are there and not shown. */
  hidden: number;
  onSearch(from: Place, words: string): void;
  onUpload(): void;
};

/** There are no rows: why, and what can be done about it. */
export function Nothing(props: Props) {
  const { mode, find, search, place, onSearch } = props;
  const everywhere = (words: string) => ({
    label: t("files.empty.searchEverywhere"),
    run: () => onSearch({ root: place.root, path: "" }, words),
  });
  if (mode === "trash" && !find) return <EmptyTrash />;
  if (mode === "recents" && !find) return <EmptyRecents />;
  if (mode === "favourites" && !find) return <EmptyFavourites />;
  if (mode === "search") {
    return (
      <NoMatch
        query={search}
        text={t("files.empty.searchBelowHint", { folder: props.folder })}
        action={place.path === "" ? undefined : everywhere(search)}
      />
    );
  }
  if (find) {
    const inFiles = mode === "files";
    return (
      <NoMatch
        query={find}
        text={inFiles ? t("files.empty.searchHint") : ""}
        action={inFiles ? everywhere(find) : undefined}
      />
    );
  }
  return (
    <EmptyFolder
      writable={props.writable}
      hidden={props.hidden}
      onUpload={props.onUpload}
      onShowHidden={() => setOption("hidden", true)}
    />
  );
}
