"""The one door to rows: everything a team owns is read through `for_team`."""

from __future__ import annotations

from typing import Self, TypeVar

from django.db import models

Owned = TypeVar("Owned", bound="TeamOwned")


class TeamQuerySet(models.QuerySet[Owned]):
    def for_team(self, team: models.Model) -> Self:
        return self.filter(team=team)


class TeamOwned(models.Model):
    team = models.ForeignKey("projects.Team", on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
