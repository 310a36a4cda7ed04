import { useEffect, useRef, useState } from "react";
import { errorText } from "@/lib/api";
import { manifestOf } from "@/lib/apps";
import { keyedCommands, keyedOf } from "@/lib/commands";
import { t } from "@/lib/i18n";
import { isMac, keyNames } from "@/lib/keys";
import { changeSettings, type Settings, useSettings } from "@/lib/settings";
import { combinationOf, isReserved, isSingle, ownKeys, SHORTCUTS } from "@/lib/shortcuts";
import { Button, Callout, Dialog, Keys, Switch } from "@/ui";
import { Chosen, Comfort } from "./Appearance";
import { collisions, type Line } from "./collisions";
import { Group, Row, SavedNote } from "./parts";

/** Text size and motion, and the keys of everything. */
export function Accessibility() {
  const settings = useSettings();
  const [note, setNote] = useState({ saved: false, error: "" });
  const [changing, setChanging] = useState<Line | null>(null);
  const save = async (change: Settings) => {
    setNote({ saved: false, error: "" });
    try {
      await changeSettings(change);
      setNote({ saved: true, error: "" });
    } catch (error) {
      setNote({ saved: false, error: errorText(error) });
    }
  };
  const own = (settings.shortcuts ?? {}) as Record<string, string | null>;
  /** `null` goes back to the usual keys, "" turns them off. */
  const assign = (id: string, keys: string | null) => save({ shortcuts: { ...own, [id]: keys } });
  const groups = groupsOf(settings);
  const all = groups.flatMap(({ lines }) => lines);
  const clashes = collisions(all);
  return (
    <Chosen>
      <Comfort />
      <Group title={t("settings.keys")} end={<SavedNote {...note} />}>
        <div className="p-4">
          <Switch
            label={t("settings.keys.single")}
            hint={t("settings.keys.singleHint")}
            checked={settings.single_keys !== false}
            write
            onChange={(on) => void save({ single_keys: on ? undefined : false } as Settings)}
          />
        </div>
        {Object.values(own).some((keys) => keys !== null) && (
          <Row label={t("settings.keys.changed")}>
            <Button
              write
              onClick={() =>
                void save({ shortcuts: Object.fromEntries(Object.keys(own).map((id) => [id, null])) })
              }
            >
              {t("settings.keys.resetAll")}
            </Button>
          </Row>
        )}
      </Group>
      {groups.map(({ title, lines }) => (
        <Group key={title} title={title}>
          {lines.map((line) => {
            const others = clashes.get(line.id) ?? [];
            return (
              <Row
                key={line.id}
                label={line.title}
                line={
                  others.length > 0 && (
                    <span className="font-medium text-warn">
                      {t("settings.keys.collides", { other: others.join(", ") })}
                    </span>
                  )
                }
              >
                {line.keys.length === 0 ? (
                  <span className="text-xs text-muted">{t("settings.keys.off")}</span>
                ) : (
                  (line.keys.length > 2 ? [line.keys[0] ?? "", line.keys.at(-1) ?? ""] : line.keys).map(
                    (keys) => <Keys key={keys} names={keyNames(keys)} />,
                  )
                )}
                <Button
                  size="sm"
                  write
                  aria-label={t("settings.keys.changeOf", { name: line.title })}
                  onClick={() => setChanging(line)}
                >
                  {t("settings.keys.change")}
                </Button>
              </Row>
            );
          })}
        </Group>
      ))}
      <p className="text-xs text-muted">{t("settings.keys.more")}</p>
      {changing && (
        <KeyDialog
          line={changing}
          all={all}
          onClose={() => setChanging(null)}
          onChoose={(keys) => {
            setChanging(null);
            void assign(changing.id, keys);
          }}
        />
      )}
    </Chosen>
  );
}

/** All that has keys now: the shell's, and those of the apps whose windows are open. */
function groupsOf(settings: Settings): { title: string; lines: Line[] }[] {
  const shell = (group: "everywhere" | "windows") =>
    SHORTCUTS.filter((shortcut) => shortcut.group === group).map(
      ({ id, title, keys }): Line => ({
        id,
        scope: "",
        title: t(title),
        usual: [...keys],
        keys: ownKeys(settings, id, [...keys]),
      }),
    );
  const apps = [...keyedCommands()].map(([app, commands]) => {
    const manifest = manifestOf(app);
    const lines = [...commands.values()].map((command): Line => {
      const { id, usual } = keyedOf(app, command);
      return { id, scope: app, title: command.title, usual, keys: ownKeys(settings, id, usual) };
    });
    return { title: manifest ? t(manifest.title) : app, lines };
  });
  return [
    { title: t("settings.keys.everywhere"), lines: shell("everywhere") },
    { title: t("settings.keys.windows"), lines: shell("windows") },
    ...apps,
  ];
}

interface KeyDialogProps {
  line: Line;
  all: Line[];
  onClose: () => void;
  onChoose: (keys: string | null) => void;
}

/** Listens for the new keys. Nothing but its buttons reacts to the keyboard meanwhile. */
function KeyDialog({ line, all, onClose, onChoose }: KeyDialogProps) {
  const [keys, setKeys] = useState("");
  const box = useRef<HTMLButtonElement>(null);
  // A row of keys, such as Alt+Shift+1 to 9, can only be turned off as a whole.
  const row = line.usual.length > 2;
  useEffect(() => box.current?.focus(), []);
  const reserved = keys !== "" && isReserved(keys);
  const others = collisions([...all.filter(({ id }) => id !== line.id), { ...line, keys: [keys] }]).get(
    line.id,
  );
  return (
    <Dialog
      title={line.title}
      onClose={onClose}
      onSubmit={() => keys && !reserved && onChoose(keys)}
      actions={
        <>
          <Button onClick={() => onChoose("")}>{t("settings.keys.turnOff")}</Button>
          <Button onClick={() => onChoose(null)}>
            {t("settings.keys.usual", { keys: keyNames(line.usual[0] ?? "").join(" ") })}
          </Button>
          {!row && (
            <Button type="submit" variant="primary" disabled={!keys || reserved}>
              {t("settings.keys.use")}
            </Button>
          )}
        </>
      }
    >
      {row ? (
        <p className="text-muted">{t("settings.keys.row")}</p>
      ) : (
        <button
          ref={box}
          type="button"
          data-autofocus
          aria-label={t("settings.keys.press")}
          className="flex min-h-14 w-full items-center justify-center rounded-card border border-line-strong bg-sunken px-4"
          onKeyDown={(event) => {
            const pressed = combinationOf(event.nativeEvent, isMac);
            // Tab, Enter and Escape keep working in the dialog.
            if (!pressed || ["Tab", "Shift+Tab", "Enter", "Escape"].includes(pressed)) return;
            event.preventDefault();
            event.stopPropagation();
            setKeys(pressed);
          }}
        >
          {keys ? (
            <Keys names={keyNames(keys)} />
          ) : (
            <span className="text-muted">{t("settings.keys.press")}</span>
          )}
        </button>
      )}
      <div role="status" className="flex flex-col gap-2 pt-3 empty:hidden">
        {reserved && <Callout tone="warn">{t("settings.keys.reserved")}</Callout>}
        {!reserved && keys && isSingle(keys) && (
          <p className="text-xs text-muted">{t("settings.keys.isSingle")}</p>
        )}
        {others && others.length > 0 && (
          <Callout tone="warn">{t("settings.keys.collides", { other: others.join(", ") })}</Callout>
        )}
      </div>
    </Dialog>
  );
}
