// Stack traces for the log in the words of the project's own files. The map is read when there is a trace to say and is
// then let go: Node's own way (--enable-source-maps) keeps it, which costs an agent 30 MB.

import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

const code = import.meta.url;

/** The text with each place in the bundle's one file told as a place in a source; as it is where there is no map. */
export function inSources(text: string): string {
  if (!text.includes(code)) return text;
  const map = sourceMap();
  if (map === null) return text;
  return text.replace(PLACE, (whole, line: string, column: string) => {
    const origin = map.findOrigin(Number(line), Number(column));
    return "fileName" in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : whole;
  });
}

const PLACE = new RegExp(`${code.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}:(\\d+):(\\d+)`, "g");

function sourceMap(): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(code)}.map`, "utf8")));
  } catch {
    return null;
  }
}
