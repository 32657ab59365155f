"""The tree of errors: what each carries, across processes too."""

import pickle

from core.errors import DextoError, PlatformError, ResourceUnavailableError, UserError
from core.resources import load_unavailable


def test_an_error_is_a_finding_and_a_sentence() -> None:
    error = UserError("unknown_key", "No such key", "Remove it", "agent.yml", 3)
    assert str(error) == "No such key"
    assert error.as_dict()["line"] == 3
    assert error.as_finding().file == "agent.yml"


def test_errors_cross_process_borders_whole() -> None:
    error = load_unavailable("https://x", "cdn", "no answer")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # what multiprocessing does
    assert isinstance(copy, ResourceUnavailableError)
    assert copy.as_dict() == error.as_dict()


def test_who_is_at_fault_is_the_class() -> None:
    assert issubclass(ResourceUnavailableError, PlatformError)
    assert not issubclass(UserError, PlatformError)
    assert issubclass(UserError, DextoError)
