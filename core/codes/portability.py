"""Codes about what fits on which target."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "stdio_mcp",
        "An MCP server is a program to start",
        "Isolates cannot start programs. Functions can, but only within one request, and the program must "
        "be in the bundle.",
        "Use the server over HTTP, switch it off, or deploy to nodejs.",
    ),
    Explanation(
        "filesystem_tools",
        "Tools need files",
        "Tools that read and write files find none on isolates; on functions what they write is gone after "
        "the request.",
        "Switch them off, or deploy to nodejs.",
    ),
    Explanation(
        "process_tools",
        "Tools need processes",
        "Tools that run commands cannot do so on isolates; on functions nothing outlives the request.",
        "Switch them off, or deploy to nodejs.",
    ),
    Explanation(
        "scheduler_tools",
        "Tools need a process that stays",
        "A schedule needs something that is awake when its time comes; a serverless agent is not.",
        "Deploy to nodejs, or call the agent from a scheduler.",
    ),
    Explanation(
        "local_storage",
        "The storage keeps files",
        "SQLite files and blob folders are lost on functions. On Cloudflare the Durable Object's own SQLite "
        "takes their place, and paths are ignored.",
        "Use postgres and redis, or a storage module of your own.",
    ),
    Explanation(
        "memory_storage",
        "The storage forgets",
        "On functions each request may come to a fresh process, which knows nothing of earlier turns.",
        "Use postgres and redis, or a storage module of your own.",
    ),
    Explanation(
        "needs_shared_store",
        "Some requests need a store that all instances share",
        "On functions each request may come to a fresh process. It knows of a turn that another one runs only by a "
        "store that both look at; without one it answers 501 to requests about such a turn.",
        "Use postgres as the database, or redis as the cache; or a target whose process stays.",
    ),
    Explanation(
        "filesystem_resources",
        "Folders for the model do not exist here",
        "`resources` of type filesystem index folders at run time; a bundle holds only files that are named.",
        "Name single texts as prompts, or deploy to nodejs.",
    ),
    Explanation(
        "log_file",
        "A log file is not kept",
        "Files are gone with the process. The platform collects what is written to the console.",
        "Use `type: console`.",
    ),
    Explanation(
        "loopback_address",
        "An address is that of the machine itself",
        "localhost is another machine once the agent is deployed.",
        "Use an address that is reachable from there, or a variable.",
    ),
    Explanation(
        "local_model",
        "The model runs on the machine itself",
        "The providers local and ollama expect a model server beside the agent, which a deployment has not.",
        "Name a reachable server by `baseURL`, or use a hosted provider.",
    ),
    Explanation(
        "image_without_effect",
        "An image is not loaded",
        "`image` names a package with tools and stores of its own, which is installed on a person's machine. "
        "Bundles carry the platform's runtime, so what the image would add is not there.",
        "Bring code of your own as plugins, tools as MCP servers, and a store as a storage module.",
    ),
    Explanation(
        "native_module",
        "A package is machine code",
        "Isolates run JavaScript and WebAssembly only; functions need the package built for their system.",
        "Use a package without machine code, or deploy to nodejs.",
    ),
    Explanation(
        "bundle_too_large",
        "The bundle would be too large",
        "Each target bounds the size of what is deployed.",
        "Move large files to an s3 data source.",
    ),
)
