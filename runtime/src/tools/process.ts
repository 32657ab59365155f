// Commands on the agent's own machine; nodejs only. They are told nothing of the agent's variables.

import { spawn } from "node:child_process";
import type { Host, Tool, ToolSourceFactory } from "../contract.ts";
import { integer, object, schema, text, textOf } from "./schemas.ts";

const TIME = 120_000; // milliseconds
const LARGEST = 100_000; // characters of output that are kept

const processTools: ToolSourceFactory = async (_name, config, host) => {
  const cwd = String(config["workingDirectory"] ?? host.environment["DEXTO_DATA_DIR"] ?? ".");
  const longest = Number(config["maxTimeout"] ?? TIME);
  return { tools: async () => [bashExec(cwd, longest, host)], close: async () => undefined };
};

const bashExec = (cwd: string, longest: number, host: Host): Tool => ({
  name: "bash_exec",
  description: "Runs a shell command and returns its exit code and output.",
  inputSchema: schema({ command: text("The command"), timeout: integer("Milliseconds") }, ["command"]),
  async run(args, { signal }) {
    const { command, timeout } = object(args);
    const limit = AbortSignal.timeout(Math.min(Number(timeout ?? longest), longest));
    return run(textOf(command, "command"), cwd, { PATH: host.environment["PATH"] }, AbortSignal.any([signal, limit]));
  },
});

function run(command: string, cwd: string, env: NodeJS.ProcessEnv, signal: AbortSignal) {
  return new Promise<{ exitCode: number | null; output: string }>((resolve, reject) => {
    // A group of its own, so that what the command started ends with it.
    const child = spawn("/bin/sh", ["-c", command], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString("utf8")).slice(0, LARGEST);
    };
    const stop = () => killGroup(child.pid);
    signal.addEventListener("abort", stop, { once: true });
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", reject);
    child.on("close", (exitCode) => {
      signal.removeEventListener("abort", stop);
      resolve({ exitCode, output });
    });
  });
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

export default processTools;
