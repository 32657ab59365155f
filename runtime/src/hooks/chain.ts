// The hooks of an agent in their order: built-in ones and the project's own code, each within its time.

import type { Bundle, Host, HookPoint, HookResult, Hooks, Json } from "../contract.ts";
import { publicMessage, RuntimeError } from "../errors.ts";
import type { HookSettings, PluginSettings, Settings } from "../agent/settings.ts";
import { within } from "./time-limit.ts";

const SECONDS = 5;
const POINTS: readonly HookPoint[] = ["beforeLLMRequest", "beforeToolCall", "afterToolResult", "beforeResponse"];

type Data = Record<string, Json>;

interface Link {
  name: string;
  priority: number;
  blocking: boolean;
  hooks: Hooks;
}

export class HookBlocked extends RuntimeError {
  constructor(name: string, message: string) {
    super("hook_blocked", message, { status: 403, scope: "hook", type: "forbidden", context: { hook: name } });
    this.name = "HookBlocked";
  }
}

export class HookChain {
  readonly #links: Link[];
  readonly #log: Host["log"];

  private constructor(links: Link[], log: Host["log"]) {
    this.#links = links;
    this.#log = log;
  }

  /** Throws where a blocking hook cannot be set up; another is left out. */
  static async load(settings: Settings, bundle: Bundle, host: Host): Promise<HookChain> {
    const links: Link[] = [];
    for (const one of settings.hooks) links.push(builtIn(one, bundle));
    for (const one of settings.plugins) links.push(ofProject(one, bundle));
    const chain = new HookChain(
      links.sort((one, other) => one.priority - other.priority),
      host.log,
    );
    await chain.#initialize(settings);
    return chain;
  }

  has(point: HookPoint): boolean {
    return this.#links.some(({ hooks }) => typeof hooks[point] === "function");
  }

  /** The payload as the hooks leave it; they can change what it has, and add nothing. Throws HookBlocked. */
  async run<Payload extends Data>(point: HookPoint, payload: Payload, context: Data): Promise<Payload> {
    let current = payload;
    for (const link of this.#links) {
      if (typeof link.hooks[point] !== "function") continue;
      const result = await this.#one(link, point, current, context);
      if (result.modify) current = modified(current, result.modify);
      if (result.cancel && link.blocking) throw new HookBlocked(link.name, said(link, result));
    }
    return current;
  }

  async close(): Promise<void> {
    for (const { hooks } of this.#links) await hooks.cleanup?.();
  }

  async #initialize(settings: Settings): Promise<void> {
    const configs = new Map(settings.plugins.map((plugin) => [plugin.name, plugin.config]));
    for (const link of [...this.#links]) {
      try {
        const config = settings.expanded(configs.get(link.name) ?? {});
        await within(SECONDS, async () => link.hooks.initialize?.(config));
      } catch (error) {
        this.#failed(link, "initialize", error);
        this.#links.splice(this.#links.indexOf(link), 1);
      }
    }
  }

  async #one(link: Link, point: HookPoint, payload: Data, context: Data): Promise<HookResult> {
    try {
      const result = await within(SECONDS, async () => link.hooks[point]!(structuredClone(payload), context));
      for (const notice of result?.notices ?? []) this.#log("info", notice.message, { hook: link.name });
      if (result?.ok === false && !result.cancel) throw new Error(said(link, result));
      return result ?? { ok: true };
    } catch (error) {
      this.#failed(link, point, error);
      return { ok: false };
    }
  }

  /** A blocking hook's failure stops what it watches. */
  #failed(link: Link, point: string, error: unknown): void {
    const message = publicMessage(error);
    this.#log("error", `The hook ${link.name} failed in ${point}: ${message}`, { hook: link.name, point });
    if (link.blocking) throw new HookBlocked(link.name, `The hook ${link.name} failed: ${message}`);
  }
}

const said = ({ name }: Link, result: HookResult): string => result.message ?? `The hook ${name} stopped this.`;

function modified<Payload extends Data>(payload: Payload, changes: Data): Payload {
  const known = Object.entries(changes).filter(([key]) => Object.hasOwn(payload, key));
  return { ...payload, ...Object.fromEntries(known) };
}

function builtIn({ type, priority, blocking, config }: HookSettings, bundle: Bundle): Link {
  const factory = bundle.parts.hooks[type];
  if (!factory) throw notInBundle(type);
  return { name: type, priority, blocking, hooks: factory(config) };
}

function ofProject({ name, module, priority, blocking, config }: PluginSettings, bundle: Bundle): Link {
  const namespace = bundle.modules[module] as Record<string, unknown> | undefined;
  if (!namespace) throw notInBundle(name);
  for (const candidate of [namespace["default"], namespace[name], ...Object.values(namespace)]) {
    const hooks = asHooks(candidate, config);
    if (hooks) return { name, priority, blocking, hooks };
  }
  throw new RuntimeError("hook_without_methods", `The plugin ${name} exports no object or class with hooks.`, {
    status: 500,
    scope: "hook",
    type: "system",
  });
}

/** An object with hooks, a class of such objects, or a function that makes one. */
function asHooks(candidate: unknown, config: Data): Hooks | null {
  if (isHooks(candidate)) return candidate;
  if (typeof candidate !== "function") return null;
  if (isHooks(candidate.prototype)) return new (candidate as new (config: Data) => Hooks)(config);
  if (/^class\b/.test(Function.prototype.toString.call(candidate))) return null;
  const made: unknown = (candidate as (config: Data) => unknown)(config);
  return isHooks(made) ? made : null;
}

const isHooks = (value: unknown): value is Hooks =>
  typeof value === "object" && value !== null && POINTS.some((point) => typeof (value as Hooks)[point] === "function");

const notInBundle = (name: string) =>
  new RuntimeError("hook_not_in_bundle", `The hook ${name} is not in this bundle.`, {
    status: 500,
    scope: "hook",
    type: "system",
  });
