"""Codes of destinations and of the accounts that release to them."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "platform_unknown",
        "This installation does not release to the platform",
        "There is no adapter of that name here.",
        "Choose one of the platforms that the Destinations page offers.",
    ),
    Explanation(
        "account_missing",
        "There is no account to release by",
        "A platform elsewhere is reached with a team's own credential, and the team has none there, or several.",
        "Add an account on the team's Accounts page, or name one of several as `account` of the destination.",
    ),
    Explanation(
        "account_changed",
        "The service runs in another account",
        "What runs in one account of a vendor cannot be moved to another one.",
        "Name the account in which it runs, or add a second destination for the other account.",
    ),
    Explanation(
        "storage_in_use",
        "An agent still keeps its memory there",
        "Something that serves, or is on its way, has the storage's variables; or previews have branches of it.",
        "Remove its branches, deploy without the storage or remove what serves; then delete it.",
    ),
    Explanation(
        "account_in_use",
        "Something still runs by the account",
        "Without its credential nobody could change or delete what runs there.",
        "Remove the destinations that use it, with what they run; then remove the account.",
    ),
    Explanation(
        "credential_incomplete",
        "A field of the credential is missing",
        "The vendor needs all of the fields that are marked as required.",
        "Fill them in; the form says where each of them is to be had.",
    ),
    Explanation(
        "canary_unsupported",
        "The platform cannot divide the traffic",
        "Only some platforms send a part of the requests to another version; the Destinations page says which.",
        "Promote the deployment instead: it is taken back as quickly.",
    ),
    Explanation(
        "canary_percent",
        "A canary takes a part of the traffic",
        "0 % would be none of it, and 100 % all: that is a promotion.",
        "Choose 1 to 99, or promote the deployment.",
    ),
    Explanation(
        "nothing_in_production",
        "Nothing is in production yet",
        "A part of the traffic can only be taken from something that has it.",
        "Promote the deployment instead.",
    ),
    Explanation(
        "hostname_refused",
        "The hostname cannot be served",
        "It is no name of the internet's DNS, belongs to this installation, or looks like another one.",
        "Use a name of a domain that you have registered.",
    ),
    Explanation(
        "dns_failed",
        "DNS did not answer",
        "The resolver of this installation could not say what a hostname's records are. It is asked again.",
        "Nothing to do; if it stays, look at the machine's resolver.",
    ),
    Explanation(
        "domain_taken",
        "The hostname is in use",
        "It is one of the project's already, or serves another project here.",
        "Remove it where it is used, or choose another name.",
    ),
    Explanation(
        "domains_unsupported",
        "The platform takes no hostnames from here",
        "This adapter does not set custom domains at the vendor.",
        "Set it at the vendor, or choose another destination.",
    ),
    Explanation(
        "service_wanted",
        "The service still serves",
        "Something of it is production's, or is on its way there, at a destination that is in use.",
        "Remove the destination first.",
    ),
    Explanation(
        "direct_unsupported",
        "It is not deployed to directly",
        "Without an installation only vendors that take an upload can be deployed to.",
        "Leave --direct out, and deploy by an installation.",
    ),
    Explanation(
        "state_unreadable",
        "The file of direct deployments cannot be read",
        "What `deploy --direct` remembers beside the project is damaged, or is not ours to read.",
        "Delete it: what was made at the vendor before is found again by its name and mark.",
    ),
    Explanation(
        "destination_fixed",
        "A destination stays on its platform",
        "Its addresses, its service and its history belong to the platform that it was made for.",
        "Add another destination, and remove this one.",
    ),
    Explanation(
        "destination_invalid",
        "This cannot be a destination",
        "Its name, target, platform or branches are not as deployment.yml would have them.",
        "Use a name of lower-case letters, digits and dashes, and a platform that runs the target.",
    ),
    Explanation(
        "destination_of_file",
        "The destination is declared in deployment.yml",
        "What the file on the production branch says wins over the dashboard.",
        "Change it in the file, and push.",
    ),
    Explanation(
        "last_destination",
        "It is the project's only destination",
        "Without any the next push would have nowhere to go.",
        "Add another destination first, or delete the project.",
    ),
)
