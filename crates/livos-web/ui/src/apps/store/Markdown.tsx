import { Fragment, useMemo } from "react";
import { type Block, readMarkdown, type Span } from "./core/markdown";
import { safeLink } from "./core/normalise";

function Spans({ spans }: { spans: Span[] }) {
  return spans.map((span, index) => {
    const href = span.href ? safeLink(span.href) : undefined;
    if (href) {
      return (
        <a
          key={index}
          href={href}
          target="_blank"
          rel="noreferrer noopener"
          className="text-accent-text underline"
        >
          {span.text}
        </a>
      );
    }
    if (span.code) return <code key={index}>{span.text}</code>;
    if (span.strong) return <strong key={index}>{span.text}</strong>;
    return <Fragment key={index}>{span.text}</Fragment>;
  });
}

/** Consecutive items become one list, so that a screen reader hears how many there are. */
function grouped(blocks: Block[]): (Block | Block[])[] {
  const out: (Block | Block[])[] = [];
  for (const block of blocks) {
    const last = out.at(-1);
    if (block.kind !== "item") out.push(block);
    else if (Array.isArray(last)) last.push(block);
    else out.push([block]);
  }
  return out;
}

export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => grouped(readMarkdown(text)), [text]);
  return (
    <div className="flex max-w-[68ch] flex-col gap-2 text-base break-words">
      {blocks.map((block, index) =>
        Array.isArray(block) ? (
          <ul key={index} className="list-disc ps-5">
            {block.map((item, at) => (
              <li key={at}>
                <Spans spans={item.spans} />
              </li>
            ))}
          </ul>
        ) : (
          <p key={index} className={block.kind === "heading" ? "pt-1 font-semibold" : ""}>
            <Spans spans={block.spans} />
          </p>
        ),
      )}
    </div>
  );
}
