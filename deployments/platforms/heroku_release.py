"""One release at Heroku: config vars, a slug, and a release phase that keeps what is not well from the traffic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from builds.runner.progress import Progress
from clients.agent_health import wait_until_healthy
from clients.heroku import Heroku, HerokuRelease, said_better
from clients.vendor_api import VendorRefusedError, heeding
from core.errors import CancelledError, DextoError, ProjectError, UserError
from deployments.platforms.cloud import Release, Version
from deployments.platforms.heroku_place import Place
from deployments.platforms.heroku_slug import SlugNode, packed, processes
from deployments.platforms.pauses import looks
from deployments.platforms.variables import collection, last_words

_GONE: Final = frozenset({404, 422})
_CONFLICT: Final = 409
Answered = TypeVar("Answered")
#: Beside the health check: a dyno for the release phase has to start, and to fetch the slug.
_PHASE_SECONDS: Final = 240
_RECENT: Final = 20


@dataclass(frozen=True, slots=True)
class Run:
    """A release that is under way."""

    place: Place
    release: Release
    progress: Progress
    node: SlugNode
    edge: str

    def brought_up(self) -> tuple[Version, str]:
        """The version, and the app's address."""
        place, memory = self.place, self.place.memory
        with self._restoring():
            with self.progress.step("prepare"):
                variables = place.made()
                self._set(variables)
            made = self._begun() or self._released()
            memory.attempt.put(release=made.id)
            address = self._finish(made)
        self._note(made.id, made.id)
        return Version(made.id, details={"version": str(made.version)}), address

    def moved_to(self, version: Version) -> str:
        memory = self.place.memory
        variables = self.place.made()
        wanted = self._wanted(variables)
        if memory.service.get("version") == version.id and wanted == variables and self._serves():
            return self.place.address()
        earlier = memory.service.get(f"made:{version.id}") or version.id
        with self._restoring():
            made = self._rolled_back(earlier)
            if made is not None:
                address = self._finish(made)
        if made is None:
            found, address = self.brought_up()
            self._note(found.id, version.id)
            return address
        # Heroku gives back the variables of then; what it did not is set, as the version's own are promised.
        self._set(self.place.made())
        self._note(self._current().id, version.id)
        return address

    @property
    def _heroku(self) -> Heroku:
        return self.place.heroku

    @property
    def _app(self) -> str:
        return self.place.name

    def _wanted(self, existing: dict[str, str]) -> dict[str, str]:
        return collection(existing, self.release.variables, self.release.service.mark)

    def _set(self, existing: dict[str, str]) -> None:
        wanted = self._wanted(existing)
        changes: dict[str, str | None] = {name: value for name, value in wanted.items() if existing.get(name) != value}
        changes |= dict.fromkeys(existing.keys() - wanted.keys())
        if not changes:
            return
        self._alone(lambda: self._heroku.set_variables(self._app, changes))
        if self.place.memory.service.get("serving"):
            # It is a release of the code of before, and has a phase of its own.
            self._settled(self._heroku.releases(self._app, 1)[0])

    def _begun(self) -> HerokuRelease | None:
        """What an earlier attempt released, whose answer was perhaps lost."""
        attempt = self.place.memory.attempt
        if known := attempt.get("release"):
            return self._heroku.release(self._app, known)
        if attempt.get("asked"):
            for one in self._heroku.releases(self._app, _RECENT):
                if one.description == self._description:
                    return one
        return None

    def _released(self) -> HerokuRelease:
        service = self.place.memory.service
        known = service.get(self._slug_key)
        with self.progress.step("upload"):
            slug = known or self._uploaded()
        self.place.memory.attempt.put(asked="1")
        try:
            return self._alone(lambda: self._heroku.create_release(self._app, slug, self._description))
        except VendorRefusedError as error:
            if not known or error.refusal.status not in _GONE:
                raise said_better(error) from error
            service.put(**{self._slug_key: ""})
        return self._released()

    def _uploaded(self) -> str:
        content = packed(self.release.bundle, self.node)
        self.progress.line(f"Uploading {len(content.content):,} bytes to Heroku.")
        slug = self._heroku.create_slug(
            self._app,
            processes(self.release.health_seconds),
            stack=self.place.config.stack,
            sha256=content.sha256,
            commit=self.release.source.sha,
        )
        self._heroku.upload_slug(slug, content.content)
        self.place.memory.service.put(**{self._slug_key: slug.id})
        return slug.id

    def _rolled_back(self, release: str) -> HerokuRelease | None:
        """None where Heroku has it no longer, or never had it."""
        try:
            return self._alone(lambda: self._heroku.roll_back(self._app, release))
        except VendorRefusedError as error:
            if error.refusal.status in _GONE:
                return None
            raise

    def _alone(self, ask: Callable[[], Answered]) -> Answered:
        """Heroku does one release of an app at a time, and says "conflict" to whoever comes meanwhile."""
        try:
            return ask()
        except VendorRefusedError as error:
            if error.refusal.status != _CONFLICT:
                raise
        self._settled(self._heroku.releases(self._app, 1)[0])
        return ask()

    def _finish(self, made: HerokuRelease) -> str:
        with self.progress.step("release"):
            done = self._settled(made)
            if done.status != "succeeded":
                raise self._unhealthy(done)
            self._scale()
        address = self.place.address()
        with self.progress.step("health"):
            wait_until_healthy(address, self.release.health_seconds, self.progress.check, edge=self.edge)
        return address

    def _settled(self, made: HerokuRelease) -> HerokuRelease:
        """Once its release phase has ended, one way or the other."""
        if made.status != "pending":
            return made
        found = made
        for _look in looks(heeding(self.progress.check), seconds=self.release.health_seconds + _PHASE_SECONDS):
            found = self._heroku.release(self._app, made.id)
            if found.status != "pending":
                break
        return found

    def _scale(self) -> None:
        """A process type is there once a release has it."""
        size, service = self.place.config.dyno, self.place.memory.service
        if service.get("dyno") != size:
            try:
                self._heroku.scale(self._app, size)
            except VendorRefusedError as error:
                raise said_better(error) from error
            service.put(dyno=size)

    def _unhealthy(self, failed: HerokuRelease) -> ProjectError:
        words = last_words(self._heroku.output(failed).splitlines(), self.release)
        reason = f"It said: {words}" if words else "It said nothing."
        return ProjectError(
            "release_unhealthy",
            f"The agent did not become healthy at Heroku ({failed.status}). {reason}",
            "Look at the agent's log; a missing variable is the most frequent reason.",
        )

    @contextmanager
    def _restoring(self) -> Iterator[None]:
        """What served before has its code and its variables back where this fails for good."""
        before = self.place.memory.service.get("serving")
        try:
            yield
        except (UserError, CancelledError):
            with suppress(DextoError):
                if before and self._current().id != before and (back := self._rolled_back(before)):
                    self.place.memory.service.put(serving=back.id)
                    self._settled(back)
            raise

    def _serves(self) -> bool:
        return self._current().id == self.place.memory.service.get("serving")

    def _current(self) -> HerokuRelease:
        found = self._heroku.releases(self._app, _RECENT)
        return next((one for one in found if one.is_current), found[0])

    def _note(self, release: str, version: str) -> None:
        self.place.memory.service.put(serving=release, version=version, **{f"made:{version}": release})

    @property
    def _description(self) -> str:
        return f"Dexto Cloud: {self.release.deployment}"

    @property
    def _slug_key(self) -> str:
        return f"slug:{self.release.bundle.manifest.digest[:32]}:{self.release.health_seconds}"
