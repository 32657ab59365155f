"""What a destination's config may say for railway."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from core.config.base import Model

_Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{8,64}$")]

CONFIG: Final = {
    "workspaceId": "The workspace in which projects are made, where the token reaches several.",
    "projectId": "A project that is there already, for production; without it each service is a project of its own.",
    "environment": "The environment of that project; production where none is named.",
    "region": "Where it runs, such as europe-west4-drams3a.",
    "volumePath": "Where a volume is mounted that outlives releases, such as /data; the agent keeps its memory there.",
    "sleep": "false keeps it awake; else it sleeps when nobody asks, and wakes with the next request.",
}


class RailwayConfig(Model):
    workspace_id: _Id | Literal[""] = ""
    project_id: _Id | Literal[""] = ""
    environment: Annotated[str, Field(min_length=1, max_length=100)] = "production"
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]{3,40}$")] | Literal[""] = ""
    volume_path: Annotated[str, Field(pattern=r"^/[\w./-]{1,200}$")] | Literal[""] = ""
    sleep: bool = True
