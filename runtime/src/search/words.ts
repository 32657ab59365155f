// How a text becomes words to search. Every engine indexes these words and not the text, so all of them find alike.

/** What is searched of one message; the rest of a longer one is kept, but not found. */
const MAX_CHARACTERS = 200_000;
const MAX_WORDS = 20_000;
const MAX_WORD_LENGTH = 64;

// Han and kana are written without blanks: each character is a word.
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[[\p{L}\p{N}]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]]+/gv;
const MARKS = /\p{M}/gu;

/** The words of a text in order: small letters, without accents, nothing but letters and digits in them. */
export function wordsOf(text: string): string[] {
  const words = folded(text.slice(0, MAX_CHARACTERS)).match(WORD) ?? [];
  return words.slice(0, MAX_WORDS).map((word) => [...word].slice(0, MAX_WORD_LENGTH).join(""));
}

/** The different words of a query. Each has to begin a word of what is found. */
export function termsOf(query: string): string[] {
  return [...new Set(wordsOf(query))];
}

export function folded(text: string): string {
  return text.toLowerCase().normalize("NFKD").replace(MARKS, "");
}
