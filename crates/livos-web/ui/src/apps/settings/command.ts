/**
 * A typed command as the words it runs with. Quotes keep a word with spaces whole, as in a shell; nothing else of a
 * shell means anything. Nothing if a quote has no end.
 */
export function wordsOf(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const letter of text.trim()) {
    if (quote) {
      if (letter === quote) quote = "";
      else word = (word ?? "") + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + letter;
    }
  }
  if (word !== undefined) words.push(word);
  return quote ? undefined : words;
}

/** The same back, so that it is read as these words. */
export function typed(words: string[]): string {
  const one = (word: string) => {
    if (word !== "" && !/[\s'"]/.test(word)) return word;
    return word.includes('"') ? word.split("'").map(single).join('"\'"') : `"${word}"`;
  };
  return words.map(one).join(" ");
}

const single = (part: string) => `'${part}'`;
