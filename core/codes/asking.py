"""Codes about what was sent to the platform: names, requests, deliveries."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "name_invalid",
        "The name cannot be used",
        "Names become parts of hostnames.",
        "Use up to 40 lower-case letters, digits and single dashes.",
    ),
    Explanation(
        "name_reserved",
        "The name is reserved",
        "It would be mistaken for an address of the platform itself, or of a branch.",
        "Choose another name.",
    ),
    Explanation(
        "name_taken",
        "The name is taken",
        "The team, or the installation, has something of this name already.",
        "Choose another name.",
    ),
    Explanation(
        "idempotency_key",
        "The idempotency key cannot be used",
        "A key stands for one request for a day: the same one again is answered as the first was. Another request "
        "needs another key.",
        "Use a new UUID for each thing that you want to be done.",
    ),
    Explanation(
        "device_login_ended",
        "The command line was not signed in",
        "Nobody said yes on the page in ten minutes, somebody said no, or the token was fetched already.",
        "Run `dexto-cloud login` again.",
    ),
    Explanation(
        "env_file_line",
        "A line of the .env file cannot be read",
        "Each line is NAME=value, a comment that begins with #, or empty.",
        "Correct the line that is named.",
    ),
    Explanation(
        "not_in_production",
        "Nothing of the project is in production",
        "A project has an address once a deployment of its production branch was ready, or one was promoted.",
        "Push to the production branch, or promote a preview.",
    ),
    Explanation(
        "snapshot_unreadable",
        "The snapshot cannot be read",
        "A deploy from a folder sends a gzipped tar archive with the project below `workspace/`.",
        "Send it again; if it stays, make it with `tar czf`.",
    ),
    Explanation(
        "snapshot_path",
        "The snapshot names something outside of it",
        "Its files lie below one folder: no absolute paths, no `..`, no devices and no hard links.",
        "Pack the project’s folder only.",
    ),
    Explanation(
        "snapshot_too_large",
        "The snapshot is too large",
        "An agent’s project is prompts, configuration and code.",
        "Leave data and installed packages out of it.",
    ),
    Explanation(
        "not_a_snapshot",
        "The project is built from its repository",
        "It was linked to a repository; snapshots go to agents that were made by one.",
        "Push to its repository, or deploy a new agent.",
    ),
    Explanation(
        "too_many_tries",
        "Too many tries",
        "Wrong tokens, passwords and signatures are counted, and after some of them nobody from there is heard.",
        "Wait a minute, then send the right one.",
    ),
    Explanation(
        "branch_invalid",
        "That is not a branch",
        "A project has one production branch, by its name in git.",
        "Write the name as git shows it: main, or release/2.",
    ),
    Explanation(
        "root_invalid",
        "That is not a folder of the repository",
        "A project’s root folder lies in its repository.",
        "Name a folder below the repository’s top, or nothing for the top itself.",
    ),
    Explanation(
        "watch_paths_invalid",
        "These watch paths cannot be used",
        "Watch paths are up to 100 patterns, each a line of text.",
        "Write one pattern a line, as in .gitignore.",
    ),
    Explanation(
        "variable_name",
        "The variable cannot be called so",
        "Names of variables have letters, digits and underscores.",
        "Choose another name.",
    ),
    Explanation(
        "variable_reserved",
        "The variable is the platform’s own",
        "The platform tells each agent its deployment, commit, branch, environment, socket and state folder by "
        "variables, and vendors have some of their own; a value of yours would be overwritten.",
        "Choose another name. The runtime’s settings, such as DEXTO_API_KEYS, are yours to set.",
    ),
    Explanation(
        "variable_value",
        "The value cannot be given to a program",
        "A process’s environment ends a value at its first zero byte.",
        "Leave the byte out; encode binary values in base64.",
    ),
    Explanation(
        "quota_projects",
        "The team has all its projects",
        "The operator limits the projects of each team (DEXTO_TEAM_PROJECTS). Deleted ones do not count.",
        "Delete a project that is not used, or ask the operator for more.",
    ),
    Explanation(
        "quota_stored_bytes",
        "The team's store is full",
        "The operator limits what the bundles of each team take (DEXTO_TEAM_STORED_BYTES). Files that several "
        "bundles share count once.",
        "Make the project smaller or delete projects; old deployments expire by themselves.",
    ),
    Explanation(
        "quota_deployments",
        "The team made all its deployments of a day",
        "The operator limits the deployments of each team in 24 hours (DEXTO_TEAM_DEPLOYMENTS_PER_DAY). Skipped "
        "pushes and those that wait for approval do not count; rollbacks never do.",
        "Wait, and redeploy then, or ask the operator for more.",
    ),
    Explanation(
        "quota_running_agents",
        "All agents that the team may run at once run",
        "The operator limits the agents of each team that run at once (DEXTO_TEAM_RUNNING_AGENTS). Those that sleep "
        "do not count.",
        "Wait until an idle one sleeps, delete branches with previews, or ask the operator for more.",
    ),
    Explanation(
        "no_repository",
        "There is no git repository",
        "The path does not name a folder of a git repository on the server.",
        "Name the folder that `git init` was run in.",
    ),
    Explanation(
        "bad_signature",
        "The signature does not fit",
        "The delivery was not signed with this installation’s secret over exactly these bytes. Nothing of it was kept.",
        "Use the same secret on both sides.",
    ),
    Explanation(
        "delivery_too_large",
        "The delivery is too large",
        "More than 25 MiB, which is also GitHub’s limit. Nothing of it was kept.",
        "Send less.",
    ),
    Explanation(
        "malformed_json",
        "The body is not JSON",
        "The signature is right, but the body cannot be read.",
        "Set the webhook’s content type to application/json.",
    ),
    Explanation(
        "headers_missing",
        "Headers are missing",
        "A delivery has an id and the name of its event in headers.",
        "Send it as GitHub does.",
    ),
    Explanation(
        "payload_invalid",
        "The payload is not as described",
        "The event is known, but a field that it must have is missing or of another kind.",
        "Compare it with GitHub’s description of the event.",
    ),
    Explanation(
        "not_connected",
        "No installation is known",
        "The command does not know where to ask.",
        "Start one with `dexto-cloud up`, or set DEXTO_URL and DEXTO_TOKEN.",
    ),
    Explanation(
        "not_reachable",
        "The installation does not answer",
        "The command knows where it should be, but nobody answers there.",
        "Start it with `dexto-cloud up`, or correct DEXTO_URL.",
    ),
    Explanation(
        "delivery_not_sent",
        "A delivery was not accepted",
        "The local origin could not hand its delivery to the webhook endpoint. It is sent again by itself.",
        "Look at the intake process.",
    ),
    Explanation(
        "demo_timed_out",
        "The demo took too long",
        "The sample agent was not live in time.",
        "Look at the dashboard and at the logs in the data directory.",
    ),
    Explanation(
        "account_unknown",
        "Nobody here signs in with this account",
        "Who signs in with a code host must have been invited into a team, or have connected the account before.",
        "Ask an owner of a team for an invitation, and open its link first.",
    ),
    Explanation(
        "account_taken",
        "Somebody else signs in with this account",
        "An account at a code host belongs to one person here.",
        "Sign out at the code host, and choose your own account there.",
    ),
    Explanation(
        "invitation_used",
        "The invitation is no longer good",
        "Each works once, and for a week.",
        "Ask for a new one.",
    ),
    Explanation(
        "delivery_overtaken",
        "The delivery was overtaken",
        "Acting on an older delivery again would bring back a state of the repository which is no more.",
        "Replay the newest delivery, or redeploy the commit.",
    ),
    Explanation(
        "policy_invalid",
        "The policy cannot be kept",
        "Who may deploy without a secret is named by what does not change hands: numbers, and a ref.",
        "Copy both numbers from the API of the code host, and write the ref in full: refs/heads/main.",
    ),
    Explanation(
        "assertion_invalid",
        "The proof is not believed",
        "It must be signed by the issuer of the code host’s jobs, for this installation, and still be good.",
        "Ask for it in the job with this installation’s URL as the audience, and send it at once.",
    ),
    Explanation(
        "assertion_used",
        "The proof was exchanged already",
        "Each is good for one exchange.",
        "Ask for a new one in the job.",
    ),
    Explanation(
        "deploy_not_trusted",
        "No policy fits the job",
        "A job must fit all that one policy of the project names.",
        "Compare the job with the project’s page Trusted deploys.",
    ),
    Explanation(
        "issuer_unavailable",
        "The issuer's keys cannot be read",
        "A job's proof is checked with keys that its issuer publishes, and the issuer did not answer.",
        "Run the job again; if it stays, look whether this machine reaches the issuer.",
    ),
    Explanation(
        "wrong_environment",
        "The token is for another environment",
        "A trusted deploy's token reaches only the environment that its policy names.",
        "Trust the workflow for that environment, or use a token of your own.",
    ),
)
