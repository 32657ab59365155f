// `$1`…`$9`, `$ARGUMENTS` and `$$` in a prompt's text, and names of arguments as `$name`.

const PLACEHOLDER = /\$\$|\$([1-9](?![0-9])|ARGUMENTS\b)/g;
const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g;

/** Where a text takes no arguments, they are put below it. */
export function fillIn(text: string, args: string): string {
  const words = wordsOf(args);
  const taken = [...text.matchAll(PLACEHOLDER)].map((match) => match[1]).filter((name) => name !== undefined);
  const highest = Math.max(0, ...taken.filter((name) => name !== "ARGUMENTS").map(Number));
  const rest = words.slice(highest).join(" ");
  const filled = text.replace(PLACEHOLDER, (_whole, name?: string) => {
    if (name === undefined) return "$";
    return name === "ARGUMENTS" ? (highest > 0 ? rest : args.trim()) : (words[Number(name) - 1] ?? "");
  });
  return taken.length === 0 && args.trim() !== "" ? `${filled}\n\n${args.trim()}` : filled;
}

export const placeholdersOf = (text: string): string[] =>
  [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1]).filter((name) => name !== undefined))].sort();

export const wordsOf = (args: string): string[] =>
  [...args.matchAll(WORD)].map(([, double, single, plain]) => double?.replace(/\\(.)/g, "$1") ?? single ?? plain ?? "");
