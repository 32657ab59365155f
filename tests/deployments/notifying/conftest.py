"""A receiver on a socket, and targets that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from tests.web_server import WebServer, web_server


@pytest.fixture
def receiver(settings: Any) -> Iterator[WebServer]:
    """It is on this machine, which the operator allows here."""
    settings.NOTIFY_NETWORKS = [ip_network("127.0.0.0/8")]
    with web_server() as server:
        yield server
