"""The app: how it is made, whom it is installed for, what it was delivered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from clients.code_host import (
    AccessToken,
    App,
    AppKey,
    CodeHostAddress,
    CodeInstallation,
    DeliveryPage,
    MadeApp,
)
from clients.github import shapes
from clients.github.connection import Connection, understood
from clients.github.tokens import app_token


class GitHubMaker:
    """A `clients.code_host.AppMaker`."""

    def __init__(self, address: CodeHostAddress) -> None:
        self._connection = Connection(address.api_url)

    def convert_manifest(self, code: str) -> MadeApp:
        doing = "make the app"
        answer = self._connection.ask(doing, "POST", f"/app-manifests/{code}/conversions")
        return understood(doing, shapes.made_app, answer.content)


class GitHubApp:
    """A `clients.code_host.CodeHostApp`."""

    def __init__(self, address: CodeHostAddress, key: AppKey) -> None:
        self._connection = Connection(address.api_url, lambda: f"Bearer {app_token(key, now=datetime.now(UTC))}")

    def app(self) -> App:
        doing = "show the app"
        return understood(doing, shapes.app, self._connection.get(doing, "/app").content)

    def installations(self) -> Iterator[CodeInstallation]:
        doing = "list the app's installations"
        for raw in self._connection.listed(doing, "/app/installations"):
            yield understood(doing, shapes.installation, raw)

    def installation(self, installation_id: int) -> CodeInstallation:
        doing = "show the installation"
        answer = self._connection.get(doing, f"/app/installations/{installation_id}")
        return understood(doing, shapes.installation, answer.content)

    def installation_of(self, full_name: str) -> CodeInstallation:
        doing = "show the repository's installation"
        answer = self._connection.get(doing, f"/repos/{full_name}/installation")
        return understood(doing, shapes.installation, answer.content)

    def access_token(
        self,
        installation_id: int,
        *,
        repository_ids: Sequence[int] = (),
        permissions: Mapping[str, str] | None = None,
    ) -> AccessToken:
        doing = "give a token"
        body: dict[str, Any] = {}
        if repository_ids:
            body["repository_ids"] = list(repository_ids)
        if permissions is not None:
            body["permissions"] = dict(permissions)
        answer = self._connection.ask(doing, "POST", f"/app/installations/{installation_id}/access_tokens", body)
        return understood(
            doing, lambda raw: AccessToken(raw["token"], shapes.moment(raw["expires_at"])), answer.content
        )

    def deliveries(self, cursor: str | None = None) -> DeliveryPage:
        doing = "list the app's deliveries"
        query: dict[str, str | int] = {"per_page": 100}
        if cursor:
            query["cursor"] = cursor
        answer = self._connection.get(doing, "/app/hook/deliveries", query)
        found = understood(doing, lambda raw: tuple(map(shapes.delivery, raw)), answer.content)
        return DeliveryPage(found, answer.next_value("cursor"))

    def delivery_body(self, delivery_id: int) -> bytes:
        doing = "show a delivery"
        answer = self._connection.get(doing, f"/app/hook/deliveries/{delivery_id}")
        return understood(doing, lambda raw: json.dumps(raw["request"]["payload"]).encode(), answer.content)

    def redeliver(self, delivery_id: int) -> None:
        self._connection.ask("deliver anew", "POST", f"/app/hook/deliveries/{delivery_id}/attempts")

    def set_webhook(self, url: str, secret: str) -> None:
        body = {"url": url, "secret": secret, "content_type": "json", "insecure_ssl": "0"}
        self._connection.ask("set the app's webhook", "PATCH", "/app/hook/config", body)
