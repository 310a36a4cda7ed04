import { ExternalLink, ImageOff } from "lucide-react";
import { createElement, Fragment, memo, type ReactNode, useMemo, useRef, useState } from "react";
import { t } from "@/lib/i18n";
import { Button, cx } from "@/ui";
import { Code } from "./Code";
import {
  blocksOf,
  decoded,
  GrowingText,
  headingLevels,
  saysHost,
  type Target,
  type Token,
  type Tokens,
  target,
  wordsOf,
} from "./core/markdown";

/** Under the window's title and the conversation's. */
const FIRST_HEADING = 4;

/**
 * Text of a model as what it means. Nothing in it becomes HTML, is loaded from elsewhere or runs: the reader gives
 * tokens, and each of them becomes one of the elements below or stays plain text.
 */
export const Markdown = memo(function Markdown({ text, growing }: { text: string; growing: boolean }) {
  const reader = useRef<GrowingText>(null);
  const blocks = useMemo(() => {
    if (!growing) return blocksOf(text);
    reader.current ??= new GrowingText();
    return reader.current.read(text);
  }, [text, growing]);
  const levels = useMemo(() => headingLevels(blocks, FIRST_HEADING), [blocks]);
  return (
    <div dir="auto" data-user-text className="prose flex flex-col gap-3 break-words">
      {blocks.map((token, index) =>
        token.type === "space" || token.type === "def" ? null : (
          <Block key={index} token={token} level={levels.get(token) ?? FIRST_HEADING} />
        ),
      )}
    </div>
  );
});

interface BlockProps {
  token: Token;
  level: number;
}

/** Blocks before the one that grows stay as they are. */
const Block = memo(
  ({ token, level }: BlockProps) => blockOf(token, level),
  (before, after) => before.token.raw === after.token.raw && before.level === after.level,
);

const HEADINGS = ["text-lg font-semibold", "text-base font-semibold", "text-base font-medium"];

function blockOf(token: Token, level = FIRST_HEADING): ReactNode {
  switch (token.type) {
    case "heading":
      return createElement(
        `h${level}`,
        { className: cx("pt-1", HEADINGS[Math.min(level - FIRST_HEADING, HEADINGS.length - 1)]) },
        inline(token.tokens),
      );
    case "paragraph":
      return <p>{inline(token.tokens)}</p>;
    case "text":
      return <div>{token.tokens ? inline(token.tokens) : decoded(token.text)}</div>;
    case "code":
      return <Code text={token.text} language={languageOf(token as Tokens.Code)} />;
    case "blockquote":
      return (
        <blockquote className="flex flex-col gap-2 border-s-2 border-line ps-3 text-muted">
          {children(token.tokens)}
        </blockquote>
      );
    case "list":
      return <List list={token as Tokens.List} />;
    case "table":
      return <Table table={token as Tokens.Table} />;
    case "hr":
      return <hr className="border-line" />;
    case "space":
    case "def":
      return null;
    default:
      return (
        <p className="whitespace-pre-wrap">{"text" in token ? String(token.text).trimEnd() : token.raw}</p>
      );
  }
}

function children(tokens: Token[] | undefined): ReactNode {
  return tokens?.map((token, index) => <Fragment key={index}>{blockOf(token)}</Fragment>);
}

function languageOf({ lang }: Tokens.Code): string {
  return (
    decoded(lang ?? "")
      .split(/\s/)[0]
      ?.slice(0, 24) ?? ""
  );
}

function List({ list }: { list: Tokens.List }) {
  const items = list.items.map((item, index) => (
    <li key={index} className={cx(item.task && "flex list-none items-start gap-2")}>
      {item.task && (
        <span className="shrink-0">
          <span aria-hidden>{item.checked ? "☑" : "☐"}</span>
          <span className="sr-only">{t(item.checked ? "assistant.task.done" : "assistant.task.open")}</span>
        </span>
      )}
      <div className="flex min-w-0 flex-col gap-2">
        {children(item.tokens.filter((token) => token.type !== "checkbox"))}
      </div>
    </li>
  ));
  const shared = cx("flex flex-col ps-5.5", list.loose ? "gap-2" : "gap-1");
  const start = Number(list.start);
  return list.ordered ? (
    <ol
      start={Number.isSafeInteger(start) && Math.abs(start) < 2 ** 31 ? start : 1}
      className={cx(shared, "list-decimal")}
    >
      {items}
    </ol>
  ) : (
    <ul className={cx(shared, list.items.every((item) => item.task) ? "ps-0.5" : "list-disc")}>{items}</ul>
  );
}

/** No more cells than this before somebody asks for all: a table of a million would stop the window. */
const CELLS = 1_000;
const COLUMNS = 40;

function Table({ table }: { table: Tokens.Table }) {
  const [all, setAll] = useState(false);
  const columns = table.header.slice(0, COLUMNS);
  const fit = Math.max(5, Math.floor(CELLS / Math.max(1, columns.length)));
  const rows = all ? table.rows.slice(0, fit * 5) : table.rows.slice(0, fit);
  const hidden = table.rows.length - rows.length;
  const align = (index: number) =>
    ({ left: "text-start", center: "text-center", right: "text-end" })[table.align[index] ?? "left"];
  return (
    <div className="flex flex-col items-start gap-2">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and a section would be a landmark. */}
      <div
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled by keyboard, too.
        tabIndex={0}
        aria-label={t("assistant.table")}
        data-scroll-x
        className="max-w-full overflow-x-auto rounded-control border border-line"
      >
        <table className="border-collapse text-sm">
          <thead className="bg-sunken">
            <tr>
              {columns.map((cell, index) => (
                <th
                  key={index}
                  scope="col"
                  className={cx("border-b border-line px-3 py-1.5 font-semibold", align(index))}
                >
                  {inline(cell.tokens)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index} className="border-b border-line last:border-0">
                {row.slice(0, COLUMNS).map((cell, column) => (
                  <td key={column} className={cx("max-w-80 px-3 py-1.5 align-top", align(column))}>
                    {inline(cell.tokens)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {table.header.length > COLUMNS && (
        <p className="text-xs text-muted">
          {t("assistant.table.columns", { shown: COLUMNS, count: table.header.length })}
        </p>
      )}
      {hidden > 0 &&
        (all ? (
          <p className="text-xs text-muted">{t("assistant.table.cut", { count: hidden })}</p>
        ) : (
          <Button size="sm" variant="quiet" onClick={() => setAll(true)}>
            {t("assistant.table.more", { count: hidden })}
          </Button>
        ))}
    </div>
  );
}

/** Bold in italic in bold …: deeper than this it is only text. */
const DEEPEST = 16;

function inline(tokens: Token[] | undefined, depth = 0): ReactNode {
  return tokens?.map((token, index) => <Fragment key={index}>{span(token, depth + 1)}</Fragment>);
}

function span(token: Token, depth: number): ReactNode {
  if (depth > DEEPEST) return token.raw;
  switch (token.type) {
    case "strong":
      return <strong className="font-semibold">{inline(token.tokens, depth)}</strong>;
    case "em":
      return <em>{inline(token.tokens, depth)}</em>;
    case "del":
      return <del>{inline(token.tokens, depth)}</del>;
    case "codespan":
      return (
        <code dir="ltr" className="rounded-sm bg-fg/7 px-1 py-px text-[0.92em]">
          {token.text}
        </code>
      );
    case "br":
      return <br />;
    case "link":
      return <Link link={token as Tokens.Link} />;
    case "image":
      return <Image image={token as Tokens.Image} />;
    case "html":
      // The only piece of HTML that models write in tables and that means nothing but itself.
      return /^<br\s*\/?>$/i.test(token.raw.trim()) ? <br /> : token.raw;
    case "escape":
      return token.text;
    default:
      return "tokens" in token && token.tokens
        ? inline(token.tokens, depth)
        : "text" in token
          ? decoded(String(token.text))
          : token.raw;
  }
}

function Outside({ to, children }: { to: Target; children: ReactNode }) {
  return (
    <a
      href={to.href}
      target="_blank"
      rel="noreferrer noopener"
      className="text-accent-text underline decoration-1 underline-offset-2 hover:decoration-2"
    >
      {children}
    </a>
  );
}

/** A link says where it leads, because its words may say anything. One that may not be opened stays text. */
function Link({ link }: { link: Tokens.Link }) {
  const to = target(link.href);
  const words = wordsOf(link.tokens);
  if (!to) return <>{inline(link.tokens)}</>;
  return (
    <>
      <Outside to={to}>
        <bdi>{link.autolink ? link.text : inline(withoutLinks(link.tokens))}</bdi>
      </Outside>
      {!saysHost(words, to) && <bdi className="text-muted"> ({to.host})</bdi>}
    </>
  );
}

/** An image in a link would bring a link of its own. */
function withoutLinks(tokens: Token[]): Token[] {
  return tokens.map((token) =>
    token.type === "image" || token.type === "link"
      ? ({ type: "text", raw: token.raw, text: token.text ?? "" } as Token)
      : token,
  );
}

/** Loading an image tells its host who reads this and when, so there is only a link to it. */
function Image({ image }: { image: Tokens.Image }) {
  const to = target(image.href);
  const name = decoded(image.text).trim();
  return (
    <span className="my-1 inline-flex max-w-full items-center gap-2 rounded-control border border-line bg-sunken px-2.5 py-1.5 text-sm">
      <ImageOff size={16} aria-hidden className="text-muted" />
      <span className="min-w-0">
        <span className="break-words">{name || t("assistant.image")}</span>
        {to?.href.startsWith("http") ? (
          <>
            {" · "}
            <Outside to={to}>
              {t("assistant.image.open", { host: to.host })}
              <ExternalLink size={12} aria-hidden className="ms-1 inline" />
            </Outside>
          </>
        ) : (
          <span className="text-muted"> · {t("assistant.image.not")}</span>
        )}
      </span>
    </span>
  );
}
