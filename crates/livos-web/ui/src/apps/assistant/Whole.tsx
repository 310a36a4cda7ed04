import { useQuery } from "@tanstack/react-query";
import { wholeResultQuery } from "@/lib/assistant";
import { t } from "@/lib/i18n";
import { Button } from "@/ui";
import { Code } from "./Code";

/** All that a tool said, of which its item has the beginning and the end. */
export default function Whole({ conversation, reference }: { conversation: string; reference: string }) {
  const { data, error, isFetching, refetch } = useQuery(wholeResultQuery(conversation, reference));
  if (data) return <Code language="" label={t("assistant.tool.whole")} text={data.text} most={Infinity} />;
  if (isFetching || !error)
    return (
      <p role="status" className="text-sm text-muted">
        {t("assistant.tool.reading")}
      </p>
    );
  return (
    <p role="alert" className="flex flex-wrap items-center gap-2 text-sm text-danger">
      <bdi>{error.message}</bdi>
      <Button size="sm" variant="quiet" onClick={() => refetch()}>
        {t("assistant.tool.again")}
      </Button>
    </p>
  );
}
