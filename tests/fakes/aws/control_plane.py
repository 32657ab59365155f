"""moto's server, once for each process of tests: what is said to AWS reaches it through the fake."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import boto3
import httpx
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
ACCOUNT = "123456789012"
_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "expect", "accept-encoding"})


@cache
def moto_url() -> str:
    """It ends with the process."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


@cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=60)


def forget() -> None:
    _http().post(f"{moto_url()}/moto-api/reset").raise_for_status()


def passed_on(method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> httpx.Response:
    kept = {name: value for name, value in headers.items() if name not in _HOP}
    return _http().request(method, f"{moto_url()}{path}", params=query or None, headers=kept, content=body)


@cache
def directly(service: str) -> Any:
    """A client that asks moto past the fake."""
    keys = {"aws_access_key_id": "direct", "aws_secret_access_key": "direct"}
    return boto3.session.Session().client(service, region_name=REGION, endpoint_url=moto_url(), **keys)


def there() -> list[str]:
    """What is there, in words: the kind first."""
    functions = directly("lambda").list_functions()["Functions"]
    roles = directly("iam").list_roles()["Roles"]
    buckets = directly("s3").list_buckets()["Buckets"]
    groups = directly("logs").describe_log_groups()["logGroups"]
    return [
        *(f"function {one['FunctionName']}" for one in functions),
        *(f"role {one['RoleName']}" for one in roles),
        *(f"bucket {one['Name']}" for one in buckets),
        *(f"log-group {one['logGroupName']}" for one in groups),
    ]
