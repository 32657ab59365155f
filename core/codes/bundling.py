"""Codes about a project's code on its way into a bundle."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "code_invalid",
        "The code cannot be read",
        "esbuild, which puts all code into one file, refused this line.",
        "Mend the line; the build log shows the code around it.",
    ),
    Explanation(
        "unresolved_import",
        "An import leads nowhere",
        "The code imports a file or a package that is not there when the bundle is made. Packages are installed "
        "from the lock file that is committed with the project.",
        "Correct the path, or add the package and commit the lock file.",
    ),
    Explanation(
        "native_import",
        "A package is machine code",
        "Files that end in .node are made for one system; a bundle is one file of JavaScript.",
        "Use a package without machine code.",
    ),
    Explanation(
        "node_module_absent",
        "A module of Node is not there",
        "Workers have some of Node’s own modules. Processes and a few others do not exist there.",
        "Do without it on this target, or deploy to nodejs.",
    ),
    Explanation(
        "import_outside_project",
        "The code imports a file outside of the project",
        "A bundle is made of what the project and its packages hold, and of nothing else on the builder.",
        "Move the file into the project.",
    ),
    Explanation(
        "part_missing",
        "The runtime does not have this",
        "The configuration names a provider, a store or tools that the platform’s agent runtime does not have.",
        "Choose another one; `dexto-cloud schema` lists what may be written.",
    ),
    Explanation(
        "entry_missing",
        "The agent runtime does not know this target",
        "Each target has an entry in the agent runtime, and this installation’s runtime has none for it.",
        "Choose another target, or set DEXTO_AGENT_RUNTIME_DIR to a runtime that has it.",
    ),
    Explanation(
        "resource_not_text",
        "A text is not UTF-8",
        "Texts that go into the code must be UTF-8.",
        "Save the file as UTF-8.",
    ),
    Explanation(
        "bundle_over_limit",
        "The target does not take a bundle of this size",
        "Each target bounds what is deployed; for Workers it is the compressed code that counts.",
        "Remove large packages, or move large files to an s3 data source.",
    ),
    Explanation(
        "variables_over_limit",
        "The target does not take these variables",
        "Each target bounds how many variables there are, how large each is, or how large all are together.",
        "Move large values to an s3 data source.",
    ),
    Explanation(
        "lock_missing",
        "There is no lock file",
        "The project has dependencies, and nothing says which versions of them. A build that chose some would be "
        "another one tomorrow.",
        "Commit the lock file of npm, pnpm, yarn or bun.",
    ),
    Explanation(
        "install_failed",
        "The packages could not be installed",
        "The package manager refused the lock file, or the registry does not have what it names.",
        "Run the same install at home, and commit the lock file that it leaves.",
    ),
    Explanation(
        "package_manager_missing",
        "A package manager is not installed",
        "The lock file is of a package manager that this installation does not have.",
        "Commit a package-lock.json instead, or have the package manager installed.",
    ),
    Explanation(
        "out_not_empty",
        "The folder holds something else",
        "A bundle takes the place of an earlier one, and of nothing else.",
        "Name an empty folder.",
    ),
)
