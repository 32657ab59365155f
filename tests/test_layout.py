"""Guards: what would break quietly if somebody changed the layout, and registries that must know every member."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

from builds.bundlers import BUNDLERS
from builds.models import BUILD_STATES, BuildStatus
from builds.work import _STATUS as BUILD_ENDINGS
from core.targets import Platform, Target
from dashboard.views import _VERBS
from deployments.models import Observed, Wanted
from deployments.nodes.decisions import Action
from deployments.nodes.service import _ACTIONS
from deployments.nodes.supervision import RUNNERS
from deployments.pipeline import _OF_BUILD
from deployments.platforms import PLATFORMS
from deployments.release import _STATUS as RELEASE_ENDINGS
from projects import operations
from projects.models import OperationStatus, Role, TeamOwned
from projects.models.operations import OPERATION_STATES
from projects.tokens import SCOPES_OF_ROLE
from webhooks.events import Event
from webhooks.processing import _HANDLERS

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("api", "builds", "cli", "clients", "core", "dashboard", "deployments", "origin", "projects", "webhooks")


class TestLayout:
    def test_platform_is_a_path_root_and_no_package(self) -> None:
        entries = {entry.name for entry in (ROOT / "platform").iterdir()} - {"__pycache__"}
        assert entries == {"dexto_cloud"}
        assert Path(platform.__file__ or "").parent != ROOT / "platform"

    def test_manage_py_puts_it_behind_the_standard_library(self) -> None:
        text = (ROOT / "manage.py").read_text()
        assert "sys.path.append(" in text
        assert "sys.path.insert(" not in text

    def test_no_package_of_ours_hides_one_of_the_standard_library(self) -> None:
        assert not set(PACKAGES) & set(sys.stdlib_module_names)

    def test_the_command_line_loads_no_django(self) -> None:
        django = "sorted(name for name in sys.modules if name.split('.')[0] == 'django')"
        asked = f"import cli.main, sys; cli.main.complete(); print({django})"
        done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

    def test_the_package_lock_names_no_registry(self) -> None:
        text = (ROOT / "runtime" / "package-lock.json").read_text()
        assert '"resolved"' not in text
        for requirements in (ROOT / "requirements").glob("*.txt"):
            assert not re.search(r"--(extra-)?index-url|--find-links|https?://", requirements.read_text())


@pytest.mark.django_db
class TestTables:
    def test_every_change_of_a_model_has_its_migration(self) -> None:
        out = StringIO()
        call_command("makemigrations", "--check", "--dry-run", stdout=out, stderr=out)
        assert "No changes detected" in out.getvalue()

    def test_every_row_belongs_to_a_team(self) -> None:
        """The few that do not say so themselves: who a person is, a machine, what comes before a team is known."""
        of_the_installation = {"User", "Team", "Node", "Delivery", "CodeHostIdentity", "DeviceLogin"}
        ours = [model for model in apps.get_models() if model.__module__.split(".")[0] in PACKAGES]
        assert {model.__name__ for model in ours if not issubclass(model, TeamOwned)} <= of_the_installation
        for model in ours:
            if issubclass(model, TeamOwned):
                assert hasattr(model.objects, "for_team"), model

    def test_no_relation_of_a_team_s_row_can_be_left_without_a_team(self) -> None:
        for model in apps.get_models():
            if issubclass(model, TeamOwned):
                field = model._meta.get_field("team")
                assert isinstance(field, models.ForeignKey)
                assert not field.null, model


class TestRegistries:
    """A table over an enumeration knows every member, or says here which it does not know yet."""

    def test_what_can_be_bundled_can_be_run(self) -> None:
        assert set(BUNDLERS) == set(RUNNERS)
        assert set(BUNDLERS) <= set(Target)

    def test_platforms(self) -> None:
        assert Platform.LOCAL in PLATFORMS
        assert set(PLATFORMS) <= set(Platform)

    def test_every_action_of_a_node_is_carried_out(self) -> None:
        assert set(_ACTIONS) == set(Action)
        assert set(Wanted.values) <= set(Observed.values)

    def test_every_role_has_its_scopes(self) -> None:
        assert set(SCOPES_OF_ROLE) == set(Role)

    def test_every_event_has_its_handler(self) -> None:
        assert set(_HANDLERS) == set(Event.__args__)

    def test_every_end_of_an_operation_is_the_end_of_its_subject(self) -> None:
        ends = {one for one in OperationStatus if OPERATION_STATES.is_terminal(one)} - {OperationStatus.DONE}
        assert set(BUILD_ENDINGS) == set(RELEASE_ENDINGS) == ends
        assert set(_OF_BUILD) | {BuildStatus.READY} == {one for one in BuildStatus if BUILD_STATES.is_terminal(one)}

    def test_what_carries_an_operation_out_exists(self) -> None:
        for kind in operations._KINDS.values():
            module, _, name = kind.run.rpartition(".")
            assert callable(getattr(__import__(module, fromlist=[name]), name))

    def test_every_button_is_on_a_page(self) -> None:
        pages = "".join(path.read_text() for path in (ROOT / "templates").glob("*.html"))
        for verb in _VERBS:
            assert f"'{verb}'" in pages
