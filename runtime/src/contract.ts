// What the parts of the runtime are to each other. An entry puts parts together; a bundle carries only the parts
// that its configuration names. Times are milliseconds since the epoch, sizes are bytes.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

// ---------------------------------------------------------------- the bundle: what `dexto:bundle` exports

/** An agent of the project. `config` is its agent.yml as data, `$VARIABLES` unexpanded, URIs logical. */
export interface BundledAgent {
  id: string;
  isDefault: boolean;
  config: Record<string, Json>;
}

/** A resource that the build pinned. `text` is there where it is inside of the bundle, `path` where a file beside it is. */
export interface BundledResource {
  sha256: string;
  size: number;
  text?: string;
  path?: string;
}

/** The virtual module that each build writes. Its parts are imported from this folder, and only those it needs. */
export interface Bundle {
  target: "nodejs" | "cloudflare" | "lambda" | "vercel";
  agents: BundledAgent[];
  resources: Record<string, BundledResource>; // by logical URI
  modules: Record<string, unknown>; // namespaces of the project's own plugins, hooks and storage, by logical URI
  parts: Parts;
}

/** By the name that the configuration has for it: `llm.provider`, `storage.database.type`, `dataSources.*.type`, … */
export interface Parts {
  providers: Record<string, ModelProvider>;
  stores: Record<string, StoreFactory>;
  caches: Record<string, CacheFactory>;
  blobs: Record<string, BlobStoreFactory>;
  readers: Record<string, ReaderFactory>;
  toolSources: Record<string, ToolSourceFactory>;
  hooks: Record<string, HooksFactory>;
}

// ---------------------------------------------------------------- the host: what an entry gives to its parts

/** Where the runtime runs. `waitUntil` keeps the host awake until the promise settles, where it would sleep. */
export interface Host {
  environment: Readonly<Record<string, string | undefined>>;
  bindings: Readonly<Record<string, unknown>>; // R2 buckets and Durable Objects of a Worker; {} elsewhere
  waitUntil(promise: Promise<unknown>): void;
  log(level: "info" | "warn" | "error", message: string, fields?: Record<string, Json>): void;
  turns?: TurnWatch;
  /** Where there are files: the content of one, by a path or a file:// URI. */
  readFile?(place: string): Promise<Uint8Array>;
}

/** For a host whose invocations are limited, or may be lost: turns go on in a later one. */
export interface TurnWatch {
  began(sessionId: string): void;
  /** Between two steps of a turn; settles when there is time for the next. */
  stepped(sessionId: string): Promise<void>;
  ended(sessionId: string): void;
}

// ---------------------------------------------------------------- sessions and messages

/** `metadata` is what a model's provider wants back within the same turn: signatures, names of its own. */
export type Part =
  | { type: "text"; text: string; metadata?: Json }
  | { type: "reasoning"; text: string; metadata?: Json }
  | { type: "image" | "file"; mediaType: string; filename?: string; url?: string; blob?: string };

export interface ToolCall {
  id: string;
  name: string;
  args: Json;
  metadata?: Json; // as of a Part
}

export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
}

export interface Message {
  id: string;
  role: "user" | "assistant" | "tool";
  timestamp: number;
  content: Part[];
  toolCalls?: ToolCall[];
  toolCallId?: string; // of a tool's answer, with the two below
  toolName?: string;
  failed?: boolean;
  tokenUsage?: TokenUsage;
  model?: string;
  provider?: string;
}

export interface Session {
  id: string;
  agentId: string;
  createdAt: number;
  lastActivity: number;
  messageCount: number;
  title: string | null;
  metadata: Record<string, Json>;
}

export interface PaginationOptions {
  limit?: number; // the newest ones
  before?: string; // id of a message: only what came before it
}

export interface SearchQuery {
  text: string;
  sessionId?: string;
  role?: Message["role"];
  limit?: number;
  offset?: number;
}

export interface SearchResult {
  sessionId: string;
  message?: Message;
  score: number;
  excerpt: string;
}

// ---------------------------------------------------------------- stores

/** An agent's memory. A custom storage module keeps the same contract (core/storage_contract.py). */
export interface Store {
  initialize(config: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
  saveSession(session: Session): Promise<void>; // creates or replaces
  getSession(sessionId: string): Promise<Session | null>;
  listSessions(): Promise<Session[]>; // latest activity first
  deleteSession(sessionId: string): Promise<void>; // with its messages
  saveMessages(sessionId: string, messages: Message[]): Promise<void>; // appends; a known id is replaced in its place
  getMessages(sessionId: string, options?: PaginationOptions): Promise<Message[]>; // oldest first
  clearMessages?(sessionId: string): Promise<void>;
  searchMessages?(query: SearchQuery): Promise<SearchResult[]>;
  searchSessions?(query: SearchQuery): Promise<SearchResult[]>;
  /** Where several processes serve the same sessions. Without it, turns are known to one process only. */
  coordination?: Coordination;
}

/** Who runs the turn of a session, and what it says, for every process that looks at the same store. */
export interface Coordination {
  begin(sessionId: string, turnId: string, ttlMs: number): Promise<boolean>; // false while another turn holds it
  renew(sessionId: string, turnId: string, ttlMs: number): Promise<boolean>; // false once it was lost or cancelled
  end(sessionId: string, turnId: string): Promise<void>;
  running(sessionId: string): Promise<string | null>; // the turn's id
  cancel(sessionId: string): Promise<boolean>; // whether one was running
  publish(sessionId: string, turnId: string, event: AgentEvent): Promise<void>;
  follow(sessionId: string, turnId: string, signal: AbortSignal): AsyncIterable<AgentEvent>; // from the turn's start
  /** Answers to approvals travel by the store too. */
  answer(approvalId: string, answer: Json): Promise<void>; // the first answer counts
  awaitAnswer(approvalId: string, signal: AbortSignal): Promise<Json>;
  /** Settles once the turn is cancelled, lost or over, or when the signal says so: sooner than renew can tell. */
  stopped?(sessionId: string, turnId: string, signal: AbortSignal): Promise<void>;
}

export interface Cache {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  delete(key: string): Promise<void>;
  increment(key: string, by: number, ttlMs: number): Promise<number>; // counters of limits; the first sets the time
  close(): Promise<void>;
  /** For stores that have none of their own: a cache that all processes share can tell them of turns. */
  coordination?: Coordination;
}

export interface BlobStore {
  put(content: Uint8Array, mediaType: string): Promise<string>; // its name: sha256 of the content
  get(name: string): Promise<{ content: Uint8Array; mediaType: string } | null>;
  delete(name: string): Promise<void>;
}

/**
 * `config` has its variables in place, `bundle` holds the module of a custom store. The store is ready: `initialize`
 * has been called.
 */
export type StoreFactory = (config: Record<string, Json>, host: Host, bundle: Bundle) => Promise<Store>;
export type CacheFactory = (config: Record<string, Json>, host: Host) => Promise<Cache>;
export type BlobStoreFactory = (config: Record<string, Json>, host: Host) => Promise<BlobStore>;

// ---------------------------------------------------------------- resources

/** Reads what a data source holds. Raises ResourceError with one of the plan's codes. */
export interface ResourceReader {
  read(uri: string): Promise<Uint8Array>;
}

export type ReaderFactory = (source: Record<string, Json>, host: Host, bundle: Bundle) => ResourceReader;

// ---------------------------------------------------------------- models, tools, hooks

/** Makes the model that an agent's `llm` names. The value is a LanguageModel of the AI SDK. */
export type ModelProvider = (llm: { model: string; apiKey?: string; baseURL?: string }, host: Host) => unknown;

export interface Tool {
  name: string;
  description: string;
  inputSchema: Record<string, Json>; // JSON Schema
  /** It changes nothing and reaches nobody, so that nobody is asked before it runs. */
  harmless?: boolean;
  /** What it answers is text or JSON. It throws where the model should hear of a failure. */
  run(args: Json, call: ToolCallContext): Promise<Json>;
}

export interface ToolCallContext {
  sessionId: string;
  callId: string;
  signal: AbortSignal;
  agent: AgentAccess;
}

/** What the built-in tools may do with the agent that calls them. */
export interface AgentAccess {
  searchMessages(query: SearchQuery): Promise<SearchResult[]>;
  resourceNames(): string[];
  resourceText(uri: string): Promise<string>;
  skills(): Promise<{ name: string; description: string }[]>;
  skill(name: string, args: string): Promise<string>;
  /** Puts a question to the person, by way of an approval. Throws where nobody answers. */
  ask(sessionId: string, question: string, schema: Record<string, Json>, signal: AbortSignal): Promise<Json>;
}

/** Tools of one kind or of one MCP server; `close` ends connections and processes. */
export interface ToolSource {
  tools(): Promise<Tool[]>;
  close(): Promise<void>;
}

export type ToolSourceFactory = (name: string, config: Record<string, Json>, host: Host) => Promise<ToolSource>;

export type HookPoint = "beforeLLMRequest" | "beforeToolCall" | "afterToolResult" | "beforeResponse";

export interface HookResult {
  ok: boolean;
  modify?: Record<string, Json>;
  cancel?: boolean;
  message?: string;
  notices?: { kind: string; message: string }[];
}

/** The project's code around a turn. */
export type Hooks = Partial<
  Record<HookPoint, (payload: Record<string, Json>, context: Record<string, Json>) => Promise<HookResult> | HookResult>
> & {
  initialize?(config: Record<string, Json>): Promise<void> | void;
  cleanup?(): Promise<void> | void;
};

export type HooksFactory = (config: Record<string, Json>) => Hooks;

// ---------------------------------------------------------------- events

/** What a client hears of a turn; the name is also the SSE event's. */
export interface AgentEvent {
  name: string;
  sessionId: string;
  [key: string]: Json;
}
