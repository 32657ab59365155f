"""Codes about code hosts: github.com, or a GitHub Enterprise."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "code_host_failed",
        "The code host did not answer as it should",
        "It is away, has an outage, or its answer was lost on the way. What was to be told is kept, and told later.",
        "Nothing to do; the host's status page says whether it has an outage.",
    ),
    Explanation(
        "code_host_busy",
        "The code host takes no more requests for now",
        "Its rate limits count all that an installation of the app asks. It said when to ask again.",
        "Nothing to do: it is tried again after that time.",
    ),
    Explanation(
        "code_host_refused",
        "The code host refused",
        "The app's credentials do not permit it: they were revoked, the installation is suspended, or the app was not "
        "given a permission.",
        "Look at the app's installation on the code host, and accept the permissions that it asks for.",
    ),
    Explanation(
        "code_host_missing",
        "The code host does not know it",
        "It was deleted there, or the app's access to the repository was taken away.",
        "Give the app access to the repository again.",
    ),
    Explanation(
        "code_host_rejected",
        "The code host rejected a request",
        "The request was understood and is not acceptable, so it is not sent again.",
        "Start anew what led here; if it stays, report it with the sentence that was shown.",
    ),
    Explanation(
        "repository_lost",
        "The app cannot read the repository",
        "It was deleted, moved to another account, or taken from the app, or the installation is suspended or gone. "
        "What serves goes on serving.",
        "Give the app the repository again at the code host; it deploys again by itself.",
    ),
    Explanation(
        "app_missing",
        "There is no app at this code host",
        "Repositories of a code host are read, and told of, by an app of this installation.",
        "Create it on the page Code host of a team, or name one by DEXTO_GITHUB_APP_ID and its siblings.",
    ),
    Explanation(
        "repository_empty",
        "The repository is empty",
        "Linking a repository deploys the newest commit of its default branch, and there is none.",
        "Push a first commit to it, then link it.",
    ),
    Explanation(
        "repository_linked",
        "The repository is linked already",
        "One folder of a repository is one project of a team; its branches and destinations are all in that one.",
        "Use the project that was named, or link another folder of the repository.",
    ),
    Explanation(
        "code_host_unclear",
        "It is not clear which code host is meant",
        "The installation has apps at several code hosts, and a token is shown to none but its own.",
        "Name the host, such as github.com.",
    ),
    Explanation(
        "code_host_token_refused",
        "The code host refused your token",
        "Linking a repository without a browser takes a token of yours at the code host. That one expired, was "
        "revoked, or is not authorized for the organization.",
        "Send a token that is good there: `gh auth token` prints one.",
    ),
    Explanation(
        "repository_not_seen",
        "Your token sees no such repository",
        "Code hosts say the same of what does not exist and of what a token may not read.",
        "Correct the name, or send a token that may read the repository.",
    ),
    Explanation(
        "repository_not_yours",
        "Who links a repository must be able to push to it",
        "Whoever can read a public repository is not yet one of its people. The code host says who may push; of the "
        "token that a workflow's job has it never says so.",
        "Send the token of a person who may push, or let one of them link it.",
    ),
    Explanation(
        "app_not_installed",
        "The app is not installed for the repository",
        "It reads the repository, hears of pushes and reports on them, where somebody of the account installed it.",
        "Install it at the address that was named, and give it the repository; then link it again.",
    ),
)
