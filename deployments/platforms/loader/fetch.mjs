// Fetches the bundle of a release, for vendors that take no upload, and unpacks it. Plain Node, nothing is installed.
//
//   node fetch.mjs FOLDER     with DEXTO_ARTEFACT_URL, DEXTO_ARTEFACT_SHA256 and DEXTO_ARTEFACT_TOKEN

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const TRIES = 6;
const TRY_MILLISECONDS = 60_000;
const REDIRECTS = 5;
// Asking again changes none of these.
const FINAL = new Set([401, 403, 404, 410]);

class GivenUp extends Error {}

const folder = process.argv[2];
const { DEXTO_ARTEFACT_URL: url, DEXTO_ARTEFACT_SHA256: wanted, DEXTO_ARTEFACT_TOKEN: token } = process.env;

try {
  unpack(await fetched());
} catch (error) {
  process.stderr.write(`The bundle could not be fetched: ${error.message}\n`);
  process.exit(1);
}

async function fetched() {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return checked(await answered());
    } catch (error) {
      if (error instanceof GivenUp || attempt === TRIES) throw error;
      process.stderr.write(`Trying again: ${error.message}\n`);
      await pause(Math.min(250 * 2 ** attempt, 8_000));
    }
  }
}

// The token is for the address of the release alone: where that sends us is told by its own signature.
async function answered() {
  let at = new URL(url);
  for (let hop = 0; hop <= REDIRECTS; hop += 1) {
    const headers = hop === 0 ? { authorization: `Bearer ${token}` } : {};
    const answer = await fetch(at, { headers, redirect: "manual", signal: AbortSignal.timeout(TRY_MILLISECONDS) });
    const next = answer.headers.get("location");
    if (answer.ok) return Buffer.from(await answer.arrayBuffer());
    if (answer.status < 300 || answer.status >= 400 || !next) throw refused(answer.status, hop);
    at = new URL(next, at);
  }
  throw new GivenUp("it is redirected in a circle");
}

function refused(status, hop) {
  const sentence = `${hop === 0 ? "the address of the release" : "the store"} answered ${status}`;
  return hop === 0 && FINAL.has(status) ? new GivenUp(sentence) : new Error(sentence);
}

function checked(content) {
  const found = createHash("sha256").update(content).digest("hex");
  if (found !== wanted) throw new Error(`its sha256 is ${found}, and ${wanted} was released`);
  return content;
}

function unpack(content) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tar = spawnSync("tar", ["-xz", "-C", folder], { input: content, stdio: ["pipe", "ignore", "inherit"] });
  if (tar.status !== 0) throw new Error("tar could not unpack it");
}
