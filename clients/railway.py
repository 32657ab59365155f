"""Railway's API: GraphQL, and one address that takes code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from clients.vendor_api import Refusal, VendorApi, VendorRefusedError, bounded
from core.errors import PlatformError, UserError

ADDRESS: Final = "https://backboard.railway.com"
_GRAPHQL: Final = "/graphql/v2"
_MISSING: Final = ("not found", "does not exist")
_QUOTA: Final = ("limit exceeded", "upgrade", "plan limit", "limit reached")


@dataclass(frozen=True, slots=True)
class Railway:
    """Asks with one token. Answers are GraphQL's `data`."""

    api: VendorApi

    def query(self, document: str, **variables: object) -> dict[str, Any]:
        return self._asked(document, variables, repeatable=True)

    def change(self, document: str, *, repeatable: bool = False, **variables: object) -> dict[str, Any]:
        """`repeatable`: doing it twice is doing it once."""
        return self._asked(document, variables, repeatable=repeatable)

    def upload(self, project: str, environment: str, service: str, archive: bytes) -> str:
        """Builds and deploys a tar.gz; the deployment's id."""
        answer = self.api.ask(
            "POST",
            f"/project/{project}/environment/{environment}/up",
            params={"serviceId": service},
            content=archive,
            headers={"Content-Type": "application/gzip"},
        )
        return str(answer.json()["deploymentId"])

    def _asked(self, document: str, variables: Mapping[str, object], *, repeatable: bool) -> dict[str, Any]:
        answer = self.api.ask("POST", _GRAPHQL, json={"query": document, "variables": variables}, repeatable=repeatable)
        content: dict[str, Any] = answer.json()
        if errors := content.get("errors"):
            raise _error_of(answer, errors)
        data: dict[str, Any] = content["data"]
        return data


def railway(token: str, *, is_project_token: bool = False, api: str = "", **options: Any) -> Railway:
    """`options` are VendorApi's."""
    headers = {"Project-Access-Token": token} if is_project_token else {"Authorization": f"Bearer {token}"}
    return Railway(VendorApi("Railway", api or ADDRESS, headers, _refusal, **options))


def is_missing(error: UserError) -> bool:
    """Whether Railway said that what was named is not there."""
    said = str(error).lower()
    return isinstance(error, VendorRefusedError) and any(word in said for word in _MISSING)


def _refusal(answer: httpx.Response) -> Refusal:
    try:
        content = answer.json()
    except ValueError:
        return Refusal(answer.status_code, "", bounded(answer.text))
    errors = content.get("errors") if isinstance(content, dict) else None
    first = errors[0] if errors else content if isinstance(content, dict) else {}
    return Refusal(answer.status_code, "", bounded(first.get("message", "")))


def _error_of(answer: httpx.Response, errors: list[dict[str, Any]]) -> UserError | PlatformError:
    """GraphQL refuses with 200: what it means is in its words alone."""
    words = bounded("; ".join(str(error.get("message", "")) for error in errors))
    refusal, said = Refusal(answer.status_code, "", words), words.lower()
    if "not authorized" in said or "unauthorized" in said:
        return VendorRefusedError("Railway", refusal, "credential_refused", _CREDENTIAL)
    if "problem processing request" in said or "internal server error" in said:
        return PlatformError("vendor_failed", f"Railway failed: {words}", "Nothing to do: it is tried again.")
    if any(word in said for word in _QUOTA):
        return VendorRefusedError(
            "Railway", refusal, "vendor_quota", "Raise the plan's limit at Railway, then redeploy."
        )
    return VendorRefusedError("Railway", refusal)


_CREDENTIAL: Final = (
    "Check the account's token on the team's Accounts page: it must reach the workspace or the project."
)
