/** A user name out of a person's name: "Ada Lovelace" → "ada". */
export function usernameFrom(name: string): string {
  const first = name.trim().split(/\s+/)[0] ?? "";
  return first
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[^a-z]+/, "")
    .slice(0, 32);
}

export type Strength = "short" | "weak" | "fair" | "good";

/** Says in a word how hard a password is to guess: length first, then how much of it repeats or is known. */
export function strength(password: string, known: string[] = []): Strength {
  if (password.length < 10) return "short";
  const text = password.toLowerCase();
  const personal = known.some((word) => word.length > 2 && text.includes(word.trim().toLowerCase()));
  const distinct = new Set(text).size;
  const row = /(.)\1{3,}|0123|1234|2345|3456|4567|5678|6789|abcd|qwer|passw|letme/.test(text);
  if (distinct < 5 || (row && password.length < 16)) return "weak";
  if (personal || distinct < 8 || password.length < 12) return "fair";
  return "good";
}
