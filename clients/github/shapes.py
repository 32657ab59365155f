"""From GitHub's JSON to the port's nouns. What is missing or of another type raises KeyError, TypeError or ValueError,
which the connection turns into the port's own error."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from clients.code_host import (
    Account,
    AccountKind,
    App,
    Branch,
    CodeInstallation,
    CodeRepository,
    Comparison,
    Email,
    Entry,
    MadeApp,
    Pull,
    SentDelivery,
)

#: A comparison names at most so many files, and does not say that it left some out.
_MOST_FILES = 300


def account(raw: Any) -> Account:
    kind = AccountKind.OTHER
    with suppress(ValueError):
        kind = AccountKind(raw.get("type", "Other"))
    return Account(int(raw["id"]), str(raw.get("login") or raw["slug"]), kind, str(raw.get("name") or ""))


def email(raw: Any) -> Email:
    return Email(str(raw["email"]), bool(raw["primary"]), bool(raw["verified"]))


def app(raw: Any) -> App:
    return App(
        int(raw["id"]),
        str(raw["slug"]),
        str(raw["name"]),
        str(raw["html_url"]),
        dict(raw["permissions"]),
        tuple(raw["events"]),
    )


def made_app(raw: Any) -> MadeApp:
    return MadeApp(
        app_id=int(raw["id"]),
        slug=str(raw["slug"]),
        name=str(raw["name"]),
        html_url=str(raw["html_url"]),
        owner=account(raw["owner"]),
        client_id=str(raw["client_id"]),
        client_secret=str(raw["client_secret"]),
        private_key=str(raw["pem"]),
        webhook_secret=raw["webhook_secret"],
    )


def installation(raw: Any) -> CodeInstallation:
    return CodeInstallation(
        id=int(raw["id"]),
        account=account(raw["account"]),
        all_repositories=raw["repository_selection"] == "all",
        suspended=raw.get("suspended_at") is not None,
        html_url=str(raw["html_url"]),
        permissions=dict(raw["permissions"]),
    )


def repository(raw: Any) -> CodeRepository:
    return CodeRepository(
        id=int(raw["id"]),
        owner_id=int(raw["owner"]["id"]),
        full_name=str(raw["full_name"]),
        clone_url=str(raw["clone_url"]),
        default_branch=str(raw["default_branch"]),
        private=bool(raw["private"]),
        archived=bool(raw["archived"]),
        description=str(raw["description"] or ""),
        may_push=(raw.get("permissions") or {}).get("push") is True,
    )


def delivery(raw: Any) -> SentDelivery:
    return SentDelivery(
        id=int(raw["id"]),
        guid=str(raw["guid"]),
        event=str(raw["event"]),
        action=raw["action"],
        status_code=int(raw["status_code"]),
        delivered_at=moment(raw["delivered_at"]),
        redelivery=bool(raw["redelivery"]),
        repository_id=raw["repository_id"],
        installation_id=raw["installation_id"],
    )


def branch(raw: Any) -> Branch:
    return Branch(str(raw["name"]), str(raw["commit"]["sha"]))


def message(raw: Any) -> str:
    return str(raw["commit"]["message"])


def pull(raw: Any) -> Pull:
    head = raw["head"]
    return Pull(
        number=int(raw["number"]),
        title=str(raw["title"]),
        author=str((raw["user"] or {}).get("login", "")),
        is_open=raw["state"] == "open",
        merged=raw.get("merged_at") is not None,
        head_branch=str(head["ref"]),
        head_label=str(head["label"] or ""),
        head_sha=str(head["sha"]),
        head_repository_id=int(head["repo"]["id"]) if head["repo"] else None,
        base_branch=str(raw["base"]["ref"]),
    )


def comparison(raw: Any) -> Comparison:
    files = raw.get("files")
    names = [name for one in files or () for name in (one["filename"], one.get("previous_filename")) if name]
    return Comparison(
        status=str(raw["status"]),
        ahead_by=int(raw["ahead_by"]),
        files=tuple(names),
        complete=files is not None and len(files) < _MOST_FILES,
    )


def entry(raw: Any) -> Entry:
    return Entry(str(raw["path"]), raw["type"] == "dir", int(raw["size"]))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
