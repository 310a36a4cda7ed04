import { Lexer, type Token, Tokenizer, type Tokens } from "marked";

export type { Token, Tokens };

/** Deeper than people write, and far from what would exhaust the reader's stack. */
const DEEPEST = 12;
/** Longer texts are shown as they are: reading them would hold up everything else. */
const LONGEST = 200_000;

/** Quotes and lists within each other are read to a depth, because the text comes from anywhere. */
class Bounded extends Tokenizer {
  #depth = 0;

  override blockquote(source: string): Tokens.Blockquote | undefined {
    return this.#deeper(() => super.blockquote(source));
  }

  override list(source: string): Tokens.List | undefined {
    return this.#deeper(() => super.list(source));
  }

  #deeper<T>(read: () => T | undefined): T | undefined {
    if (this.#depth >= DEEPEST) return undefined;
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }
}

/** The blocks of a text. What cannot be read is one block of plain text, so that nothing is ever left out. */
export function blocksOf(text: string): Token[] {
  if (text.length > LONGEST) return [plain(text)];
  try {
    return Lexer.lex(text, { gfm: true, tokenizer: new Bounded() });
  } catch {
    return [plain(text)];
  }
}

function plain(text: string): Token {
  return { type: "plain", raw: text, text };
}

/**
 * Reads a text that grows at its end. All blocks but the last are settled, so only that one is read again, and
 * the settled ones stay the same objects.
 */
export class GrowingText {
  #text = "";
  #settled: Token[] = [];
  #length = 0;

  read(text: string): Token[] {
    const clean = text.replaceAll("\r\n", "\n");
    if (!clean.startsWith(this.#text)) {
      this.#settled = [];
      this.#length = 0;
    }
    this.#text = clean;
    const rest = clean.slice(this.#length);
    const blocks = blocksOf(rest);
    const last = blocks.findLastIndex((block) => block.type !== "space");
    const done = blocks.slice(0, Math.max(0, last));
    const length = done.reduce((sum, block) => sum + block.raw.length, 0);
    const before = this.#settled;
    // Only where the blocks are the text, character by character, is it known where the next one begins.
    if (rest.startsWith(done.map((block) => block.raw).join(""))) {
      this.#settled = [...before, ...done];
      this.#length += length;
    }
    return [...before, ...blocks];
  }
}

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  middot: "·",
  bull: "•",
  times: "×",
  deg: "°",
  larr: "←",
  rarr: "→",
  copy: "©",
  euro: "€",
};

/** The reader leaves `&amp;` and the like as they are, for HTML; here they become what they stand for. */
export function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g, (whole, decimal, hex, name) => {
    if (name) return ENTITIES[name] ?? whole;
    const code = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
    const real = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return real ? String.fromCodePoint(code) : whole;
  });
}

export interface Target {
  href: string;
  /** Where it really leads, as the address bar would show it. */
  host: string;
}

/** An address that may be opened, and where it leads; nothing for a script, a file or a path of this server. */
export function target(href: string): Target | undefined {
  let url: URL;
  try {
    url = new URL(decoded(href));
  } catch {
    return undefined;
  }
  if (url.protocol === "mailto:") return { href: url.href, host: url.pathname };
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  return url.host ? { href: url.href, host: url.host } : undefined;
}

/** Whether a link's own words already say exactly where it leads. */
export function saysHost(text: string, { href, host }: Target): boolean {
  const said = text.trim().replace(/\/$/, "");
  const plainly = href.replace(/\/$/, "");
  return (
    said === host ||
    said === plainly ||
    `http://${said}` === plainly ||
    `https://${said}` === plainly ||
    said === href.replace(/^mailto:/, "")
  );
}

/** All words of a piece of text, without what is bold, linked and so on. */
export function wordsOf(tokens: Token[] | undefined): string {
  return (tokens ?? [])
    .map((token) =>
      "tokens" in token && token.tokens ? wordsOf(token.tokens) : "text" in token ? token.text : "",
    )
    .join("");
}

/** The heading levels of a text: they begin at `first` and never skip one, whatever the text does. */
export function headingLevels(blocks: Token[], first: number): Map<Token, number> {
  const levels = new Map<Token, number>();
  const open: { depth: number; level: number }[] = [];
  for (const block of blocks) {
    if (block.type !== "heading") continue;
    const { depth } = block as Tokens.Heading;
    while ((open.at(-1)?.depth ?? 0) >= depth) open.pop();
    const level = Math.min(6, (open.at(-1)?.level ?? first - 1) + 1);
    open.push({ depth, level });
    levels.set(block, level);
  }
  return levels;
}
