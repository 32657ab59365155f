"""A GitHub that holds what it was told and lies about nothing: a server on a socket, and repositories of real git.

Its API is below /api/v3, its pages are below /, as on GitHub Enterprise. Each request and each answer is validated
against GitHub's own description where that is on this machine; what does not validate is answered 500 and kept in
`World.violations`, which fails the test.
"""

from tests.fakes.github.server import github
from tests.fakes.github.world import App, Fault, Installation, Pull, Repository, User, World

__all__ = ["App", "Fault", "Installation", "Pull", "Repository", "User", "World", "github"]
