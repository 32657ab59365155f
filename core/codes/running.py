"""Codes about running a bundle on a machine of one's own."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "no_bundle",
        "There is no bundle here",
        "The folder has no dexto-bundle.json, which `dexto-cloud build` writes beside a bundle’s files.",
        "Make a bundle with `dexto-cloud build`.",
    ),
    Explanation(
        "env_file_invalid",
        "A line is no variable",
        "A file of variables has one NAME=value a line; empty lines and comments after # are left out.",
        "Correct the line.",
    ),
)
