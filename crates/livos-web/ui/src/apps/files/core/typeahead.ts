/** Type to jump: letters typed within `pause` belong together; the same letter again goes to the next match. */

export type TypeAhead = { readonly text: string; readonly at: number };

export const idle: TypeAhead = { text: "", at: 0 };

const pause = 800;

const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

export function typed(
  state: TypeAhead,
  char: string,
  now: number,
  names: { length: number; nameAt(index: number): string },
  focus: number,
): { state: TypeAhead; index: number } {
  const fresh = now - state.at > pause;
  const text = (fresh ? "" : state.text) + fold(char);
  const repeated = text.length > 1 && [...text].every((c) => c === text[0]);
  const wanted = repeated ? (text[0] ?? "") : text;
  // A growing word may still match the row it is on; a first letter or a repeated one looks further.
  const start = text.length === 1 || repeated ? focus + 1 : Math.max(0, focus);
  const count = names.length;
  for (let i = 0; i < count; i += 1) {
    const index = (start + i) % count;
    if (fold(names.nameAt(index)).startsWith(wanted)) return { state: { text, at: now }, index };
  }
  return { state: { text, at: now }, index: -1 };
}

/** True while a space belongs to a name being typed rather than to the preview key. */
export function isTyping(state: TypeAhead, now: number): boolean {
  return state.text !== "" && now - state.at <= pause;
}
