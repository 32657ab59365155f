"""What there is on this GitHub, as rows in memory and repositories on disk."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.fakes.github.keys import key
from tests.fakes.github.oidc import Issuer
from tests.git import git

if TYPE_CHECKING:
    from tests.fakes.github.sending import Postman

#: What a GitHub App of the platform is given.
PERMISSIONS = {
    "checks": "write",
    "contents": "read",
    "deployments": "write",
    "metadata": "read",
    "pull_requests": "write",
    "statuses": "write",
}
EVENTS = ("push", "pull_request", "delete", "repository", "check_run")


@dataclass(slots=True)
class User:
    id: int
    login: str
    kind: str = "User"
    email: str = ""


@dataclass(slots=True)
class App:
    id: int
    slug: str
    name: str
    owner: User
    client_id: str
    client_secret: str
    webhook_secret: str
    key: rsa.RSAPrivateKey
    webhook_url: str = ""
    setup_url: str = ""
    redirect_urls: tuple[str, ...] = ()

    @property
    def pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@dataclass(slots=True)
class Repository:
    id: int
    owner: User
    name: str
    folder: Path  # bare
    private: bool = True
    default_branch: str = "main"
    fork_of: Repository | None = None
    former_names: list[str] = field(default_factory=list)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def branches(self) -> dict[str, str]:
        lines = git(self.folder, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads/")
        return dict(line.split(" ") for line in lines.splitlines())


@dataclass(slots=True)
class Installation:
    id: int
    app: App
    account: User
    repositories: list[Repository]  # those that were chosen
    suspended: bool = False
    people: list[User] = field(default_factory=list)  # who can reach it
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))


@dataclass(slots=True)
class Pull:
    number: int
    title: str
    user: User
    base: Repository
    base_branch: str
    head: Repository | None  # None once the fork was deleted
    head_owner: User
    head_branch: str
    head_sha: str
    state: str = "open"
    merged_at: datetime | None = None
    touched: int = 0  # grows with every change


@dataclass(slots=True)
class Token:
    """What a credential opens: an installation's repositories and permissions, or what a person can reach."""

    value: str
    expires_at: datetime
    installation: Installation | None = None
    repositories: tuple[Repository, ...] = ()
    permissions: dict[str, str] = field(default_factory=dict)
    user: User | None = None
    remaining: int = 5_000

    def opens(self, repository: Repository) -> bool:
        if self.user is not None:
            return not repository.private or repository.owner is self.user
        return repository in self.repositories

    @property
    def is_good(self) -> bool:
        return datetime.now(UTC) < self.expires_at


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests whose "METHOD /path" holds `where`.

    `status` and `headers` are the answer; `after` does what was asked before, and then loses the answer.
    """

    where: str
    status: int = 502
    times: int = 1
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False


@dataclass(slots=True)
class Sent:
    """One attempt to deliver."""

    id: int
    guid: str
    event: str
    action: str | None
    payload: dict[str, Any]
    repository_id: int | None
    installation_id: int | None
    delivered_at: datetime
    status_code: int = 0
    redelivery: bool = False


class World:
    """Everything that is on this GitHub. Tests arrange here and look here; the server serves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.lock = RLock()
        self._numbers = count(1_001)
        self.users: dict[str, User] = {}
        self.apps: list[App] = []
        self.repositories: list[Repository] = []
        self.installations: list[Installation] = []
        self.pulls: list[Pull] = []
        self.tokens: dict[str, Token] = {}
        self.manifest_codes: dict[str, App] = {}
        self.sign_in_codes: dict[str, tuple[User, str, str]] = {}  # code → who, redirect URI, challenge
        self.signed_in: User | None = None  # who sits before the browser
        self.statuses: list[dict[str, Any]] = []
        self.deployments: list[dict[str, Any]] = []
        self.deployment_statuses: list[dict[str, Any]] = []
        self.check_runs: list[dict[str, Any]] = []
        self.annotations: dict[int, list[dict[str, Any]]] = {}
        self.comments: list[dict[str, Any]] = []
        self.deliveries: list[Sent] = []
        self.faults: list[Fault] = []
        self.on_asked: Callable[[], None] = lambda: None
        self.asked: list[str] = []  # "METHOD /path" of each request to the API
        self.violations: list[str] = []
        self.page_size = 100  # a smaller one shows what follows pages
        self.writes_a_minute = 80  # a secondary limit
        self.writes: dict[int, deque[float]] = defaultdict(deque)  # of each installation, when
        self.issuer = Issuer()
        self.postman: Postman | None = None  # who takes deliveries out while the server runs

    def number(self) -> int:
        return next(self._numbers)

    def user(self, login: str, kind: str = "User") -> User:
        return self.users.setdefault(login, User(self.number(), login, kind, f"{login}@example.com"))

    def make_app(self, owner: User, name: str = "Dexto") -> App:
        number = self.number()
        app = App(
            id=number,
            slug=name.lower().replace(" ", "-"),
            name=name,
            owner=owner,
            client_id=f"Iv1.{number:016x}",
            client_secret=f"client-secret-{number}",
            webhook_secret=f"webhook-secret-{number}",
            key=key(f"app {len(self.apps)}"),
        )
        self.apps.append(app)
        return app

    def repository(
        self, owner: User, name: str, *, private: bool = True, fork_of: Repository | None = None
    ) -> Repository:
        folder = self.folder / owner.login / f"{name}.git"
        folder.mkdir(parents=True)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", ".")
        for option in ("http.receivepack", "uploadpack.allowAnySHA1InWant", "uploadpack.allowFilter"):
            git(folder, "config", option, "true")
        if fork_of is not None:
            git(folder, "fetch", "--quiet", str(fork_of.folder), "refs/heads/*:refs/heads/*")
        made = Repository(self.number(), owner, name, folder, private, fork_of=fork_of)
        self.repositories.append(made)
        return made

    def install(self, app: App, account: User, repositories: list[Repository]) -> Installation:
        made = Installation(self.number(), app, account, repositories, people=[account])
        self.installations.append(made)
        return made

    def rename(self, repository: Repository, name: str) -> None:
        """The old name goes on to lead here until somebody takes it."""
        repository.former_names.append(repository.full_name)
        moved = repository.folder.with_name(f"{name}.git")
        repository.folder.rename(moved)
        repository.name, repository.folder = name, moved

    def commit(self, repository: Repository, branch: str, files: dict[str, str], message: str = "a change") -> str:
        """A commit as a push would leave it, without a push."""
        index = {"GIT_INDEX_FILE": str(repository.folder / "fake-index")}
        parent = repository.branches().get(branch)
        git(repository.folder, "read-tree", parent or "--empty", environment=index)
        for path, text in files.items():
            blob = git(repository.folder, "hash-object", "-w", "--stdin", text=text)
            git(repository.folder, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", environment=index)
        tree = git(repository.folder, "write-tree", environment=index)
        parents = ("-p", parent) if parent else ()
        sha = git(repository.folder, "commit-tree", tree, *parents, "-m", message)
        git(repository.folder, "update-ref", f"refs/heads/{branch}", sha)
        return sha

    def open_pull(self, base: Repository, head: Repository, branch: str, title: str = "A change") -> Pull:
        numbers = [pull.number for pull in self.pulls if pull.base is base]
        pull = Pull(
            number=max(numbers, default=0) + 1,
            title=title,
            user=head.owner,
            base=base,
            base_branch=base.default_branch,
            head=head,
            head_owner=head.owner,
            head_branch=branch,
            head_sha=head.branches()[branch],
        )
        self.pulls.append(pull)
        self.publish(pull)
        return pull

    def publish(self, pull: Pull) -> None:
        """As the base repository shows the pull request's head to whoever fetches."""
        if pull.head is not None:
            ref = f"+refs/heads/{pull.head_branch}:refs/pull/{pull.number}/head"
            git(pull.base.folder, "fetch", "--quiet", str(pull.head.folder), ref)

    def grant(self, installation: Installation, repositories: list[Repository], permissions: dict[str, str]) -> Token:
        value = f"ghs_{'x' * 40}{self.number()}"
        return self._kept(Token(value, _in_an_hour(), installation, tuple(repositories), permissions=permissions))

    def sign_in(self, user: User) -> Token:
        return self._kept(Token(f"ghu_{'y' * 36}{self.number()}", _in_an_hour(), user=user))

    def _kept(self, token: Token) -> Token:
        self.tokens[token.value] = token
        return token

    def idle(self) -> None:
        """Waits until every delivery that was made was posted."""
        assert self.postman
        self.postman.idle()

    def named(self, full_name: str) -> Repository | None:
        return next((one for one in self.repositories if one.full_name.lower() == full_name.lower()), None)

    def formerly(self, full_name: str) -> Repository | None:
        return next((one for one in self.repositories if full_name in one.former_names), None)

    def app_of_client(self, client_id: str) -> App | None:
        return next((one for one in self.apps if one.client_id == client_id), None)

    def comments_of(self, repository: Repository, number: int) -> Iterator[dict[str, Any]]:
        return (one for one in self.comments if (one["repository"], one["number"]) == (repository.id, number))


def _in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)
