// One agent: its configuration with the parts that serve it. What costs time is made when it is first needed.

import type { LanguageModelV4 } from "@ai-sdk/provider";
import type { AgentAccess, BlobStore, Bundle, BundledAgent, Cache, HookPoint, Host, Json, Store } from "../contract.ts";
import { RuntimeError } from "../errors.ts";
import { HookChain } from "../hooks/chain.ts";
import { PromptCatalogue } from "../prompts/catalogue.ts";
import { systemPrompt } from "../prompts/system-prompt.ts";
import { Approvals } from "./approvals.ts";
import { LocalCoordination } from "./local-coordination.ts";
import { languageModel } from "./language-model.ts";
import { Resources } from "./resources.ts";
import { Sessions } from "./sessions.ts";
import { readSettings, type LlmSettings, type Settings } from "./settings.ts";
import { openBlobs, openCache, openStore } from "./storage.ts";
import { Toolset, type OwnedTool } from "./toolset.ts";
import type { TurnScope } from "./turn.ts";
import { Turns } from "./turns.ts";

type Data = Record<string, Json>;

const SECRET = /KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL/i; // in a variable's name

export interface Residence {
  /** Whether this process goes on living after a request was answered. */
  resident: boolean;
  /** Whether each session lives elsewhere, so that what others have to know of it is kept with it. */
  scattered?: boolean;
}

export class Agent {
  readonly settings: Settings;
  readonly host: Host;
  readonly sessions: Sessions;
  readonly approvals: Approvals;
  readonly turns: Turns;
  readonly resources: Resources;
  readonly hooks: HookChain;
  readonly blobs: BlobStore | null;
  readonly cache: Cache | null;
  /** Whether an answer to a question can reach a turn that asks it. */
  readonly canAsk: boolean;
  /** Whether a choice is kept in its session: also where the next turn may come to another process. */
  readonly keepsChoices: boolean;
  /** Tools that the person said yes to for good, by session. */
  readonly allowedTools = new Map<string, Set<string>>();
  readonly #bundle: Bundle;
  readonly #toolset: Toolset;
  #prompts: Promise<PromptCatalogue> | null = null;

  private constructor(settings: Settings, bundle: Bundle, host: Host, parts: OpenedParts, residence: Residence) {
    this.settings = settings;
    this.host = host;
    this.#bundle = bundle;
    this.hooks = parts.hooks;
    this.blobs = parts.blobs;
    this.cache = parts.cache;
    this.resources = new Resources(bundle, host, settings);
    this.sessions = new Sessions(parts.store, settings.id, settings.sessions);
    const { resident, scattered = false } = residence;
    const shared = parts.store.coordination ?? parts.cache?.coordination;
    const coordination = shared ?? new LocalCoordination();
    this.canAsk = resident || shared !== undefined;
    this.keepsChoices = settings.permissions.keepsChoices || shared !== undefined || scattered;
    this.approvals = new Approvals(coordination, this.sessions, { shared: shared !== undefined || scattered });
    this.turns = new Turns(this, coordination, { resident, shared: shared !== undefined });
    this.#toolset = new Toolset(settings, bundle, host);
  }

  static async open(bundled: BundledAgent, bundle: Bundle, host: Host, residence: Residence): Promise<Agent> {
    const settings = readSettings(bundled, host);
    const [store, cache, blobs, hooks] = await Promise.all([
      openStore(settings, bundle, host),
      openCache(settings, bundle, host),
      openBlobs(settings, bundle, host),
      HookChain.load(settings, bundle, host),
    ]);
    return new Agent(settings, bundle, host, { store, cache, blobs, hooks }, residence);
  }

  /** As the configuration has them, where no variable is in the way. */
  get modelName(): { provider: string; model: string } {
    const { provider, model } = this.#llmOrNull() ?? { provider: "unknown", model: "unknown" };
    return { provider, model };
  }

  /** What a caller may know of the model: never its key, nor where it is asked. */
  get modelDescription(): Data {
    const llm = this.#llmOrNull();
    const { maxInputTokens, maxOutputTokens, maxIterations, temperature } = llm ?? {};
    const limits = Object.entries({ maxInputTokens, maxOutputTokens, maxIterations, temperature });
    const known = limits.filter((entry): entry is [string, number] => entry[1] !== undefined);
    const { provider, model } = this.modelName;
    return { provider, model, displayName: model, ...Object.fromEntries(known) };
  }

  get mediaTypes(): string[] | undefined {
    return this.#llmOrNull()?.allowedMediaTypes;
  }

  /** Values that no message to the outside may hold. */
  get secrets(): string[] {
    const named = Object.entries(this.host.environment).filter(([name]) => SECRET.test(name));
    const key = this.#llmOrNull()?.apiKey;
    const values = named.flatMap(([, value]) => (typeof value === "string" ? value.split(",") : []));
    return [...values, ...(key === undefined ? [] : [key])];
  }

  model(llm: LlmSettings): LanguageModelV4 {
    return languageModel(llm, this.#bundle, this.host);
  }

  tools(): Promise<Map<string, OwnedTool>> {
    return this.#toolset.tools();
  }

  systemPrompt(): Promise<string> {
    return systemPrompt({ settings: this.settings, resources: this.resources, bundle: this.#bundle, host: this.host });
  }

  prompts(): Promise<PromptCatalogue> {
    this.#prompts ??= PromptCatalogue.load(this.settings, this.resources).catch((error: unknown) => {
      this.#prompts = null;
      throw error;
    });
    return this.#prompts;
  }

  runHooks<Payload extends Data>(point: HookPoint, payload: Payload, { sessionId }: TurnScope): Promise<Payload> {
    if (!this.hooks.has(point)) return Promise.resolve(payload);
    return this.hooks.run(point, payload, { sessionId, agentId: this.settings.id, ...this.modelName });
  }

  accessFor(scope: TurnScope): AgentAccess {
    return {
      searchMessages: (query) => this.sessions.searchMessages(query),
      resourceNames: () => this.resources.names,
      resourceText: (uri) => this.resources.text(uri),
      skills: async () => (await this.prompts()).all().map(({ name, description }) => ({ name, description })),
      skill: async (name, args) => (await this.prompts()).resolve(name, args).text,
      ask: (sessionId, question, schema, signal) => this.#ask(scope, sessionId, question, schema, signal),
    };
  }

  async close(): Promise<void> {
    await this.#toolset.close();
    await this.hooks.close();
    await this.sessions.store.close();
    await this.cache?.close();
  }

  async #ask(scope: TurnScope, sessionId: string, question: string, schema: Data, signal: AbortSignal): Promise<Json> {
    if (!this.canAsk) throw new RuntimeError("nobody_to_ask", "Nobody can answer here.");
    const { timeout } = this.settings.permissions;
    const request = { type: "elicitation", sessionId, timeout, metadata: { prompt: question, schema } } as const;
    const answer = await this.approvals.ask(request, scope.emit, signal);
    if (answer.status !== "approved") throw new RuntimeError("not_answered", `The question was ${answer.status}.`);
    return answer.formData ?? null;
  }

  #llmOrNull(): LlmSettings | null {
    try {
      return this.settings.llm();
    } catch {
      return null;
    }
  }
}

interface OpenedParts {
  store: Store;
  cache: Cache | null;
  blobs: BlobStore | null;
  hooks: HookChain;
}
