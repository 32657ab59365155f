"""Loads resources over the network: S3, HTTP, Google Cloud Storage, Azure Blob Storage, PostgreSQL.

Variables in a data source get their values here, in memory, for the length of one request. On the platform
(`Identity.TEAM`) only the team's variables count: neither the machine's credentials nor its profiles.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import singledispatch

from clients import azure_reader, gcs_reader, postgres_reader, s3_reader
from clients.addresses import AddressPolicy
from clients.answers import body_of
from clients.guarded_http import Fetch, FetchError, GuardedHttp
from core.config.data_sources import (
    AzureSource,
    GcsCredentials,
    GcsSource,
    HttpSource,
    PostgresSource,
    S3Source,
    SourceType,
)
from core.references import is_within
from core.resources import (
    MAX_RESOURCE_BYTES,
    DataSource,
    NamedSource,
    Resource,
    checked,
    fits,
    load_failed,
    load_unavailable,
)
from core.uris import Uri
from core.variables import expand

_SECONDS = 30.0


class Identity(StrEnum):
    """With whose credentials resources are loaded."""

    OWN_MACHINE = "own machine"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class RemoteLoader:
    """One loader for every kind of remote source. `variables` are the team's, or the person's environment."""

    http: GuardedHttp
    policy: AddressPolicy
    identity: Identity
    variables: Mapping[str, str] = field(repr=False)
    max_bytes: int = MAX_RESOURCE_BYTES

    def supports(self, uri: str, source: NamedSource) -> bool:
        return source.type is not SourceType.FS and fits(uri, source)

    def load(self, uri: str, source: NamedSource) -> Resource:
        parsed = checked(uri, source)
        try:
            config = self._with_values(source)
            if not is_within(config.model_dump(by_alias=True), parsed):
                raise FetchError("it is not in its data source, whose credentials are meant for that place only")
            content = _read(config, self, parsed)
        except KeyError as error:
            cause = f"the variable {error.args[0]} is not set"
            raise load_failed(uri, source.name, cause, "Set it among the variables.") from None
        except FetchError as error:
            fail = load_unavailable if error.temporary else load_failed
            raise fail(uri, source.name, error.cause) from error
        return Resource.of(uri, content)

    def _with_values(self, source: NamedSource) -> DataSource:
        """The source with the variables' values; it never leaves this call."""
        data = _expanded(source.config.model_dump(by_alias=True, exclude_none=True), self.variables.get)
        return type(source.config).model_validate(data)


@singledispatch
def _read(config: DataSource, _loader: RemoteLoader, _uri: Uri) -> bytes:
    """The content, by the kind of source. Raises FetchError."""
    raise FetchError(f"sources of type {config.type} are not remote")


def _expanded(value: object, value_of: Callable[[str], str | None]) -> object:
    if isinstance(value, str):
        return expand(value, value_of)
    if isinstance(value, dict):
        return {key: _expanded(one, value_of) for key, one in value.items()}
    return value


@_read.register
def _from_s3(config: S3Source, loader: RemoteLoader, uri: Uri) -> bytes:
    wanted = s3_reader.S3Object(config.bucket, uri.key, config.region, config.endpoint)
    keys = _s3_keys(loader, config)
    return s3_reader.read_object(loader.http, wanted, keys, seconds=_SECONDS, max_bytes=loader.max_bytes)


def _s3_keys(loader: RemoteLoader, config: S3Source) -> s3_reader.S3Keys | None:
    written = config.credentials
    if written and written.access_key_id and written.secret_access_key:
        return s3_reader.S3Keys(written.access_key_id, written.secret_access_key, written.session_token)
    profile = written.profile if written else None
    if loader.identity is Identity.OWN_MACHINE:
        return s3_reader.chain_keys(profile)
    if profile:
        raise FetchError(f'the profile "{profile}" exists on a person\'s own machine only')
    return _team_keys(loader.variables)


def _team_keys(variables: Mapping[str, str]) -> s3_reader.S3Keys | None:
    """The chain's first step, over the team's variables instead of the platform's environment."""
    key, secret = variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")
    return s3_reader.S3Keys(key, secret, variables.get("AWS_SESSION_TOKEN")) if key and secret else None


@_read.register
def _from_http(config: HttpSource, loader: RemoteLoader, uri: Uri) -> bytes:
    request = Fetch(uri.text, headers=config.headers, seconds=config.timeout / 1000, max_bytes=loader.max_bytes)
    return body_of(loader.http.fetch(request))


@_read.register
def _from_gcs(config: GcsSource, loader: RemoteLoader, uri: Uri) -> bytes:
    wanted = gcs_reader.GcsObject(config.bucket, uri.key, config.endpoint)
    token = _gcs_token(loader, config.credentials)
    return gcs_reader.read_object(loader.http, wanted, token, seconds=_SECONDS, max_bytes=loader.max_bytes)


def _gcs_token(loader: RemoteLoader, credentials: GcsCredentials | None) -> str | None:
    if credentials and credentials.service_account_key:
        account = gcs_reader.ServiceAccount.of(credentials.service_account_key)
        return gcs_reader.access_token(loader.http, account)
    return credentials.access_token if credentials else None


@_read.register
def _from_azure(config: AzureSource, loader: RemoteLoader, uri: Uri) -> bytes:
    credentials = config.credentials
    return azure_reader.read_blob(
        loader.http,
        azure_reader.AzureBlob(config.account, config.container, uri.key, config.endpoint),
        account_key=credentials.account_key if credentials else None,
        sas_token=credentials.sas_token if credentials else None,
        seconds=_SECONDS,
        max_bytes=loader.max_bytes,
    )


@_read.register
def _from_postgres(config: PostgresSource, loader: RemoteLoader, uri: Uri) -> bytes:
    wanted = postgres_reader.PostgresText(config.url, config.table, config.key_column, config.content_column, uri.key)
    seconds = config.timeout / 1000
    return postgres_reader.read_text(wanted, loader.policy, seconds=seconds, max_bytes=loader.max_bytes)
