import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import css from "@xterm/xterm/css/xterm.css?inline";
import { isMac } from "@/lib/keys";
import { copyText } from "@/lib/storage";

const FONT = 'ui-monospace, SFMono-Regular, "Cascadia Mono", "DejaVu Sans Mono", monospace';

/** The sixteen colours that programs choose from, readable on the desktop's own ground. */
const COLOURS = {
  light: {
    black: "#24292f",
    red: "#b3261e",
    green: "#1a6b2f",
    yellow: "#7a5200",
    blue: "#0b5cad",
    magenta: "#8a2f8a",
    cyan: "#0f6674",
    white: "#57606a",
    brightBlack: "#57606a",
    brightRed: "#a4161a",
    brightGreen: "#116329",
    brightYellow: "#6b4700",
    brightBlue: "#0a4f96",
    brightMagenta: "#762676",
    brightCyan: "#0b5561",
    brightWhite: "#32383f",
    selectionBackground: "#9cc9cf",
  },
  dark: {
    black: "#84919b",
    red: "#ff8f85",
    green: "#7ddc8a",
    yellow: "#e6c068",
    blue: "#82b7ff",
    magenta: "#e29bf0",
    cyan: "#6fd6dd",
    white: "#c9d1d6",
    brightBlack: "#97a3ab",
    brightRed: "#ffb0a8",
    brightGreen: "#a3ebac",
    brightYellow: "#f2d68c",
    brightBlue: "#abcfff",
    brightMagenta: "#efbdf8",
    brightCyan: "#9be6eb",
    brightWhite: "#f4f7f8",
    selectionBackground: "#2f5a66",
  },
};

function theme() {
  const { dataset } = document.documentElement;
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    ...COLOURS[dataset.theme === "dark" ? "dark" : "light"],
    background: token("--sunken"),
    foreground: token("--fg"),
    cursor: token("--accent-text"),
    cursorAccent: token("--sunken"),
  };
}

/**
 * The terminal writes its rules into <style> elements, which the content security policy forbids. It makes them while it
 * is opened; what it gets instead hands the rules to style sheets of the document, which belong to the script.
 */
function ownSheets() {
  const own = new Set<CSSStyleSheet>();
  const adopt = (text: string) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    own.add(sheet);
    document.adoptedStyleSheets.push(sheet);
    return sheet;
  };
  const standIn = () => {
    const sheet = adopt("");
    const element = document.createElement("span");
    element.hidden = true;
    Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) });
    return element;
  };
  return {
    adopt,
    during(work: () => void) {
      const make = document.createElement.bind(document);
      document.createElement = (tag: string) => (tag === "style" ? standIn() : make(tag));
      try {
        work();
      } finally {
        // The document's own is behind it.
        Reflect.deleteProperty(document, "createElement");
      }
    },
    leave() {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !own.has(sheet));
    },
  };
}

/** Colours that a program mixes itself are written as style attributes, which the policy forbids as well. */
interface Inside {
  _core?: { _renderService?: { _renderer?: { value?: { _rowFactory?: RowFactory } } } };
}
interface RowFactory {
  _addStyle: (element: HTMLElement, style: string) => void;
}

function colourByProperty(terminal: Terminal): void {
  const factory = (terminal as unknown as Inside)._core?._renderService?._renderer?.value?._rowFactory;
  if (!factory) return;
  factory._addStyle = (element, style) => {
    element.style.cssText += `${style};`;
  };
}

interface Screen {
  terminal: Terminal;
  dispose: () => void;
}

interface Wishes {
  /** What the field is called in which one types, and what is said when there is too much to read out. */
  texts: { input: string; tooMuch: string };
  /** What describes that field. */
  hint: string;
  reader: boolean;
  /** Takes the focus out of the terminal. */
  onLeave: () => void;
}

/** A terminal in this element, as large as it. */
export function openScreen(host: HTMLElement, { texts, hint, reader, onLeave }: Wishes): Screen {
  const sheets = ownSheets();
  sheets.adopt(css);
  Terminal.strings.promptLabel = texts.input;
  Terminal.strings.tooMuchOutput = texts.tooMuch;
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const terminal = new Terminal({
    fontFamily: FONT,
    fontSize: Math.round(rem * 0.8125),
    lineHeight: 1.2,
    scrollback: 5_000,
    screenReaderMode: reader,
    theme: theme(),
    // What a program calls a link leads where it wants, so it is text like any other.
    linkHandler: { activate: () => undefined },
    // Bold text keeps its colour; the bright ones are chosen by the program alone.
    drawBoldTextInBrightColors: false,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  sheets.during(() => terminal.open(host));
  colourByProperty(terminal);
  terminal.textarea?.setAttribute("aria-describedby", hint);
  terminal.attachCustomKeyEventHandler((event) => {
    const { key, shiftKey, ctrlKey, altKey, type } = event;
    if (key === "F6" && shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      if (type === "keydown") onLeave();
      return false;
    }
    // The desktop's own keys, which no program in a terminal is asked with.
    if (altKey && shiftKey) return false;
    if (isMac || !ctrlKey || !shiftKey) return true;
    if (key.toLowerCase() === "c") {
      event.preventDefault();
      if (type === "keydown" && terminal.hasSelection()) void copyText(terminal.getSelection());
      return false;
    }
    // The browser pastes.
    return key.toLowerCase() !== "v";
  });
  const fitted = () => {
    // A window that is minimised has no size.
    if (host.clientWidth > 0 && host.clientHeight > 0) fit.fit();
  };
  fitted();
  const sized = new ResizeObserver(fitted);
  sized.observe(host);
  const painted = new MutationObserver(() => {
    terminal.options.theme = theme();
  });
  painted.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return {
    terminal,
    dispose() {
      sized.disconnect();
      painted.disconnect();
      terminal.dispose();
      sheets.leave();
    },
  };
}

/** All that is on the screen and above it. */
export function textOf(terminal: Terminal): string {
  const buffer = terminal.buffer.active;
  const lines = Array.from(
    { length: buffer.length },
    (_, at) => buffer.getLine(at)?.translateToString(true) ?? "",
  );
  return lines.join("\n").trimEnd();
}
