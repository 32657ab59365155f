"""Loads configurations from where they come: a file, S3, HTTP. One in memory has no place to load from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import singledispatchmethod
from pathlib import Path, PurePosixPath

from core.agents import AgentRef
from core.config.data_sources import HttpSource, S3Source
from core.config_sources import ConfigSource, FileConfig, HttpConfig, LoadedConfig, S3Config
from core.document import Document
from core.errors import ConfigSourceError
from core.generations import detect
from core.inspection import inspect_agent
from core.resources import NamedSource, ResourceLoader, load_failed
from core.structure import read_model
from core.templates import Folders
from core.yaml_reader import read_yaml

#: Reads a file of the person's own machine, or of a checkout; raises ResourceError.
FileReader = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class SourcedConfigLoader:
    """Loads by the loaders of resources, and checks as a project's agent is checked.

    Templates stand for folders, so in a configuration that comes from S3 or HTTP they are errors.
    """

    read_file: FileReader
    resources: ResourceLoader

    def load(self, source: ConfigSource) -> LoadedConfig:
        """The checked configuration. Raises ResourceError, ResourceUnavailableError and ConfigSourceError."""
        content, name = self._content(source)
        folder = PurePosixPath(Path(source.path).absolute()).parent if isinstance(source, FileConfig) else None
        return _checked(content, name, folder)

    @singledispatchmethod
    def _content(self, source: ConfigSource) -> tuple[bytes, str]:
        raise ConfigSourceError("config_source_memory", f"{type(source).__name__} has no place to load from")

    @_content.register
    def _from_file(self, source: FileConfig) -> tuple[bytes, str]:
        return self.read_file(source.path), source.path

    @_content.register
    def _from_s3(self, source: S3Config) -> tuple[bytes, str]:
        data = {
            "type": "s3",
            "bucket": source.bucket,
            "region": source.region,
            "endpoint": source.endpoint,
        }
        uri = f"s3://{source.bucket}/{source.key}"
        return self.resources.load(uri, _named(S3Source, data)).content, uri

    @_content.register
    def _from_http(self, source: HttpConfig) -> tuple[bytes, str]:
        data = {"type": "http", "baseUrl": source.url, "headers": dict(source.headers)}
        return self.resources.load(source.url, _named(HttpSource, data)).content, source.url.partition("?")[0]


def read_own_file(path: str) -> bytes:
    """A file of the person's own machine. Raises ResourceError."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise load_failed(path, "", str(error.strerror)) from error


def _named(model: type[S3Source] | type[HttpSource], data: Mapping[str, object]) -> NamedSource:
    structured = read_model(Document("", dict(data)), model, "configuration's source")
    if structured.model is None:
        first = structured.findings[0]
        raise ConfigSourceError(first.code, first.sentence, first.next_step)
    return NamedSource("configuration", structured.model)


def _checked(content: bytes, name: str, folder: PurePosixPath | None) -> LoadedConfig:
    reading = read_yaml(content, name)
    generation = detect(frozenset(), PurePosixPath(), reading.document)
    path = PurePosixPath(name)
    report = inspect_agent(
        reading,
        AgentRef(path.stem, path),
        folders=Folders(folder, folder) if folder else None,
        generation=generation,
        targets=(),
    )
    return LoadedConfig(report.config, report.findings)
