"""Codes about reading a file: bytes, YAML, JSON."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "file_too_large",
        "A file is too large",
        "Configurations are read whole, so their size is bounded to one megabyte.",
        "Move long texts into files of their own and name them.",
    ),
    Explanation(
        "not_utf8",
        "A file is not UTF-8",
        "A byte was found that UTF-8 does not allow; the file was probably saved in another encoding.",
        "Save the file as UTF-8.",
    ),
    Explanation(
        "yaml_syntax",
        "The file is not YAML",
        "Most often the indentation is wrong, a colon or a quote is missing, or a value that begins with "
        "@, `, % or * is not in quotes.",
        "Look at the line, and at the one before it.",
    ),
    Explanation(
        "character_not_carried",
        "A text holds a character that cannot be kept",
        "YAML and JSON can spell the character NUL (\\0, \\u0000), and JSON half of a surrogate pair (\\ud800); "
        "databases, headers and environment variables cannot hold them.",
        "Remove the character.",
    ),
    Explanation(
        "yaml_several_documents",
        "The file holds several YAML documents",
        "A line `---` starts a second document; a configuration is one document.",
        "Remove the line, or move what follows into a file of its own.",
    ),
    Explanation(
        "yaml_duplicate_key",
        "A key is there twice",
        "Readers differ in which of the two they take, so neither can be relied on. The first was taken.",
        "Keep one of the two.",
    ),
    Explanation(
        "yaml_number",
        "A number cannot be carried",
        "The configuration is handed to the agent as JSON, which knows neither infinity nor NaN, nor "
        "numbers that no double can hold.",
        "Write another number, or put it in quotes if it is meant as text.",
    ),
    Explanation(
        "yaml_too_deep",
        "The nesting is too deep",
        "No configuration needs more than 64 levels; a file that has them is broken or hostile.",
        "Check the indentation from this line upwards.",
    ),
    Explanation(
        "yaml_too_many_nodes",
        "The file has too many values",
        "Values are counted with every alias written out, because a few lines of aliases can stand for "
        "billions of values.",
        "Use fewer aliases, or move data into files of their own.",
    ),
    Explanation(
        "yaml_alias",
        "An alias leads nowhere",
        "An alias `*name` repeats what was marked `&name` before it, and cannot repeat what holds it.",
        "Mark the value before its first alias. A value that begins with * must be in quotes.",
    ),
    Explanation(
        "yaml_key",
        "A key is not text",
        "YAML allows lists and mappings as keys; JSON and JavaScript do not.",
        "Write the key as text.",
    ),
    Explanation(
        "yaml_tag",
        "A tag means nothing here",
        "Tags such as !secret make other tools run code or read files; here values are plain YAML.",
        "Remove the tag.",
    ),
    Explanation(
        "too_many_findings",
        "There are too many problems",
        "So many problems say that the file is something else. Reading stopped here, or the rest was left out.",
        "Check that this is the right file.",
    ),
    Explanation(
        "json_syntax",
        "The file is not JSON",
        "JSON has no comments, no comma after the last entry, and only double quotes.",
        "Look at the line, and at the one before it.",
    ),
)
