"""AWS Lambda, against moto behind a counterpart that adds what moto leaves out and runs the functions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.targets import Target
from deployments.platforms.aws import MODULE
from deployments.platforms.cloud import Endpoints, Service
from tests.deployments.platforms.suite import Counterpart, PlatformSuite
from tests.fakes.aws.control_plane import directly, there
from tests.fakes.aws.functions import FunctionState
from tests.fakes.aws.server import AwsFake
from tests.fakes.vendor import Fault, serving

_KEYS = {"accessKeyId": "AKIATEST", "secretAccessKey": "secret-of-the-account"}
_FULL = {"__type": "CodeStorageExceededException", "code": "CodeStorageExceededException", "message": "75 GB are used"}


@contextmanager
def made(folder: Path) -> Iterator[Counterpart]:
    fake = AwsFake(folder)
    with serving(fake):
        yield Counterpart(
            MODULE,
            MODULE.connect(_KEYS, Endpoints(fake.url, fake.url)),
            fake,
            Target.LAMBDA,
            leftovers=there,
            foreign=lambda service: _foreign(fake, service),
            revoke=fake.keys.clear,
            domain_is_ready=lambda _hostname: None,
            uploaded_bytes=lambda: fake.uploaded_bytes,
            quota_fault=Fault("POST /2015-03-31/functions", 400, times=9, content=_FULL),
        )


def _foreign(fake: AwsFake, service: Service) -> None:
    trust = '{"Version": "2012-10-17", "Statement": []}'
    role = directly("iam").create_role(RoleName="somebodys", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = {"ZipFile": b"PK\x05\x06" + b"\0" * 18}
    directly("lambda").create_function(
        FunctionName=service.name, Role=role, Code=code, Runtime="nodejs22.x", Handler="index.handler"
    )
    fake.functions[service.name] = FunctionState(service.name, fake.folder, {}, ("State", 0))


class TestAws(PlatformSuite):
    @pytest.fixture
    def counterpart(self, tmp_path: Path) -> Iterator[Counterpart]:
        with made(tmp_path) as given:
            yield given
