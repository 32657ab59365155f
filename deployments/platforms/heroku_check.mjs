// Heroku's release phase: before a release takes the traffic, its agent must answer /health here.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

const seconds = Number(process.argv[2]);
const port = await new Promise((resolve) => {
  const server = createServer().listen(0, () => {
    const found = server.address().port;
    server.close(() => resolve(found));
  });
});
const environment = { ...process.env, PORT: String(port) };
const agent = spawn(process.execPath, ["--optimize-for-size", "index.mjs"], { env: environment, stdio: "inherit" });
let ended = false;
agent.on("exit", () => (ended = true));

const isHealthy = () =>
  fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(5_000) }).then(
    (answer) => answer.ok,
    () => false,
  );

const deadline = Date.now() + seconds * 1_000;
let healthy = false;
while (!healthy && !ended && Date.now() < deadline) {
  healthy = await isHealthy();
  if (!healthy) await new Promise((resolve) => setTimeout(resolve, 100));
}
if (!healthy) console.error(ended ? "The agent ended by itself." : `The agent is not healthy after ${seconds} s.`);
agent.kill("SIGKILL");
process.exit(healthy ? 0 : 1);
