"""What the models of payloads share: fields that nobody needs here are left out."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _storable(text: str) -> str:
    """Without what JSON can say and PostgreSQL cannot keep: zero bytes, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _kept_as_it_is(text: str) -> str:
    if _storable(text) != text:
        raise ValueError("no name has a zero byte or half a character")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[str, AfterValidator(_kept_as_it_is)]
Number = Annotated[int, Field(ge=0, lt=2**63)]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]


class PayloadModel(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Numbered(PayloadModel):
    id: Number
