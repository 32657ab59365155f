"""One app at Heroku: its name, whether it is ours, and its config vars, by which that is known."""

from __future__ import annotations

from dataclasses import dataclass

from clients.heroku import App, Heroku, said_better
from clients.vendor_api import VendorRefusedError
from core.errors import UserError
from deployments.platforms.cloud import Memory, Service
from deployments.platforms.heroku_config import HerokuConfig, app_name
from deployments.platforms.variables import MARK

_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Place:
    service: Service
    config: HerokuConfig
    memory: Memory
    heroku: Heroku

    @property
    def name(self) -> str:
        return app_name(self.service, self.config)

    def own_variables(self) -> dict[str, str] | None:
        """Of the app, where it is there and ours. Raises UserError service_name_taken."""
        try:
            found = self.heroku.variables(self.name)
        except VendorRefusedError as error:
            raise self._maybe_taken(error) from error
        if found is not None and not self._is_ours(found):
            raise self._taken()
        return found

    def made(self) -> dict[str, str]:
        """The variables of the app, which is there now."""
        found = self.own_variables()
        if found is not None:
            return found
        # Nobody has the name: what has it from here on is what the next call makes.
        self.memory.service.put(made_app=self.name, serving="", app_url="")
        self._create()
        return {}

    def address(self) -> str:
        known = self.memory.service.get("app_url")
        if known:
            return known
        app = self.heroku.app(self.name)
        if app is None:
            return ""
        self.memory.service.put(app_url=app.url)
        return app.url

    def remove(self) -> None:
        """Without an effect where nothing is ours."""
        try:
            found = self.own_variables()
        except UserError as error:
            if error.code == "service_name_taken":
                return
            raise
        if found is not None:
            self.heroku.delete_app(self.name)

    def _create(self) -> App:
        config = self.config
        try:
            app = self.heroku.create_app(self.name, region=config.region, stack=config.stack, team=config.team)
        except VendorRefusedError as error:
            if "already taken" in error.refusal.sentence.lower():
                raise self._taken() from error
            raise said_better(error) from error
        self.memory.service.put(app_url=app.url)
        return app

    def _is_ours(self, variables: dict[str, str]) -> bool:
        """An app has no mark before its first variables: until then it is ours if nobody had the name just before."""
        mark = variables.get(MARK)
        return mark == self.service.mark or (mark is None and self.memory.service.get("made_app") == self.name)

    def _maybe_taken(self, error: VendorRefusedError) -> UserError:
        """Of another account's app Heroku says that it is forbidden."""
        return self._taken() if error.refusal.status == _FORBIDDEN else error

    def _taken(self) -> UserError:
        return UserError(
            "service_name_taken",
            f"An app {self.name} is at Heroku already, and was not made by this installation for this destination.",
            "Give the destination another `name` in its config, or delete what is there.",
        )
