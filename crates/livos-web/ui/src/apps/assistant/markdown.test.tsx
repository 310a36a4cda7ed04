import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadTexts } from "@/lib/i18n";
import { decoded, GrowingText, saysHost, type Token, target } from "./core/markdown";
import { Markdown } from "./Markdown";

afterEach(cleanup);
await loadTexts("assistant");

const show = (text: string, growing = false) =>
  render(<Markdown text={text} growing={growing} />).container.firstElementChild as HTMLElement;

describe("Markdown", () => {
  it("shows what people write", () => {
    const box = show(
      "# One\n\n### Two\n\nA **bold**, *soft* and `code` word, ~~gone~~.\n\n- a\n  - b\n\n3. c\n\n> said\n\n---\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|--:|\n| 1<br>2 | 3 |\n\nR&amp;D &#8211; 1 &lt; 2",
    );
    expect([...box.querySelectorAll("h4, h5, h6")].map((one) => one.tagName)).toEqual(["H4", "H5"]);
    expect(box.querySelector("strong")?.textContent).toBe("bold");
    expect(box.querySelector("ol")?.getAttribute("start")).toBe("3");
    expect(box.querySelectorAll("ul ul li")).toHaveLength(1);
    expect(box.querySelectorAll("td br")).toHaveLength(1);
    expect(box.textContent).toContain("R&D – 1 < 2");
    expect(within(box).getByText("Done:")).toBeTruthy();
    expect(within(box).getByText("To do:")).toBeTruthy();
  });

  it("makes no element of what is HTML", () => {
    const html =
      '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> <b onclick="x">b</b> <iframe src="//x"></iframe>';
    const box = show(html);
    expect(box.querySelector("script, img, b, iframe, [onclick], [onerror], [src]")).toBeNull();
    expect(box.textContent).toContain("<script>alert(1)</script>");
    expect(box.textContent).toContain("onerror=alert(1)");
  });

  it.each([
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html,<script>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](/files/home)",
    "[x](//evil.example)",
    "[x](blob:https://a.example/1)",
    "[x](\tjavascript:alert(1))",
  ])("opens nothing with %s", (text) => {
    const box = show(text);
    expect(box.querySelector("a")).toBeNull();
    expect(box.textContent).toContain("x");
  });

  it("says where a link leads, whatever its words say", () => {
    const box = show(
      "[https://bank.example](https://bank.example@evil.example/login) and [guide](https://docs.example/a) and https://plain.example/b and <https://xn--80ak6aa92e.com>",
    );
    const links = [...box.querySelectorAll("a")];
    expect(links.map((link) => link.rel)).toEqual(links.map(() => "noreferrer noopener"));
    expect(box.textContent).toContain("https://bank.example (evil.example)");
    expect(box.textContent).toContain("guide (docs.example)");
    expect(box.textContent).not.toContain("(plain.example)");
  });

  it("loads no picture", () => {
    const box = show(
      "![a cat](https://cats.example/cat.png) ![x](data:image/png;base64,AA==) [![y](https://a.example/y.png)](https://b.example)",
    );
    expect(box.querySelector("img, svg image, [src], [style*=url]")).toBeNull();
    expect(within(box).getByRole("link", { name: "Open on cats.example" }).getAttribute("href")).toBe(
      "https://cats.example/cat.png",
    );
    expect(within(box).getByText(/not shown/)).toBeTruthy();
    expect(box.querySelectorAll("a a")).toHaveLength(0);
  });

  it("shows a part of a giant table until more is asked for", () => {
    const wide = `| ${"a | ".repeat(100)}\n|${"---|".repeat(100)}\n| ${"1 | ".repeat(100)}\n`;
    const box = show(`| a | b |\n|---|---|\n${"| 1 | 2 |\n".repeat(3_000)}\n\n${wide}`);
    expect(box.querySelectorAll("td").length).toBeLessThan(1_300);
    const more = [...box.querySelectorAll("button")].find(
      (one) => one.textContent === "Show 2,500 more rows",
    );
    fireEvent.click(more as HTMLElement);
    expect(box.querySelectorAll("td").length).toBeLessThan(5_100);
    expect(box.textContent).toContain("500 more rows are not shown");
    expect(box.textContent).toContain("40 of 100 columns");
  });

  it.each([
    ["quotes", "> ".repeat(20_000)],
    ["lists", Array.from({ length: 400 }, (_, depth) => `${"  ".repeat(depth)}- x`).join("\n")],
    ["emphasis", "*a **b ".repeat(2_000)],
    ["brackets", "[".repeat(20_000)],
    ["links", "[a](".repeat(5_000)],
    ["length", "word ".repeat(100_000)],
  ])("survives endless %s", (_, text) => {
    const box = show(text);
    expect(box.childElementCount).toBeGreaterThan(0);
  });

  it("copies code without reading it", async () => {
    const copied = vi.fn().mockResolvedValue(undefined);
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: copied } });
    show("```ts title=x\nconst a = '<b>';\n```");
    expect(screen.getByText("ts")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Copy" }));
    expect(copied).toHaveBeenCalledWith("const a = '<b>';");
    const wrap = screen.getByRole("button", { name: "Wrap long lines" });
    fireEvent.click(wrap);
    expect(wrap.getAttribute("aria-pressed")).toBe("true");
    vi.unstubAllGlobals();
  });
});

describe("a text that grows", () => {
  const text =
    "# One\n\nA *word* and\nmore.\n\n- a\n- b\n\n  still b\n\n```\ncode\n\nmore\n```\n\n| a |\n|---|\n| 1 |\n| 2 |\n\nThe **end**.";
  const raws = (tokens: Token[]) =>
    tokens.filter(({ type }) => type !== "space").map(({ type, raw }) => [type, raw.trim()]);

  it("is read as it would be at once, wherever it is cut", () => {
    const whole = raws(new GrowingText().read(text));
    for (const step of [1, 2, 3, 7, 13, 29]) {
      const reader = new GrowingText();
      let read: Token[] = [];
      for (let end = step; end < text.length + step; end += step) read = reader.read(text.slice(0, end));
      expect(raws(read)).toEqual(whole);
    }
  });

  it("keeps the blocks that are settled, so that they are not drawn again", () => {
    const reader = new GrowingText();
    const first = reader.read("One.\n\nTwo.\n\nThr");
    const next = reader.read("One.\n\nTwo.\n\nThree.");
    expect(next[0]).toBe(first[0]);
    expect(next[2]).toBe(first[2]);
    expect(next.at(-1)?.raw).toBe("Three.");
  });

  it("begins anew when it is another text", () => {
    const reader = new GrowingText();
    reader.read("One.\n\nTwo.\n\nThree.");
    expect(raws(reader.read("Other."))).toEqual([["paragraph", "Other."]]);
  });
});

describe("addresses", () => {
  it.each([
    ["https://a.example/x", "a.example"],
    ["http://a.example:8080", "a.example:8080"],
    ["https://user:pw@b.example", "b.example"],
    ["mailto:ada@example.org", "ada@example.org"],
    ["https://", undefined],
    ["ftp://a.example", undefined],
    ["x", undefined],
    ["mailto:%E0%A4%A", "%E0%A4%A"],
  ])("%s leads to %s", (href, host) => {
    expect(target(href)?.host).toBe(host);
  });

  it("need no host beside them when they are one", () => {
    const to = { href: "https://a.example/", host: "a.example" };
    expect(["https://a.example", "a.example", "a.example/"].map((text) => saysHost(text, to))).toEqual([
      true,
      true,
      true,
    ]);
    expect(saysHost("https://b.example", to)).toBe(false);
  });

  it("and texts are decoded once", () => {
    expect(decoded("&amp;lt; &#x41; &#0; &#xD800; &nope;")).toBe("&lt; A &#0; &#xD800; &nope;");
  });
});
