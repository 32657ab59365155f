// What is used of the Workers runtime. The published types replace those of the DOM and of Node, which the other
// entries need.

declare module "cloudflare:workers" {
  export abstract class DurableObject<Env = unknown> {
    protected readonly ctx: DurableObjectState;
    protected readonly env: Env;
    constructor(ctx: DurableObjectState, env: Env);
    fetch?(request: Request): Promise<Response>;
    alarm?(): Promise<void>;
    webSocketMessage?(socket: WorkerSocket, message: string | ArrayBuffer): Promise<void>;
    webSocketClose?(socket: WorkerSocket, code: number, reason: string, clean: boolean): Promise<void>;
    webSocketError?(socket: WorkerSocket, error: unknown): Promise<void>;
  }

  export interface DurableObjectId {
    readonly name?: string;
    toString(): string;
  }

  export interface DurableObjectState {
    readonly id: DurableObjectId;
    readonly storage: DurableObjectStorage;
    waitUntil(promise: Promise<unknown>): void;
    blockConcurrencyWhile<T>(work: () => Promise<T>): Promise<T>;
    acceptWebSocket(socket: WorkerSocket, tags?: string[]): void;
    getWebSockets(tag?: string): WorkerSocket[];
    getTags(socket: WorkerSocket): string[];
    setWebSocketAutoResponse(pair: WebSocketRequestResponsePair): void;
  }

  export interface DurableObjectStorage {
    readonly sql: { exec(query: string, ...bindings: unknown[]): SqlCursor; readonly databaseSize: number };
    transactionSync<T>(work: () => T): T;
    get<T>(key: string): Promise<T | undefined>;
    put(key: string, value: unknown): Promise<void>;
    delete(key: string): Promise<boolean>;
    deleteAll(): Promise<void>;
    getAlarm(): Promise<number | null>;
    setAlarm(time: number): Promise<void>;
    deleteAlarm(): Promise<void>;
    sync(): Promise<void>;
  }

  export interface SqlCursor {
    toArray(): Record<string, unknown>[];
  }

  /** `Methods` are those that others may call: they travel beside HTTP, where no request from outside gets. */
  export interface DurableObjectNamespace<Methods = object> {
    idFromName(name: string): DurableObjectId;
    get(id: DurableObjectId): DurableObjectStub & Methods;
  }

  export interface DurableObjectStub {
    fetch(request: Request | string, init?: RequestInit): Promise<Response>;
  }

  export interface WorkerSocket extends WebSocket {
    serializeAttachment(value: unknown): void;
    deserializeAttachment(): unknown;
  }
}

declare class WebSocketPair {
  readonly 0: import("cloudflare:workers").WorkerSocket;
  readonly 1: import("cloudflare:workers").WorkerSocket;
}

declare class WebSocketRequestResponsePair {
  constructor(request: string, response: string);
}
