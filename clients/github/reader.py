"""One repository, read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from clients.code_host import Branch, CodeHostAddress, CodeRepository, Comparison, Entry, Pull
from clients.code_host_errors import CodeHostMissingError
from clients.github import shapes
from clients.github.connection import PAGE_SIZE, RAW, Connection, Query, understood


class GitHubReader:
    """A `clients.code_host.CodeReader`. The name is only where to ask: the token opens one repository by number."""

    def __init__(self, address: CodeHostAddress, full_name: str, authorization: Callable[[], str]) -> None:
        self._connection = Connection(address.api_url, authorization)
        self._path = f"/repos/{full_name}"

    def repository(self) -> CodeRepository:
        doing = "show the repository"
        return understood(doing, shapes.repository, self._connection.get(doing, self._path).content)

    def branch(self, name: str) -> Branch:
        doing = "show the branch"
        answer = self._connection.get(doing, f"{self._path}/branches/{quote(name, safe='')}")
        return understood(doing, shapes.branch, answer.content)

    def branches(self) -> Iterator[Branch]:
        doing = "list the branches"
        for raw in self._connection.listed(doing, f"{self._path}/branches"):
            yield understood(doing, shapes.branch, raw)

    def message(self, sha: str) -> str:
        doing = "show the commit"
        answer = self._connection.get(doing, f"{self._path}/commits/{quote(sha, safe='')}")
        return understood(doing, shapes.message, answer.content)

    def open_pulls(self) -> Iterator[Pull]:
        doing = "list the pull requests"
        for raw in self._connection.listed(doing, f"{self._path}/pulls", query={"state": "open"}):
            yield understood(doing, shapes.pull, raw)

    def closed_pulls(self) -> Sequence[Pull]:
        doing = "list the closed pull requests"
        newest: Query = {"state": "closed", "sort": "updated", "direction": "desc", "per_page": PAGE_SIZE}
        answer = self._connection.get(doing, f"{self._path}/pulls", newest)
        return understood(doing, lambda content: [shapes.pull(raw) for raw in content], answer.content)

    def pull(self, number: int) -> Pull:
        doing = "show the pull request"
        return understood(doing, shapes.pull, self._connection.get(doing, f"{self._path}/pulls/{number}").content)

    def compare(self, base: str, head: str) -> Comparison:
        doing = "compare two commits"
        basehead = f"{quote(base, safe='')}...{quote(head, safe='')}"
        answer = self._connection.get(doing, f"{self._path}/compare/{basehead}")
        return understood(doing, shapes.comparison, answer.content)

    def folder(self, path: str, ref: str) -> Sequence[Entry]:
        doing = "list the folder"
        content = self._connection.get(doing, self._contents(path), {"ref": ref}).content
        if not isinstance(content, list):
            raise CodeHostMissingError(doing)
        return [understood(doing, shapes.entry, raw) for raw in content]

    def file(self, path: str, ref: str) -> bytes:
        answer = self._connection.ask("show the file", "GET", self._contents(path), query={"ref": ref}, accept=RAW)
        return bytes(answer.content)

    def _contents(self, path: str) -> str:
        return f"{self._path}/contents/{quote(path)}"
