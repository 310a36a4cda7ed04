/** The lines of a log that grows: cut into whole lines, and never more of them than the page can hold. */

export const mostLines = 50_000;

export class Lines {
  #rest = "";

  /** The complete lines in what has arrived; the beginning of the next one waits for its end. */
  push(chunk: string): string[] {
    const parts = (this.#rest + chunk).split(/\r?\n/);
    this.#rest = parts.pop() ?? "";
    return parts;
  }

  /** What is left when the stream ends. */
  end(): string[] {
    const last = this.#rest;
    this.#rest = "";
    return last === "" ? [] : [last];
  }
}

const terminal = /\p{Cc}\[[0-?]*[ -/]*[@-~]/gu;

/** Colours and cursor movements of terminals are left out; the words stay. */
export function plain(line: string): string {
  return line.replace(terminal, "").replace(/[\p{Cc}]/gu, (char) => (char === "\t" ? char : ""));
}
