"""Codes about finding the project in a repository, and its agents in the project."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "no_agent_project",
        "There is no agent project here",
        "A folder is an agent project when it holds a dexto.config file, an agent.yml, a registry or a "
        "coding agent under agents/, a .dexto/deploy.json, or a package.json that depends on dexto.",
        "Add an agent.yml, or point the project's root at the folder that holds one.",
    ),
)
