"""The outline of what was bundled: which agents, with which model, tools and prompts."""

from __future__ import annotations

from typing import Any

from builds.bundle import MadeBundle
from builds.bundlers.contract import CHECKED_BASE
from builds.bundlers.resources import logical_uri
from core.inspection import Report
from core.outline import outline_of


def bundle_outline(report: Report, made: MadeBundle) -> dict[str, dict[str, Any]]:
    """The report's URIs say where it was checked, the manifest's name no folder of this machine."""
    by_name = {one["from"]: one["sha256"] for one in made.manifest.provenance}
    used = {use.uri for agent in report.agents for use in agent.resources}
    digests = {uri: by_name[logical_uri(uri)] for uri in used if logical_uri(uri) in by_name}
    return outline_of(report, digests, CHECKED_BASE)
