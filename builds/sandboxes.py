"""This installation's sandbox: the settings, and what was found to work here. Tried once per process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from builds.node_program import node_program
from builds.sandbox import cgroups
from builds.sandbox.backend import Machine
from builds.sandbox.choosing import Choice, choose
from builds.sandbox.contract import Backend
from builds.sandbox.egress_rules import EgressRules, places
from builds.sandbox.network import Registries
from core.errors import PlatformError


@lru_cache(maxsize=1)
def build_sandbox() -> Choice:
    """For installs, bundling and a project's own commands. Raises PlatformError where none works."""
    return choose(machine(), wanted=_wanted(), may_be_bare=_may_be_bare())


@lru_cache(maxsize=1)
def agent_sandbox() -> Choice:
    """For agents on this machine: no container engine keeps those. Raises PlatformError where none works."""
    wanted = Backend.NONE if _wanted() is Backend.NONE else Backend.BUBBLEWRAP
    return choose(machine(), wanted=wanted, may_be_bare=_may_be_bare(), stays=True)


@dataclass(frozen=True, slots=True)
class Protection:
    """For a page: how strangers' code is kept in on this machine, and what would help where it is not."""

    is_confined: bool
    sentence: str
    next_step: str


def protection() -> Protection:
    """Never raises: where no sandbox may be used, that is what it says."""
    try:
        choice = agent_sandbox()
    except PlatformError as error:
        return Protection(False, error.sentence, error.next_step)
    return Protection(choice.is_confined, choice.sentence, choice.next_step)


@lru_cache(maxsize=1)
def machine() -> Machine:
    return Machine(
        settings.DATA_DIR / "sandbox",
        cgroups.find(),
        Registries(EgressRules(places(settings.REGISTRY_HOSTS)), node_program()),
        settings.CONTAINER_PROGRAM,
        settings.SANDBOX_IMAGE,
    )


def _wanted() -> Backend | None:
    return None if settings.SANDBOX == "auto" else Backend(settings.SANDBOX)


def _may_be_bare() -> bool:
    """On a person's own machine that person's own code; elsewhere only where the operator says so by name."""
    is_own_machine = settings.EMBEDDED and settings.BASE_DOMAIN == "localhost"
    return bool(is_own_machine or settings.INSECURE_BUILDS)
