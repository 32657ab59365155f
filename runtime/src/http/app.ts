// The HTTP interface of a bundle: each agent at /agents/<id>, the default one at the root too.

import { Hono, type Context } from "hono";
import { Agent, type Residence } from "../agent/agent.ts";
import { configured } from "../config-source.ts";
import type { Bundle, BundledAgent, Host } from "../contract.ts";
import { allowedOrigins, callers, forwardedAddress, Limits, type AddressOf } from "./access.ts";
import { agentCard } from "./agent-card.ts";
import { errorAnswer, routeNotFound } from "./answers.ts";
import { catalogueRoutes } from "./catalogue-routes.ts";
import { messageRoutes, type AgentEnv } from "./message-routes.ts";
import { openApi } from "./openapi.ts";
import { chatPage, PAGE_HEADERS } from "./page.ts";
import { sessionRoutes } from "./session-routes.ts";

export interface App {
  fetch(request: Request): Response | Promise<Response>;
  /** Settles once no turn is running. */
  drained(): Promise<void>;
  close(): Promise<void>;
  readonly agents: readonly Agent[];
}

export interface AppOptions extends Residence {
  addressOf?: AddressOf;
  /** Routes that only this entry has, below /api of each agent. */
  extend?(routes: Hono<AgentEnv>, agent: Agent, limits: Limits): void;
}

export async function createApp(built: Bundle, host: Host, options: AppOptions): Promise<App> {
  const bundle = await configured(built, host);
  const agents = await Promise.all(bundle.agents.map((one) => Agent.open(one, bundle, host, options)));
  const first = agents[defaultIndex(bundle.agents)];
  const routes = router(bundle, agents, first, host, options);
  return {
    agents,
    fetch: (request) => routes.fetch(request),
    drained: async () => void (await Promise.all(agents.map((agent) => agent.turns.drained()))),
    close: async () => void (await Promise.allSettled(agents.map((agent) => agent.close()))),
  };
}

const defaultIndex = (agents: BundledAgent[]): number =>
  Math.max(
    0,
    agents.findIndex((agent) => agent.isDefault),
  );

function router(
  bundle: Bundle,
  agents: Agent[],
  first: Agent | undefined,
  host: Host,
  { addressOf = forwardedAddress, extend }: AppOptions,
): Hono<AgentEnv> {
  const app = new Hono<AgentEnv>();
  const limits = new Limits(host, first?.cache ?? null);
  app.onError((error, c) => errorAnswer(c, error, host.log));
  app.notFound((c) => errorAnswer(c, routeNotFound(), host.log));
  app.get("/health", (c) => c.text("OK"));
  for (const agent of agents) app.get(`/agents/${encodeURIComponent(agent.settings.id)}`, page(agent));
  if (first) app.get("/", page(first));
  app.use(allowedOrigins(host), callers(host, addressOf));
  app.get("/.well-known/dexto-deployment", (c) => c.json(deployment(bundle, host)));
  app.use("/api/*", limited(limits)).use("/agents/*", limited(limits));
  app.get("/openapi.json", (c) => c.json(openApi(agents.map((agent) => agent.settings.id))));
  for (const agent of agents) {
    app.route(`/agents/${encodeURIComponent(agent.settings.id)}`, agentRoutes(agent, limits, host, extend));
  }
  if (first) app.route("/", agentRoutes(first, limits, host, extend));
  return app;
}

/** Without a key, also where callers need one: whoever talks on it is asked for it. */
const page = (agent: Agent) => (c: Context<AgentEnv>) => c.html(chatPage(agent.settings.name), 200, PAGE_HEADERS);

const limited = (limits: Limits) => async (c: Context<AgentEnv>, next: () => Promise<void>) => {
  await limits.request(c.get("caller"));
  await next();
};

function agentRoutes(agent: Agent, limits: Limits, host: Host, extend: AppOptions["extend"]): Hono<AgentEnv> {
  const routes = new Hono<AgentEnv>();
  const needsKey = Boolean(host.environment["DEXTO_API_KEYS"]);
  routes.get("/health", (c) => c.text("OK"));
  routes.get("/.well-known/agent-card.json", (c) => {
    const address = c.req.url.replace(/\/\.well-known\/agent-card\.json.*$/, "");
    return c.json(agentCard(agent, address, needsKey));
  });
  routes.route("/api", messageRoutes(agent, limits));
  routes.route("/api", sessionRoutes(agent, limits));
  routes.route("/api", catalogueRoutes(agent));
  const more = new Hono<AgentEnv>();
  extend?.(more, agent, limits);
  routes.route("/api", more);
  return routes;
}

const deployment = ({ target }: Bundle, { environment }: Host) => ({
  deployment: environment["DEXTO_DEPLOYMENT"] ?? "",
  commit: environment["DEXTO_COMMIT"] ?? "",
  environment: environment["DEXTO_ENVIRONMENT"] ?? "",
  runtime: target,
});
