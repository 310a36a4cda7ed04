/**
 * Descriptions are markdown from strangers. This reads the few marks that matter into plain data: no HTML, no
 * images, no links that run anything. Whatever it does not know stays text.
 */

export type Span = { text: string; strong?: boolean; code?: boolean; href?: string };
export type Block = { kind: "paragraph" | "heading" | "item"; spans: Span[] };

const inline = /\*\*(.+?)\*\*|__(.+?)__|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)[^)]*\)/g;

function spans(line: string): Span[] {
  const out: Span[] = [];
  let at = 0;
  // Images become their description, so that nothing is fetched.
  const clean = line.replace(/!\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/<[^>]{1,200}>/g, "");
  for (const match of clean.matchAll(inline)) {
    if (match.index > at) out.push({ text: clean.slice(at, match.index) });
    const strong = match[1] ?? match[2];
    if (strong !== undefined) out.push({ text: strong, strong: true });
    else if (match[3] !== undefined) out.push({ text: match[3], code: true });
    else if (match[4] !== undefined && match[5] !== undefined) {
      out.push(/^https?:\/\//.test(match[5]) ? { text: match[4], href: match[5] } : { text: match[4] });
    }
    at = match.index + match[0].length;
  }
  if (at < clean.length) out.push({ text: clean.slice(at) });
  return out.filter((span) => span.text !== "");
}

export function readMarkdown(source: string): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    const found = spans(paragraph.join(" ").trim());
    if (found.length > 0) blocks.push({ kind: "paragraph", spans: found });
    paragraph = [];
  };
  for (const raw of source.slice(0, 50_000).replace(/\r\n?/g, "\n").split("\n")) {
    const line = raw.trim();
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    const item = /^(?:[-*+•]|\d+[.)])\s+(.*)$/.exec(line);
    if (line === "" || /^([-*_])\1{2,}$/.test(line)) flush();
    else if (heading?.[1]) {
      flush();
      blocks.push({ kind: "heading", spans: spans(heading[1]) });
    } else if (item?.[1]) {
      flush();
      blocks.push({ kind: "item", spans: spans(item[1]) });
    } else paragraph.push(line);
  }
  flush();
  return blocks;
}
