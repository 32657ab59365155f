"""Codes about finding the project in a repository, its agents, and its files."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "no_agent_project",
        "There is no agent project here",
        "A folder is an agent project when it holds a dexto.config file, an agent.yml, a registry or a "
        "coding agent under agents/, a .dexto/deploy.json, or a package.json that depends on dexto.",
        "Add an agent.yml, or point the project's root at the folder that holds one.",
    ),
    Explanation(
        "several_projects",
        "There are several agent projects",
        "The repository's root is no project, and more than one folder below it is.",
        "Name one of the folders as the project's root.",
    ),
    Explanation(
        "project_below_root",
        "The project is in a folder of the repository",
        "The repository's root is no project, but exactly one folder below it is, so that one was taken.",
        "Name the folder as the project's root, so that a second project does not change the choice.",
    ),
    Explanation(
        "no_agent",
        "The project has no agent",
        "The folder is marked as a project, but there is no configuration of an agent in it.",
        "Add an agent.yml with `systemPrompt` and `llm`.",
    ),
    Explanation(
        "entry_agent_unclear",
        "It is not clear which agent answers",
        "Several agents were found, and neither .dexto/deploy.json nor the registry's primaryAgent nor a "
        "well-known name says which of them answers at the root.",
        "Name it in .dexto/deploy.json or as primaryAgent.",
    ),
    Explanation(
        "unknown_agent",
        "There is no such agent",
        "The registry names an agent, as the primary one or as a parent, that is not in its list.",
        "Use the id of an agent in the list.",
    ),
    Explanation(
        "file_not_found",
        "A file is missing",
        "The project names a file that is not in the repository. Names are compared letter by letter, "
        "capitals included; files that git ignores are not there.",
        "Add the file, or correct the name.",
    ),
    Explanation(
        "file_unreadable",
        "A file cannot be read",
        "The file is there, but the system refuses to read it.",
        "Check its permissions.",
    ),
    Explanation(
        "file_outside_project",
        "A file is not in the project",
        "A file:// URI names a place outside the project's folder. A build only has the repository, so the "
        "file cannot be packed, and will not be where the agent runs.",
        "Move the file into the project and name it by ${{dexto.project_dir}}.",
    ),
    Explanation(
        "file_kind",
        "A file is of the wrong kind",
        "Prompts are markdown, parts of a system prompt markdown or text, modules JavaScript or TypeScript.",
        "Name a file of the right kind.",
    ),
    Explanation(
        "symlink_outside",
        "A link leads out of the project",
        "Links in a repository may point anywhere on the machine that builds it, so none is followed that "
        "leaves the project or leads to nothing.",
        "Put a copy of the file into the project.",
    ),
    Explanation(
        "file_name_not_utf8",
        "A file's name is not UTF-8",
        "Bundles, reports and the database hold names as text, so a file or folder whose name is none is left out.",
        "Give it another name.",
    ),
    Explanation(
        "symlink_folder",
        "A link to a folder is not followed",
        "Links between folders can go round in circles, and give one file several names.",
        "Name the files by the folder that holds them.",
    ),
    Explanation(
        "too_many_files",
        "The repository has too many files",
        "Reading stopped; files after that point are treated as missing.",
        "Name a smaller folder as the project's root.",
    ),
    Explanation(
        "deployments_twice",
        "Deployments are declared in two files",
        "deployment.yml and dexto.config both declare deployments; only deployment.yml counts.",
        "Remove one of the two.",
    ),
    Explanation(
        "platform_mismatch",
        "The platform does not run this target",
        "A target says how the agent is packed, a platform where it runs; not every platform runs every "
        "kind of bundle.",
        "Choose one of the platforms that the finding lists.",
    ),
    Explanation(
        "script_not_literal",
        "A value in dexto.config is computed",
        "The platform reads dexto.config without running it, because a stranger's code must not run in it. "
        "So `deployments` must consist of literals and process.env.NAME.",
        "Write the value itself, or declare deployments in deployment.yml.",
    ),
    Explanation(
        "script_unreadable",
        "dexto.config exports nothing that can be read",
        "The file is read without running it: it must export an object literal, as it is or in a call such "
        "as defineConfig({…}).",
        "Write `export default { … }`, or declare deployments in deployment.yml.",
    ),
)
