// What can go wrong in a store or a reader, as errors that a person can act on. `message` holds no secret.

/** An error with a code; `next` says what to do. */
export class Failure extends Error {
  readonly code: string;
  readonly next: string;

  constructor(code: string, message: string, options: { next?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.next = options.next ?? "";
  }
}

/** A store, cache or blob store that cannot do what was asked. */
export class StorageError extends Failure {}

/** A resource that cannot be read, with one of the codes that the build knows too. */
export class ResourceError extends Failure {}

/** What an unknown thrown value says of itself. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
