// A file that whoever runs the agent has named: anywhere, unlike those that a configuration names.

import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { loadFailed, MAX_BYTES, tooLarge } from "./reading.ts";

export async function readFile(place: string): Promise<Uint8Array> {
  const path = place.startsWith("file:") ? fileURLToPath(place) : place;
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw loadFailed(place, `there is no file to read (${error.code ?? "unknown"})`, error);
  });
  try {
    if ((await handle.stat()).size > MAX_BYTES) throw tooLarge(place);
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}
