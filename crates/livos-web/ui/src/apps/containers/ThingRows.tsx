import { Trash2 } from "lucide-react";
import { ago, bytes } from "@/lib/format";
import { t } from "@/lib/i18n";
import { IconButton } from "@/ui";
import type { Kind, Thing, Verb } from "./acting";
import { useChosen } from "./Chosen";
import type { Image, Network, Volume } from "./data";
import { Names, OwnerName, ownerWords } from "./parts";
import { type Column, Table } from "./Table";

const imageName = (one: Image) =>
  one.tags.length > 0
    ? one.tags.join(", ")
    : t("containers.image.nameless", { id: one.id.replace("sha256:", "").slice(0, 12) });
const volumeName = (one: Volume) =>
  one.anonymous ? t("containers.volume.anonymous", { id: one.name.slice(0, 12) }) : one.name;
const networkName = (one: Network) => one.name;
const idOf = (one: { id: string }) => one.id;
const nameOf = (one: { name: string }) => one.name;

type Open = (verb: Verb, things: Thing[]) => void;

function removal<T>(kind: Kind, id: (row: T) => string, label: (row: T) => string, open: Open): Column<T> {
  return {
    label: t("containers.column.actions"),
    small: true,
    cell: (row) => (
      <IconButton
        write
        label={t("containers.act.removeOne", { name: label(row) })}
        icon={Trash2}
        onClick={() => open("remove", [{ kind, id: id(row) }])}
      />
    ),
  };
}

const usedBy = <T extends { used_by: string[] }>(): Column<T> => ({
  label: t("containers.column.usedBy"),
  cell: (one) => <Names names={one.used_by} />,
  sort: (one) => one.used_by.length,
});

const ownedBy = <T extends { owner: Volume["owner"] }>(): Column<T> => ({
  label: t("containers.column.owner"),
  cell: (one) => <OwnerName owner={one.owner} />,
  sort: (one) => ownerWords(one.owner),
});

export function ImageRows({ rows }: { rows: Image[] }) {
  const { selection, toolbar, open } = useChosen("image", rows, idOf, imageName);
  return (
    <>
      {toolbar}
      <Table
        label={t("containers.tab.images")}
        rows={rows}
        name={idOf}
        selection={selection}
        columns={[
          { label: t("containers.column.name"), cell: imageName, sort: imageName },
          { label: t("containers.column.size"), cell: (one) => bytes(one.size), sort: (one) => one.size },
          usedBy(),
          {
            label: t("containers.column.keptFor"),
            cell: (one) => <Names names={one.kept_for} />,
            wide: true,
          },
          {
            label: t("containers.column.made"),
            cell: (one) => ago(one.created_at),
            sort: (one) => one.created_at,
            wide: true,
          },
          removal("image", idOf, imageName, open),
        ]}
      />
    </>
  );
}

export function VolumeRows({ rows }: { rows: Volume[] }) {
  const { selection, toolbar, open } = useChosen("volume", rows, nameOf, volumeName);
  return (
    <>
      {toolbar}
      <Table
        label={t("containers.tab.volumes")}
        rows={rows}
        name={nameOf}
        selection={selection}
        columns={[
          {
            label: t("containers.column.name"),
            cell: (one) => <span className="break-all">{volumeName(one)}</span>,
            sort: volumeName,
          },
          ownedBy(),
          usedBy(),
          {
            label: t("containers.column.path"),
            cell: (one) => <span className="break-all">{one.path}</span>,
            wide: true,
          },
          removal("volume", nameOf, volumeName, open),
        ]}
      />
    </>
  );
}

export function NetworkRows({ rows }: { rows: Network[] }) {
  const { selection, toolbar, open } = useChosen("network", rows, idOf, networkName);
  return (
    <>
      {toolbar}
      <Table
        label={t("containers.tab.networks")}
        rows={rows}
        name={idOf}
        selection={selection}
        columns={[
          { label: t("containers.column.name"), cell: networkName, sort: networkName },
          ownedBy(),
          usedBy(),
          {
            label: t("containers.column.addresses"),
            cell: (one) =>
              one.internal
                ? t("containers.network.internal", { ranges: one.subnets.join(", ") })
                : one.subnets.join(", "),
            wide: true,
          },
          removal("network", idOf, networkName, open),
        ]}
      />
    </>
  );
}
