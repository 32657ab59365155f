"""One runner per target: what ships runs on this machine, as a process that speaks plain HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.targets import Target
from deployments.runners import aws_lambda, cloudflare, nodejs, vercel
from deployments.runners.contract import Runner

RUNNERS: Mapping[Target, Runner] = {
    Target.NODEJS: nodejs.launch,
    Target.CLOUDFLARE: cloudflare.launch,
    Target.LAMBDA: aws_lambda.launch,
    Target.VERCEL: vercel.launch,
}
#: Their program locks the files of its memory: a second one that opens them crashes, or makes the first one fail.
ALONE_WITH_MEMORY: Final = frozenset({Target.CLOUDFLARE})
