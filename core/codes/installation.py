"""Codes about this installation: its data, its ports, its engines."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "backup_failed",
        "The backup was not finished",
        "A program that it needs failed. What was written so far was removed.",
        "Mend what it says, and start anew.",
    ),
    Explanation(
        "backup_unreadable",
        "That is no backup",
        "A backup is an archive that begins with what it is; this one does not, or a newer version wrote it.",
        "Name the file that `dexto-cloud backup` wrote, and use a version at least as new.",
    ),
    Explanation(
        "restore_not_empty",
        "There is something already",
        "A restore never writes over what is there.",
        "Name a new data directory with --data.",
    ),
    Explanation(
        "data_directory_newer",
        "The data directory is from a newer version",
        "A newer version of Dexto Cloud has written this data directory. An older one could damage it.",
        "Start the newer version, or choose another directory with DEXTO_DATA_DIR.",
    ),
    Explanation(
        "already_running",
        "It is running already",
        "Another Dexto Cloud holds the lock of this data directory.",
        "Use the one that runs, stop it, or choose another directory with DEXTO_DATA_DIR.",
    ),
    Explanation(
        "port_taken",
        "The port is taken",
        "Another program listens on the port that was asked for.",
        "Stop it, or choose another port with --port.",
    ),
    Explanation(
        "port_forbidden",
        "The port may not be used",
        "Ports below 1024 are for root on most systems.",
        "Choose a port above 1023 with --port.",
    ),
    Explanation(
        "data_directory_unusable",
        "The data directory cannot be used",
        "It cannot be made or written to: a file is in its place, or it belongs to another user.",
        "Choose another directory with DEXTO_DATA_DIR, or give this one to the user that starts Dexto Cloud.",
    ),
    Explanation(
        "database_away",
        "The database does not answer",
        "A command that runs on the server itself needs the installation's database, and nobody answers there.",
        "Start the installation, with `dexto-cloud up` on one machine, and try again.",
    ),
    Explanation(
        "person_unknown",
        "Which person or team is meant is not known",
        "There is nobody of that name here, or they are in no team or in several.",
        "Add them with `dexto-cloud user add`, or name the team with --team.",
    ),
    Explanation(
        "setting_missing",
        "A setting is missing or malformed",
        "A process of an installation reads its settings from the environment, and one that it needs is not there.",
        "Set the variable that the message names; docs/production.md lists all of them.",
    ),
    Explanation(
        "disk_full",
        "No disk space is left",
        "Less space is free than is needed to work safely. Nothing was half-written.",
        "Free some space; what was waiting goes on by itself.",
    ),
    Explanation(
        "engine_failed",
        "An engine does not start",
        "PostgreSQL, Valkey, the object store, Caddy or one of our own processes ended or stayed silent at start.",
        "Its log, named in the message, says why.",
    ),
    Explanation(
        "system_user_missing",
        "PostgreSQL cannot run as root",
        "PostgreSQL refuses to run as root, and no unprivileged user could be made for it.",
        "Start as an ordinary user, or run: useradd --system dexto-postgres",
    ),
    Explanation(
        "run_directory_foreign",
        "The folder of sockets is somebody else's",
        "Its name is ours, but another user made it; sockets in there could be listened to by others.",
        "Remove it, and start again.",
    ),
    Explanation(
        "sandbox_missing",
        "No sandbox works on this machine",
        "Code of projects is a stranger’s code: it could read the platform’s secrets and reach its services.",
        "Install bubblewrap (apt-get install bubblewrap), or build on a host of its own. Where every project is "
        "your own, DEXTO_INSECURE_BUILDS=1 runs them with resource limits alone.",
    ),
    Explanation(
        "sandboxes_all_taken",
        "All sandboxes are in use",
        "Each sandbox has a user of its own, and there is a number of them.",
        "Wait, or run fewer agents on this machine.",
    ),
    Explanation(
        "encryption_key_missing",
        "An encryption key is not configured",
        "A stored value is wrapped by a key that DEXTO_ENCRYPTION_KEYS no longer names.",
        "Add the key again; one may be removed only after everything was wrapped anew.",
    ),
    Explanation(
        "encryption_key_in_use",
        "An encryption key cannot be removed",
        "Stored values are wrapped by it, it is the key for new ones, or a process that runs does not know the others.",
        "`dexto-cloud keys list` says what each key is for; `dexto-cloud keys rotate` frees the older ones.",
    ),
    Explanation(
        "keys_failed",
        "The keys could not be looked at or rotated",
        "The sentence says what happened. What was put under the first key stays there; the rest is as it was.",
        "Mend what it names, then run the command again: it goes on where it ended.",
    ),
    Explanation(
        "secret_unreadable",
        "A stored value does not decrypt",
        "Its row was changed by something else than the platform, or belongs to another version.",
        "Restore the row from a backup, or set the variable anew.",
    ),
)
