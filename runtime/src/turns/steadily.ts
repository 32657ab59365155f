// A connection that breaks for a moment shall not end a turn.

const PAUSES_MS = [50, 250, 1_000];

/** What the call answers; after a failure it is made again. Only for calls that may be made twice. */
export async function steadily<T>(call: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await call();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return call();
}
