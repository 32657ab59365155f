"""Codes of platforms elsewhere: what their vendors say, and what is not as it was left."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "credential_refused",
        "The vendor does not accept the account's credential",
        "It was revoked, has expired, or may not do what was asked. What served before goes on.",
        "Make a new one with the rights that the Accounts page names, and enter it there.",
    ),
    Explanation(
        "vendor_refused",
        "The vendor will not do it",
        "The vendor understood the request and refused it; its own code and sentence are quoted.",
        "Do what the vendor's sentence asks for, then redeploy.",
    ),
    Explanation(
        "vendor_quota",
        "A limit of the vendor's plan is reached",
        "The account may have no more of what the release needs.",
        "Raise the plan's limit at the vendor, or delete there what is not needed, then redeploy.",
    ),
    Explanation(
        "vendor_failed",
        "The vendor failed",
        "Its API answered with an error of its own, or not at all. The work is tried again by itself.",
        "Look at the vendor's status page if it stays.",
    ),
    Explanation(
        "vendor_busy",
        "The vendor takes no more requests for now",
        "Its rate limit is reached. The work waits as long as the vendor asks, and goes on.",
        "Nothing to do.",
    ),
    Explanation(
        "answer_lost",
        "It is not known whether the vendor did it",
        "A request was sent and its answer never came. The next attempt looks at what is there before it asks again.",
        "Nothing to do.",
    ),
    Explanation(
        "service_name_taken",
        "The name belongs to somebody else",
        "At the vendor something has this name that this installation did not make. It is not touched.",
        "Give the destination another name in its config, or delete what is there at the vendor.",
    ),
    Explanation(
        "destination_config_invalid",
        "The destination's config is not as it must be",
        "A key of `config` is unknown, missing, or has a value of the wrong kind.",
        "Correct it in deployment.yml, or on the project's Destinations page.",
    ),
    Explanation(
        "release_unhealthy",
        "The agent does not answer at the vendor",
        "It was uploaded, and did not answer /health in time. What served before goes on.",
        "Look at the agent's log; a missing variable is the most frequent reason.",
    ),
    Explanation(
        "version_gone",
        "The version is no longer at the vendor",
        "It was deleted there, or is older than what the vendor keeps.",
        "Redeploy the commit instead.",
    ),
    Explanation(
        "rollback_refused",
        "The vendor could not go back to this version",
        "Something between the two versions cannot be undone, such as a migration of Durable Objects.",
        "Fix forward: deploy a new commit.",
    ),
    Explanation(
        "installation_unreachable",
        "The vendor cannot reach this installation",
        "The platform fetches the bundle from this installation's address, which is not one of the internet.",
        "Set DEXTO_PUBLIC_URL to an https address that the internet reaches, or choose another platform.",
    ),
    Explanation(
        "storage_unreachable",
        "The agent's database does not answer",
        "It was asked before the build, and did not answer: its URL is wrong, or it does not run.",
        "Check the URL, and that the database takes connections from elsewhere.",
    ),
    Explanation(
        "storage_forbidden",
        "The agent may not keep anything in its database",
        "It answers, and its user may not sign in or may not make the tables that an agent needs.",
        "Give its user the right to create a schema: GRANT CREATE ON DATABASE … TO …",
    ),
    Explanation(
        "storage_too_old",
        "The agent's database is too old",
        "An agent keeps its memory in PostgreSQL 13 or newer.",
        "Upgrade the database, or name another one.",
    ),
)
