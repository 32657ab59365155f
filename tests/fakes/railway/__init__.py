"""Railway as an adapter sees it: its own schema answers, and what is uploaded really runs."""

from tests.fakes.railway.server import FakeRailway

__all__ = ["FakeRailway"]
