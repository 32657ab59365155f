"""Codes about the structure of a configuration: keys, types, values, older names."""

from core.codes.explanation import Explanation

CODES = (
    Explanation(
        "not_a_mapping",
        "The file holds no keys",
        "A configuration consists of keys and values; this file is empty, a list, or one text.",
        "Write keys and values, as in `llm: …`.",
    ),
    Explanation(
        "missing_key",
        "A required key is missing",
        "Without this key nothing useful can be done with what holds it.",
        "Add the key.",
    ),
    Explanation(
        "unknown_key",
        "A key is not known",
        "Unknown keys are errors, because a misspelt key that is ignored is found much later, if at all.",
        "Correct the spelling, or remove the key.",
    ),
    Explanation(
        "wrong_type",
        "A value has the wrong type",
        'Types are strict: "true" in quotes is text, 1 is a number. So what is written is what is meant.',
        "Write a value of the type that the finding names.",
    ),
    Explanation(
        "not_allowed_value",
        "A value is not among the allowed ones",
        "The key takes one of a few values.",
        "Use one of those that the finding lists.",
    ),
    Explanation(
        "out_of_range",
        "A value is out of range",
        "A number is too small or too large, or a text or list too short or too long.",
        "Write a value within the limits.",
    ),
    Explanation(
        "bad_name",
        "A name has a form that is not allowed",
        "Ids become parts of addresses and commands, so they are lower case words with hyphens between.",
        "Write it like `code-review`.",
    ),
    Explanation(
        "duplicate_name",
        "A name is taken",
        "Two entries of a list have the same name, so that neither can be told from the other.",
        "Give one of them another name.",
    ),
    Explanation(
        "legacy_key",
        "A key has a newer name",
        "The key is that of an earlier generation. It is understood and read as the newer one.",
        "Write the newer name when you next touch the file.",
    ),
    Explanation(
        "legacy_value",
        "A value has a newer name",
        "The value is that of an earlier generation. It is understood and read as the newer one.",
        "Write the newer name when you next touch the file.",
    ),
    Explanation(
        "secret_in_file",
        "A secret is written into the file",
        "Everyone who reads the repository reads the secret, now and in its history.",
        "Put it into a variable, write $NAME, and renew the secret.",
    ),
    Explanation(
        "missing_variable",
        "A variable is not set",
        "The configuration asks for a variable that the destination's environment does not have. An unset "
        "variable would silently be an empty text, so it is an error.",
        "Set it among the project's variables, or write a default: ${NAME:-default}.",
    ),
    Explanation(
        "credentials_ambiguous",
        "The credentials say two things",
        "A profile and explicit keys were given together; only one can hold.",
        "Keep `profile` or the keys.",
    ),
    Explanation(
        "credentials_incomplete",
        "The credentials are incomplete",
        "accessKeyId and secretAccessKey are two halves of one key; sessionToken belongs to both.",
        "Write both keys, or leave `credentials` out for the default chain.",
    ),
)
