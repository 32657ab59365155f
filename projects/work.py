"""Registers who opens a repository on its code host."""

from __future__ import annotations

from projects import code_hosts, github_clients

code_hosts.register(github_clients.reports_of)
