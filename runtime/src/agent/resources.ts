// Texts that the configuration names by URI: from inside of the bundle, or through the reader of their data source.

import type { Bundle, Host, ResourceReader } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import type { Settings } from "./settings.ts";

export class Resources {
  readonly #bundle: Bundle;
  readonly #host: Host;
  readonly #settings: Settings;
  readonly #readers = new Map<string, ResourceReader>();
  readonly #texts = new Map<string, Promise<string>>(); // a build pins what it names, so nothing here grows old

  constructor(bundle: Bundle, host: Host, settings: Settings) {
    this.#bundle = bundle;
    this.#host = host;
    this.#settings = settings;
  }

  /** The URIs that the build pinned, for tools that list them. */
  get names(): string[] {
    return Object.keys(this.#bundle.resources);
  }

  text(uri: string, source = "fs"): Promise<string> {
    const digest = this.#bundle.resources[uri]?.sha256;
    const key = digest ?? `${source} ${uri}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = this.#read(uri, source);
      this.#texts.set(key, text);
      text.catch(() => this.#texts.delete(key));
    }
    return text;
  }

  async #read(uri: string, source: string): Promise<string> {
    const inside = this.#bundle.resources[uri]?.text;
    if (inside !== undefined && !("bundled" in this.#bundle.parts.readers)) return inside;
    const content = await this.#reader(uri, source).read(uri);
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  }

  #reader(uri: string, source: string): ResourceReader {
    const config = this.#settings.dataSources[source] ?? { type: "fs" };
    const pinned = this.#bundle.resources[uri] !== undefined && "bundled" in this.#bundle.parts.readers;
    const name = pinned ? "bundled" : String(config["type"]);
    const known = this.#readers.get(`${name} ${source}`);
    if (known) return known;
    const factory = this.#bundle.parts.readers[name];
    if (!factory) throw notHere(uri);
    const reader = factory(this.#settings.expanded(config), this.#host, this.#bundle);
    this.#readers.set(`${name} ${source}`, reader);
    return reader;
  }
}

const notHere = (uri: string) =>
  new RuntimeError("resource_not_found", `${uri.split("?", 1)[0]} is not in this bundle.`, {
    status: 500,
    scope: "resource",
    type: "system",
  });
