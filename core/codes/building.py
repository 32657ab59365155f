"""Codes about fetching a commit, building it and storing the result."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "commit_vanished",
        "The commit is gone",
        "The push named a commit that was force-pushed over before the build fetched it.",
        "Nothing to do: the newer push is built by itself. Push again to build this state.",
    ),
    Explanation(
        "repository_refused",
        "The repository cannot be read",
        "The server of the repository refused the credential that the platform has for it.",
        "Link the repository again, or give the platform access to it.",
    ),
    Explanation(
        "fetch_failed",
        "The repository cannot be fetched",
        "The server of the repository did not answer as it should. The build is tried again by itself.",
        "Wait for the next attempt; if it stays, look at the server and the network.",
    ),
    Explanation(
        "git_failed",
        "A git command failed",
        "git ended with an error that is not the project’s.",
        "Look at the message; the work is tried again by itself where that helps.",
    ),
    Explanation(
        "root_missing",
        "The project’s folder is not in this commit",
        "The project’s root names a folder that this commit does not have.",
        "Correct the project’s root, or add the folder.",
    ),
    Explanation(
        "path_outside_project",
        "A path leaves the project",
        "The commit holds a path such as ../x or .git/config. Written out it would land outside of the project.",
        "Remove it from the repository’s history; no git client makes such a path by itself.",
    ),
    Explanation(
        "project_too_large",
        "The project has too many bytes",
        "All files together are larger than what a build takes.",
        "Move large files to an s3 data source.",
    ),
    Explanation(
        "bundling_failed",
        "The bundle could not be made",
        "esbuild failed, and the project’s code is not the reason.",
        "The build log has its words; it is tried again by itself.",
    ),
    Explanation(
        "step_timed_out",
        "A step took too long",
        "A command ran past its limit, and was ended with everything that it had started.",
        "Make the step smaller, or raise its limit in the settings.",
    ),
    Explanation(
        "limit_memory",
        "It needed too much memory",
        "All processes of a step together may use so much memory. It was ended with everything that it had started.",
        "Make the step need less, or raise the limit in the settings.",
    ),
    Explanation(
        "limit_processes",
        "It started too many processes",
        "Processes and threads of a step are counted together. It was ended with all of them.",
        "Start fewer at once, or raise the limit in the settings.",
    ),
    Explanation(
        "limit_cpu",
        "It used too much processor time",
        "The processor time of all its processes is added up, however long it took.",
        "Make the step do less, or raise the limit in the settings.",
    ),
    Explanation(
        "limit_open_files",
        "It held too many files open",
        "One of its processes had reached the limit of open files and connections.",
        "Close files that are done with, or raise the limit in the settings.",
    ),
    Explanation(
        "limit_file_size",
        "It wrote a file that is too large",
        "A file had reached the largest size that one may have.",
        "Write smaller files, or raise the limit in the settings.",
    ),
    Explanation(
        "limit_disk",
        "It wrote too much to disk",
        "What a step adds to its folder is bounded, deleted files that are still open included.",
        "Write less, or raise the limit in the settings.",
    ),
    Explanation(
        "limit_output",
        "It printed too much",
        "What a step prints is kept in its log, and is bounded.",
        "Print less.",
    ),
    Explanation(
        "limit_time",
        "It took too long",
        "A sandboxed step ran past its limit, and was ended with everything that it had started.",
        "Make the step smaller, or raise its limit in the settings.",
    ),
    Explanation(
        "output_unsafe",
        "The build left something else than files",
        "Links, pipes and sockets in a build’s output could lead the platform to files that are not the project’s.",
        "Let the build write plain files into its output folder.",
    ),
    Explanation(
        "host_unknown",
        "Nobody fetches from this host",
        "The repository is on a host for which this installation has no access.",
        "Link the repository again.",
    ),
    Explanation(
        "program_missing",
        "A program is not installed",
        "The packages of the runtime are not there, so nothing can be bundled, and no Worker can run.",
        "Run make setup.",
    ),
    Explanation(
        "node_missing",
        "Node is not installed",
        "The wheel that brings Node is not there, so no agent can be started.",
        "Run make setup.",
    ),
    Explanation(
        "object_missing",
        "An object is not in the store",
        "The object store does not have what the rows say that it has.",
        "Restore the bucket, or redeploy the commit.",
    ),
    Explanation(
        "object_store_failed",
        "The object store failed",
        "The store refused a request, or did not answer. The work is tried again by itself.",
        "Check S3_ENDPOINT_URL, the bucket, its credentials, and that it has room.",
    ),
    Explanation(
        "cancelled",
        "It was cancelled",
        "A person, or the end of its branch, stopped this work.",
        "Push again, or choose Redeploy.",
    ),
    Explanation(
        "worker_lost",
        "Its worker died",
        "Each worker that tried this died before it ended, and the attempts are used up.",
        "Look at the worker’s memory and log, then redeploy.",
    ),
    Explanation(
        "handed_back",
        "The work went to another worker",
        "Its worker was asked to stop before it was done. That is no failure, and costs no attempt.",
        "Nothing to do: another worker goes on.",
    ),
    Explanation(
        "lease_lost",
        "The worker’s lease ran out",
        "A worker that could not renew its lease stops: another one goes on with the work.",
        "Nothing to do.",
    ),
    Explanation(
        "platform_failed",
        "The platform failed",
        "Something broke that is not the project’s fault. It was logged with the operation’s id, and was tried again.",
        "Try again; if it stays, look for the id in the log.",
    ),
)
