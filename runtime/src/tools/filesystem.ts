// Files beneath the folders that the configuration allows (`allowedPaths`, or the working directory); nodejs only.

import { mkdir, readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { Tool, ToolSourceFactory } from "../contract.ts";
import { object, schema, text, textOf } from "./schemas.ts";

const LARGEST = 1_000_000; // bytes
const MOST_FILES = 1_000;

const filesystem: ToolSourceFactory = async (_name, config, host) => {
  const named = (config["allowedPaths"] ?? [
    config["workingDirectory"] ?? host.environment["DEXTO_DATA_DIR"] ?? ".",
  ]) as string[];
  const roots = named.map((root) => resolve(root));
  const chosen = config["enabledTools"];
  const tools = toolsBeneath(roots).filter((tool) => !Array.isArray(chosen) || chosen.includes(tool.name));
  return { tools: async () => tools, close: async () => undefined };
};

const PATH = text("A path beneath one of the allowed folders");

function toolsBeneath(roots: string[]): Tool[] {
  const inside = (value: unknown) => allowed(roots, textOf(value as string, "path"));
  return [
    {
      name: "read_file",
      description: "Reads a text file.",
      inputSchema: schema({ path: PATH }, ["path"]),
      async run(args) {
        const path = await inside(object(args)["path"]);
        if ((await stat(path)).size > LARGEST) throw new Error(`The file has more than ${LARGEST} bytes.`);
        return readFile(path, "utf8");
      },
    },
    {
      name: "list_files",
      description: "Lists the files below a folder.",
      inputSchema: schema({ path: PATH }, ["path"]),
      async run(args) {
        const path = await inside(object(args)["path"]);
        const entries = await readdir(path, { recursive: true, withFileTypes: true });
        const files = entries.filter((entry) => entry.isFile()).slice(0, MOST_FILES);
        return files.map((entry) => relative(path, join(entry.parentPath, entry.name))).sort();
      },
    },
    {
      name: "write_file",
      description: "Writes a text file, and makes its folder where there is none.",
      inputSchema: schema({ path: PATH, content: text("The whole text") }, ["path", "content"]),
      async run(args) {
        const { path, content } = object(args);
        const place = await inside(path);
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, String(content ?? ""));
        return "Written.";
      },
    },
    {
      name: "edit_file",
      description: "Replaces one text in a file, which must occur exactly once.",
      inputSchema: schema({ path: PATH, old: text("What is there"), new: text("What takes its place") }, [
        "path",
        "old",
        "new",
      ]),
      async run(args) {
        const { path, old, new: replacement } = object(args);
        const place = await inside(path);
        const parts = (await readFile(place, "utf8")).split(textOf(old, "old"));
        if (parts.length !== 2) throw new Error(`The text occurs ${parts.length - 1} times.`);
        await writeFile(place, parts.join(String(replacement ?? "")));
        return "Written.";
      },
    },
  ];
}

/** The real path: neither parent steps nor links lead out of the allowed folders. */
async function allowed(roots: string[], path: string): Promise<string> {
  const place = await real(resolve(roots[0]!, path));
  for (const root of roots) {
    const below = relative(await real(root), place);
    if (below === "" || (!below.startsWith("..") && !below.startsWith("/"))) return place;
  }
  throw new Error("The path is outside of the allowed folders.");
}

/** What does not exist yet is where its nearest folder really is. */
async function real(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    return join(await real(dirname(path)), relative(dirname(path), path));
  }
}

export default filesystem;
