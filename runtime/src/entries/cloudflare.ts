// An agent as a Worker. Each session lives in a Durable Object of its own, where the same app runs as everywhere; what
// belongs to no session is answered by the agent's directory. The Worker only finds the object.

import { bundle } from "dexto:bundle";
import { defaultAgent } from "../cloudflare/bundles.ts";
import { hostOf } from "../cloudflare/host.ts";
import { Objects, type Env } from "../cloudflare/objects.ts";
import { placeOf } from "../cloudflare/routing.ts";
import { withKeyFromProtocol } from "../cloudflare/socket-key.ts";
import type { BundledAgent } from "../contract.ts";
import { identification } from "../http/access.ts";

export { ConversationObject } from "../cloudflare/conversation-object.ts";
export { DirectoryObject } from "../cloudflare/directory-object.ts";
export { SessionObject } from "../cloudflare/session-object.ts";

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

const agentIds = bundle.agents.map(({ id }: BundledAgent) => id);

export default {
  async fetch(received: Request, env: Env, ctx: Context): Promise<Response> {
    if (new URL(received.url).pathname === "/health") return new Response("OK");
    const { kind, agentId, id, request } = await placeOf(withKeyFromProtocol(received), agentIds, defaultAgent(bundle));
    const objects = new Objects(env, agentId);
    // A stranger makes no objects: the directory is there anyway, and refuses as every object would.
    const { refused } = await identification(hostOf(env, ctx))(request);
    if (kind === "directory" || refused) return objects.directoryStub.fetch(request);
    if (kind === "session") return objects.session(id).fetch(request);
    return env.CONVERSATIONS.get(env.CONVERSATIONS.idFromName(id)).fetch(request);
  },
};
