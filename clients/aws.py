"""Asks AWS: one set of keys, or a role that they assume for an hour at a time. boto3 and its exceptions stay in here.

boto3 sends nothing again by itself. This does, after 429, 5xx and a lost connection, since everything that is asked of
AWS here may come twice: names are ours, and who finds something there already looks whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from clients.vendor_api import Refusal, VendorRefusedError, bounded
from core.errors import PlatformError, UserError

_TRIES: Final = 4
_LONGEST_WAIT_SECONDS: Final = 30.0
_ROLE_SECONDS: Final = 3600
#: New credentials are asked for before the old ones end in the middle of something.
_BEFORE_THE_END: Final = timedelta(minutes=5)
_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=70,
    s3={"addressing_style": "path"},
)
_BUSY: Final = frozenset(
    {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"}
)
_REFUSED: Final = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken", "ExpiredTokenException"}
    | {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException", "AccessDenied"}
    | {"AccessDeniedException", "AuthFailure", "MissingAuthenticationToken", "UnauthorizedOperation"}
)
_QUOTA: Final = frozenset(
    {"CodeStorageExceededException", "LimitExceeded", "LimitExceededException", "TooManyBuckets"}
    | {"ServiceQuotaExceededException", "PolicyLengthExceededException"}
)


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """`role` is assumed with them where it is named; its trust policy asks for `external_id`."""

    id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    role: str = ""
    external_id: str = ""


class Aws:
    """Raises VendorRefusedError for what the person can mend, PlatformError for what may pass."""

    def __init__(self, keys: AwsKeys, region: str, *, address: str = "", pause: Callable[[float], None]) -> None:
        self.region = region
        self._keys = keys
        self._address = address
        self._pause = pause

    def ask(
        self, service: str, operation: str, *, none_for: frozenset[str] = frozenset(), **parameters: Any
    ) -> dict[str, Any] | None:
        """The answer; None where AWS refuses with one of the codes in `none_for`."""
        return self._asked(self._working_keys, service, operation, none_for, parameters)

    def must(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The answer of what is there."""
        return self.ask(service, operation, **parameters) or {}

    def _asked(
        self,
        keys: Callable[[], AwsKeys],
        service: str,
        operation: str,
        none_for: frozenset[str],
        parameters: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        for attempt in range(_TRIES):
            client = _client(service, self.region, self._address, keys())
            try:
                answer: dict[str, Any] = getattr(client, operation)(**parameters)
            except ClientError as error:
                if error.response["Error"].get("Code", "") in none_for:
                    return None
                seconds = _wait_of(error, attempt)
            except (BotoCoreError, HTTPClientError) as error:
                if attempt == _TRIES - 1:
                    raise PlatformError("vendor_failed", f"AWS does not answer ({type(error).__name__}).") from error
                seconds = 2.0**attempt / 4
            else:
                return answer
            self._pause(seconds)
        raise _busy()

    def _working_keys(self) -> AwsKeys:
        if not self._keys.role:
            return self._keys
        given = _ASSUMED.get((self._address, self._keys))
        if given is None or given[1] - datetime.now(UTC) < _BEFORE_THE_END:
            given = _ASSUMED[self._address, self._keys] = self._assume()
        return given[0]

    def _assume(self) -> tuple[AwsKeys, datetime]:
        wanted: dict[str, Any] = {
            "RoleArn": self._keys.role,
            "RoleSessionName": "dexto-cloud",
            "DurationSeconds": _ROLE_SECONDS,
            **({"ExternalId": self._keys.external_id} if self._keys.external_id else {}),
        }
        try:
            answer = self._asked(lambda: self._keys, "sts", "assume_role", frozenset(), wanted) or {}
        except VendorRefusedError as error:
            raise UserError(
                "credential_refused",
                f"The role {self._keys.role} cannot be assumed: {error.refusal.sentence}",
                "Let its trust policy name this user and the external id, and this user's policy allow sts:AssumeRole.",
            ) from error
        given = answer["Credentials"]
        keys = AwsKeys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return keys, given["Expiration"]


#: What roles gave, and until when it holds. Two threads that ask at once get one each, and both work.
_ASSUMED: Final[dict[tuple[str, AwsKeys], tuple[AwsKeys, datetime]]] = {}


def _wait_of(error: ClientError, attempt: int) -> float:
    """How long before it is sent again. Raises where that would not help."""
    answer = error.response.get("ResponseMetadata", {})
    status, code = int(answer.get("HTTPStatusCode", 0)), str(error.response["Error"].get("Code", ""))
    is_busy = status == 429 or code in _BUSY
    if not is_busy and status < 500:
        raise _refused(error, status, code) from error
    said = str(answer.get("HTTPHeaders", {}).get("retry-after", ""))
    seconds = float(said) if said.replace(".", "", 1).isdecimal() else 2.0**attempt / 4
    if attempt == _TRIES - 1 or seconds > _LONGEST_WAIT_SECONDS:
        raise _busy() if is_busy else PlatformError("vendor_failed", f"AWS failed with {status} ({code}).", _AGAIN)
    return seconds


def _refused(error: ClientError, status: int, code: str) -> VendorRefusedError:
    refusal = Refusal(status, code, bounded(error.response["Error"].get("Message", "")) or "no reason was given")
    if code in _REFUSED or status in (401, 403):
        return VendorRefusedError("AWS", refusal, "credential_refused", _CREDENTIAL)
    if code in _QUOTA:
        return VendorRefusedError(
            "AWS", refusal, "vendor_quota", "Raise the quota at AWS, or delete what is not needed."
        )
    return VendorRefusedError("AWS", refusal)


def _busy() -> PlatformError:
    return PlatformError("vendor_busy", "AWS takes no more requests for now.", _AGAIN)


@cache
def _session() -> Any:
    """One for all: what it read of the services' descriptions is kept."""
    return boto3.session.Session()


_MAKING: Final = Lock()


@lru_cache(maxsize=64)
def _made(service: str, region: str, address: str, keys: AwsKeys) -> Any:
    return _session().client(
        service,
        region_name=region,
        endpoint_url=address or None,
        aws_access_key_id=keys.id,
        aws_secret_access_key=keys.secret,
        aws_session_token=keys.token or None,
        config=_CONFIG,
    )


def _client(service: str, region: str, address: str, keys: AwsKeys) -> Any:
    """Clients may be shared between threads; making one may not."""
    with _MAKING:
        return _made(service, region, address, keys)


_AGAIN: Final = "Nothing to do: it is tried again. If it stays, look at AWS's health page."
_CREDENTIAL: Final = "Check the account's keys on the team's Accounts page, and what its policy allows."
