"""Reads the process environment: the only place that does, typed, naming what is missing."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict


class Environment:
    """Typed reads of one mapping. In debug a default may stand in for what production must name."""

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self._values = values
        self.debug = self.flag("DEXTO_DEBUG", default=False)

    def required(self, name: str, *, in_debug: str) -> str:
        value = self._values.get(name, "")
        if value:
            return value
        if self.debug:
            return in_debug
        raise ImproperlyConfigured(f"The environment variable {name} is missing. Set it and start again.")

    def text(self, name: str, *, default: str) -> str:
        return self._values.get(name) or default

    def whole_number(self, name: str, *, default: int) -> int:
        value = self._values.get(name) or str(default)
        if not value.lstrip("-").isdigit():
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        value = (self._values.get(name) or str(default)).lower()
        if value not in {"1", "0", "true", "false", "yes", "no"}:
            raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")
        return value in {"1", "true", "yes"}

    def words(self, name: str, *, default: str) -> list[str]:
        return [word.strip() for word in self.text(name, default=default).split(",") if word.strip()]

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        try:
            return [ip_network(word) for word in self.words(name, default="")]
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be networks such as 10.0.0.0/8, separated by commas.") from error

    def pairs(self, name: str) -> dict[str, str]:
        """`name=value,name=value`, as OpenTelemetry writes headers."""
        entries = (word.partition("=") for word in self.words(name, default=""))
        return {key.strip(): unquote(value.strip()) for key, _, value in entries}

    def github_app(self) -> dict[str, Any]:
        """All of an app's values, or none: then one is made on the dashboard."""
        names = ("app_id", "slug", "client_id", "client_secret", "webhook_secret", "private_key")
        values = {name: self._values.get(f"DEXTO_GITHUB_{name.upper()}", "") for name in names}
        missing = [f"DEXTO_GITHUB_{name.upper()}" for name, value in values.items() if not value]
        if len(missing) == len(names):
            return {}
        if missing:
            raise ImproperlyConfigured(f"{missing[0]} is missing: an app is named by all of its variables.")
        return {
            **values,
            "app_id": self.whole_number("DEXTO_GITHUB_APP_ID", default=0),
            "private_key": values["private_key"].replace("\\n", "\n"),  # where a line cannot be broken
            "url": self.text("DEXTO_GITHUB_URL", default="https://github.com"),
            "polling": self.flag("DEXTO_GITHUB_POLLING", default=False),
        }

    def mail_server(self, name: str) -> dict[str, Any]:
        """`smtp://user:password@host:587` asks for TLS first, `smtps://` speaks within TLS, `smtp+plain://` without it:
        for a server on the same machine. In the words of Django's connection; {} without one."""
        url = urlsplit(self._values.get(name, ""))
        if not url.scheme:
            return {}
        ports = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
        if url.scheme not in ports or not url.hostname:
            raise ImproperlyConfigured(f"{name} must be smtp://, smtps:// or smtp+plain:// with a host.")
        return {
            "host": url.hostname,
            "port": url.port or ports[url.scheme],
            "username": unquote(url.username or ""),
            "password": unquote(url.password or ""),
            "use_tls": url.scheme == "smtp",
            "use_ssl": url.scheme == "smtps",
            "timeout": 10,
        }

    def encryption_keys(self, name: str, *, in_debug: str) -> dict[str, bytes]:
        """`id:base64,id:base64`: the first one encrypts, all of them decrypt; 32 bytes each."""
        keys: dict[str, bytes] = {}
        for entry in self.required(name, in_debug=in_debug).split(","):
            key_id, _, encoded = entry.strip().partition(":")
            keys[key_id] = b64decode(encoded, validate=True)
            if not key_id or len(keys[key_id]) != 32:
                raise ImproperlyConfigured(f"{name} must be id:base64 of 32 bytes, separated by commas.")
        return keys


def database_settings(url: str, *, pooled: bool) -> dict[str, Any]:
    """Django's form of a PostgreSQL URL. A pool serves threads and ASGI, where persistent connections fail."""
    parts: dict[str, Any] = dict(conninfo_to_dict(url))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "dexto"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": pooled,  # a pool keeps connections that a restart of the database has broken
        "OPTIONS": parts | ({"pool": {"min_size": 0, "max_size": 16, "timeout": 20, "max_idle": 10}} if pooled else {}),
    }


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def refuse_shared_domain(*, base_domain: str, dashboard_host: str, debug: bool) -> None:
    """User content on the dashboard's own registrable domain could set its cookies: never in production."""
    if debug or base_domain == "localhost":
        return
    dashboard = ".".join(dashboard_host.split(".")[-2:])
    if base_domain == dashboard or base_domain.endswith(f".{dashboard}"):
        raise ImproperlyConfigured(
            f"DEXTO_BASE_DOMAIN ({base_domain}) shares the dashboard's domain ({dashboard}). "
            "Agents are strangers' code: give them a domain of their own."
        )
