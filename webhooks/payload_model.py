"""What the models of payloads share: fields that nobody needs here are left out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[int, Field(ge=0, lt=2**63)]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]


class PayloadModel(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Numbered(PayloadModel):
    id: Number
