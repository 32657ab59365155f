"""Which model the sample agent speaks with: the person's own key's, else a small one of ours, said plainly."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Final

from cli.client import Api
from core.errors import UserError
from dexto_cloud.embedded.up import Running

_KEY: Final = "OPENAI_API_KEY"
_ELSEWHERE: Final = "DEXTO_MODEL_BASE_URL"
_ENVIRONMENTS: Final = ("production", "preview")


def own_key() -> str:
    """Of the person who runs the demo; "" where there is none."""
    return os.environ.get(_KEY, "")


def give_model(api: Api, project: str, running: Running) -> str:
    """Sets the project's variables; returns what to tell the person."""
    name, value = (_KEY, own_key()) if own_key() else (_ELSEWHERE, running.model_url)
    for environment in _ENVIRONMENTS:
        api.post(f"projects/{project}/variables", {"name": name, "value": value, "environment": environment})
        if name == _KEY:
            with suppress(UserError):  # a demo before this one may have had no key
                api.delete(f"projects/{project}/variables/{_ELSEWHERE}", environment=environment)
    if name == _KEY:
        return f"  Model      the sample's, with your {_KEY}"
    return f"  Model      a stand-in that repeats what you say, because {_KEY} is not set here"
