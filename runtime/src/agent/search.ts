// Search for stores that have none of their own.

const AROUND = 60; // characters on each side of what was found

/** How often the words occur; 0 where one of them is missing. */
export function score(content: string, query: string): number {
  const text = content.toLowerCase();
  let total = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const times = text.split(word).length - 1;
    if (times === 0) return 0;
    total += times;
  }
  return total;
}

export function excerptOf(content: string, query: string): string {
  const word = query.toLowerCase().split(/\s+/).find(Boolean) ?? "";
  const at = Math.max(0, content.toLowerCase().indexOf(word));
  const from = Math.max(0, at - AROUND);
  const to = Math.min(content.length, at + word.length + AROUND);
  return `${from > 0 ? "…" : ""}${content.slice(from, to)}${to < content.length ? "…" : ""}`;
}
