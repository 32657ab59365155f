"""`dataSources`: where resources come from, and with whose credentials."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from core.config.base import Milliseconds, Model, Name, custom_error
from core.errors import DextoError, ResourceError
from core.uris import parse


class SourceType(StrEnum):
    """The kinds of source."""

    FS = "fs"
    S3 = "s3"
    HTTP = "http"
    GCS = "gcs"
    AZURE = "azure"
    POSTGRES = "postgres"


#: Which URI schemes a source answers.
SCHEMES_OF: dict[SourceType, tuple[str, ...]] = {
    SourceType.FS: ("file",),
    SourceType.S3: ("s3",),
    SourceType.HTTP: ("http", "https"),
    SourceType.GCS: ("gs",),
    SourceType.AZURE: ("az",),
    SourceType.POSTGRES: ("postgres",),
}


def _check_url(text: str) -> str:
    # A variable as a whole is checked by the loader, which knows its value.
    if text.startswith("$"):
        return text
    try:
        parse(text, field="Address", schemes=("http", "https"))
    except DextoError as error:
        raise custom_error(error) from error
    return text


HttpUrl = Annotated[str, AfterValidator(_check_url)]


class _Source(Model):
    description: str | None = None


class FsSource(_Source):
    """Files of the project. They are bundled, so they need no disk where the agent runs."""

    type: Literal["fs"]


class S3Credentials(Model):
    """Explicit keys, or a profile of the person's own machine; left out, the default chain."""

    access_key_id: str | None = None
    secret_access_key: str | None = None
    session_token: str | None = None
    profile: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        keys = (self.access_key_id, self.secret_access_key)
        if self.profile and (any(keys) or self.session_token):
            raise custom_error(_both_ways())
        if any(keys) != all(keys) or (self.session_token and not all(keys)):
            raise custom_error(_half_a_key())
        return self


class S3Source(_Source):
    """A bucket of AWS, or with `endpoint` of R2, MinIO or any other that speaks the same API."""

    type: Literal["s3"]
    bucket: Name
    region: Annotated[Name, Field(description='The bucket\'s region; "auto" for R2.')]
    endpoint: Annotated[HttpUrl | None, Field(description="For R2, MinIO and others.")] = None
    credentials: S3Credentials | None = None


class HttpSource(_Source):
    """Pages below one address."""

    type: Literal["http"]
    base_url: Annotated[HttpUrl, Field(description="What the resources' URIs begin with.")]
    headers: dict[str, str] = {}
    timeout: Annotated[Milliseconds, Field(description="Milliseconds.")] = 30_000


class GcsCredentials(Model):
    """The JSON of a service account's key, or an access token; left out, the bucket is public."""

    service_account_key: str | None = None
    access_token: str | None = None


class GcsSource(_Source):
    """A bucket of Google Cloud Storage."""

    type: Literal["gcs"]
    bucket: Name
    endpoint: HttpUrl | None = None
    credentials: GcsCredentials | None = None


class AzureCredentials(Model):
    """The account's key, or a SAS token; left out, the container is public."""

    account_key: str | None = None
    sas_token: str | None = None


class AzureSource(_Source):
    """A container of Azure Blob Storage."""

    type: Literal["azure"]
    account: Name
    container: Name
    endpoint: HttpUrl | None = None
    credentials: AzureCredentials | None = None


Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$")]


class PostgresSource(_Source):
    """Texts in a table: `postgres://TABLE/KEY` is the row whose key column holds KEY."""

    type: Literal["postgres"]
    url: Annotated[str, Field(description="A variable such as $DATABASE_URL.")]
    table: Identifier
    key_column: Identifier = "key"
    content_column: Identifier = "content"
    timeout: Milliseconds = 30_000


DataSource = Annotated[
    FsSource | S3Source | HttpSource | GcsSource | AzureSource | PostgresSource,
    Field(discriminator="type"),
]


def _both_ways() -> ResourceError:
    return ResourceError(
        "credentials_ambiguous",
        "The credentials name a profile and keys; only one of them can hold",
        "Keep `profile` or the keys.",
    )


def _half_a_key() -> ResourceError:
    return ResourceError(
        "credentials_incomplete",
        "accessKeyId and secretAccessKey are needed together, sessionToken only with them",
        "Write both keys, or leave `credentials` out for the default chain.",
    )
