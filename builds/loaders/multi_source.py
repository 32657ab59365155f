"""One loader over many: each resource goes to the first that supports it."""

from dataclasses import dataclass

from core.resources import NamedSource, Resource, ResourceLoader, unsupported_scheme
from core.uris import SCHEMES


@dataclass(frozen=True, slots=True)
class MultiSourceLoader:
    """Gives each resource to the first loader that supports it."""

    loaders: tuple[ResourceLoader, ...]

    def supports(self, uri: str, source: NamedSource) -> bool:
        return any(loader.supports(uri, source) for loader in self.loaders)

    def load(self, uri: str, source: NamedSource) -> Resource:
        loader = next((one for one in self.loaders if one.supports(uri, source)), None)
        if loader is None:
            raise unsupported_scheme(uri, SCHEMES)
        return loader.load(uri, source)
