"""Heroku as an adapter sees it: every request is judged by its schema, and slugs really run, with their own Node."""

from tests.fakes.heroku.server import FakeHeroku

__all__ = ["FakeHeroku"]
