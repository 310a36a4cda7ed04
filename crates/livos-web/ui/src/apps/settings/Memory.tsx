import { useQuery } from "@tanstack/react-query";
import { Brain, CircleAlert } from "lucide-react";
import { useState } from "react";
import { errorText, sentence } from "@/lib/api";
import {
  type Embeddings,
  type EmbeddingsInfo,
  embeddingsQuery,
  refreshEmbeddings,
  removeEmbeddings,
  setEmbeddings,
  type VectorProvider,
} from "@/lib/embeddings";
import { ago, exact } from "@/lib/format";
import { t } from "@/lib/i18n";
import { announce, reportProblem } from "@/lib/notify";
import {
  Button,
  Callout,
  Dialog,
  EmptyState,
  MenuButton,
  QueryView,
  Select,
  StaleNote,
  TextField,
  useConfirm,
} from "@/ui";
import { Group, Row, useSave } from "./parts";

/** What stands for the server itself among those that make vectors. */
const THIS_SERVER = "this-server";

/** Whether what is remembered is found by meaning as well as by words, and who is told it for that. */
export function Memory() {
  const query = useQuery(embeddingsQuery);
  return (
    <>
      <Group title={t("settings.memory")} end={<StaleNote at={query.dataUpdatedAt} />}>
        <QueryView query={query} failed={t("settings.memory.failed")}>
          {(known: Embeddings) => <Lines known={known} />}
        </QueryView>
      </Group>
      <p className="text-xs text-muted">{t("settings.memory.explain")}</p>
    </>
  );
}

function Lines({ known }: { known: Embeddings }) {
  const [dialog, setDialog] = useState(false);
  const { embeddings, candidates } = known;
  return (
    <>
      {embeddings ? (
        <Line
          one={embeddings}
          name={nameOf(embeddings.provider, candidates)}
          onEdit={() => setDialog(true)}
        />
      ) : (
        <EmptyState
          icon={Brain}
          title={t("settings.memory.off")}
          text={t(candidates.length === 0 ? "settings.memory.nobody" : "settings.memory.offText")}
          action={
            candidates.length > 0 && (
              <Button onClick={() => setDialog(true)}>{t("settings.memory.setUp")}</Button>
            )
          }
        />
      )}
      {dialog && <MemoryDialog known={known} onClose={() => setDialog(false)} />}
    </>
  );
}

function nameOf(id: string, candidates: VectorProvider[]): string {
  if (id === THIS_SERVER) return t("settings.memory.thisServer");
  return candidates.find((one) => one.id === id)?.label ?? id;
}

function Line({ one, name, onEdit }: { one: EmbeddingsInfo; name: string; onEdit: () => void }) {
  const confirm = useConfirm();
  const remove = async () => {
    const yes = await confirm({
      title: t("settings.memory.removeTitle"),
      text: t("settings.memory.removeText", { name }),
      action: t("settings.memory.switchOff"),
    });
    if (!yes) return;
    try {
      await removeEmbeddings();
    } catch (error) {
      reportProblem(errorText(error));
    } finally {
      await refreshEmbeddings().catch(() => undefined);
    }
  };
  return (
    <Row
      label={t("settings.memory.on", { name })}
      line={
        <>
          <bdi>{one.model}</bdi>
          {!one.problem && (
            <span title={exact(one.checked_at)}>
              {" "}
              · {t("settings.ai.checked", { when: ago(one.checked_at) })}
            </span>
          )}
          <span className="block">
            {t("settings.memory.progress", { done: one.embedded, all: one.entries })}
            {one.provider !== THIS_SERVER && (
              <> · {t("settings.memory.used", { calls: one.calls, tokens: one.tokens })}</>
            )}
          </span>
          {one.problem && (
            <span className="mt-1 flex items-start gap-1.5 text-danger">
              <CircleAlert size={14} aria-hidden className="mt-px" />
              <span dir="auto">{sentence(one.problem.message)}</span>
            </span>
          )}
        </>
      }
    >
      <MenuButton
        label={t("settings.memory.menu")}
        items={[
          { label: t("settings.ai.edit"), onSelect: onEdit },
          { separator: true },
          { label: t("settings.memory.switchOff"), danger: true, onSelect: () => void remove() },
        ]}
      />
    </Row>
  );
}

/** A vector has to come before it is saved. Where everybody's notes go is said beside the choice. */
function MemoryDialog({ known, onClose }: { known: Embeddings; onClose: () => void }) {
  const { embeddings, candidates } = known;
  const [provider, setProvider] = useState(embeddings?.provider ?? candidates[0]?.id ?? "");
  const [model, setModel] = useState(embeddings?.model ?? "");
  const { busy, error, save } = useSave();
  const chosen = candidates.find((one) => one.id === provider);
  const here = provider === THIS_SERVER;
  const ready = chosen !== undefined && (here || model.trim() !== "");
  const submit = async () => {
    if (!ready || busy) return;
    if (!(await save(() => setEmbeddings({ provider, model: here ? "" : model.trim() })))) return;
    await refreshEmbeddings();
    announce(t("settings.memory.on", { name: nameOf(provider, candidates) }));
    onClose();
  };
  return (
    <Dialog
      title={t("settings.memory.setUp")}
      onClose={onClose}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onClick={onClose}>{t("shell.action.cancel")}</Button>
          <Button type="submit" variant="primary" write busy={busy} disabled={!ready}>
            {t("settings.ai.save")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Select
          label={t("settings.memory.provider")}
          value={provider}
          onChange={setProvider}
          options={candidates.map((one) => ({ value: one.id, label: nameOf(one.id, candidates) }))}
        />
        {!here && (
          <TextField
            label={t("settings.memory.model")}
            hint={t("settings.memory.modelHint")}
            value={model}
            onChange={setModel}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={200}
          />
        )}
        {chosen && (
          <p className="text-xs text-muted">
            {here ? t("settings.memory.stays") : t("settings.memory.goes", { address: chosen.base_url })}
          </p>
        )}
        {busy && (
          <p role="status" className="text-xs text-muted">
            {t("settings.ai.testing")}
          </p>
        )}
        {error && (
          <Callout tone="danger" icon={CircleAlert} role="alert">
            {error}
          </Callout>
        )}
      </div>
    </Dialog>
  );
}
