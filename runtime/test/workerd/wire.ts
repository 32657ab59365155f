// Values as text, bytes among them.

export function toWire(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    one instanceof Uint8Array ? { $bytes: Array.from(one, (byte) => byte.toString(16).padStart(2, "0")).join("") } : one,
  );
}

export function fromWire(text: string): unknown {
  return JSON.parse(text, (_key, one: unknown) => {
    const bytes = (one as { $bytes?: string } | null)?.$bytes;
    return bytes === undefined ? one : Uint8Array.from(bytes.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  });
}
