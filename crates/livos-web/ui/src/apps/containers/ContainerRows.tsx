import { useMemo, useRef } from "react";
import { ago, bytes, percent } from "@/lib/format";
import { t } from "@/lib/i18n";
import { MenuButton } from "@/ui";
import { useActions } from "./actions";
import { useChosen } from "./Chosen";
import { portWords } from "./core";
import type { Container } from "./data";
import { ContainerLink, OwnerName, ownerWords, State } from "./parts";
import { type Column, Table } from "./Table";
import { useUsage } from "./usage";

const idOf = (one: Container) => one.id;
const nameOf = (one: Container) => one.name;

/** Containers, what they use at this moment, and what can be done with one or with several. */
export function ContainerRows({ rows }: { rows: Container[] }) {
  const box = useRef<HTMLDivElement>(null);
  const usage = useUsage(box);
  const { items, busy, dialog } = useActions();
  const { selection, toolbar, open } = useChosen("container", rows, idOf, nameOf);
  const columns: Column<Container>[] = useMemo(
    () => [
      {
        label: t("containers.column.name"),
        cell: (one) => <ContainerLink container={one} name={one.name} />,
        sort: nameOf,
      },
      {
        label: t("containers.column.state"),
        cell: (one) => <State container={one} />,
        sort: (one) => one.state,
      },
      {
        label: t("containers.column.owner"),
        cell: (one) => <OwnerName owner={one.owner} />,
        sort: (one) => ownerWords(one.owner),
        wide: true,
      },
      {
        label: t("containers.column.cpu"),
        cell: (one) => {
          const cpu = usage.get(one.id)?.cpu;
          return cpu === undefined ? "" : percent(cpu);
        },
        sort: (one) => usage.get(one.id)?.cpu ?? -1,
        wide: "middle",
        end: true,
      },
      {
        label: t("containers.column.memory"),
        cell: (one) => {
          const memory = usage.get(one.id)?.memory;
          return memory === undefined ? "" : bytes(memory);
        },
        sort: (one) => usage.get(one.id)?.memory ?? -1,
        wide: "middle",
        end: true,
      },
      { label: t("containers.column.ports"), cell: (one) => portWords(one).join(", "), wide: true },
      {
        label: t("containers.column.since"),
        cell: (one) => (one.started_at > 0 ? ago(one.started_at) : ""),
        sort: (one) => one.started_at,
        wide: true,
      },
      {
        label: t("containers.column.actions"),
        small: true,
        cell: (one) => (
          <span aria-busy={busy === one.id}>
            <MenuButton
              label={t("containers.action.more", { name: one.name })}
              items={() => items(one, (verb) => open(verb, [{ kind: "container", id: one.id }]))}
            />
          </span>
        ),
      },
    ],
    [usage, items, busy, open],
  );
  return (
    <div ref={box}>
      {dialog}
      {toolbar}
      <Table
        label={t("containers.tab.containers")}
        rows={rows}
        name={idOf}
        columns={columns}
        selection={selection}
      />
    </div>
  );
}
