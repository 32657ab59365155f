"""This GitHub as a person sees it: plain pages without a script, which say what the repository was told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any, Final

from tests.fakes.github.world import Pull, Repository, World
from tests.git import git

_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
section, form { border: 1px solid #8886; border-radius: 8px; padding: .75rem 1rem; margin: 1rem 0 }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
form > b { flex: 1 1 100% } form:not(:has(label)) { display: inline-flex; border: 0; padding: 0; margin: 0 .5rem 0 0 }
label { display: grid; font-size: .875rem } label.wide { flex: 1 1 100% }
input, textarea, select, button { font: inherit; padding: .375rem .5rem }
table { border-collapse: collapse; width: 100% } td { padding: .25rem .75rem .25rem 0; vertical-align: top }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 } code { font-size: .9em }
.success { color: light-dark(#1a7f37, #4ac26b) } .failure, .error { color: light-dark(#cf222e, #ff7b72) }
.muted { color: #888 }
"""
_TEXT: Final = "You greet everyone by name, warmly and in one sentence.\n"


def home(world: World) -> str:
    person = world.signed_in.login if world.signed_in else "octocat"
    rows = [f"<tr><td><a href='/{one.full_name}'>{one.full_name}</a><td>{_kind(one)}" for one in world.repositories]
    apps = [f"<tr><td>{escape(one.name)}<td>{_installed(world, one.slug)}" for one in world.apps]
    return _whole(
        "A GitHub to try things with",
        f"<p>It holds real repositories, speaks GitHub's API and sends GitHub's deliveries. It asks nobody: you are"
        f" <b>{person}</b>, who agrees to everything. What is here is gone when it ends.</p>",
        _section("Repositories", _table(rows)),
        _section("Apps", _table(apps) if apps else "<p class=muted>None was made yet: make one on the dashboard, at"
                 f" <b>Code host</b>, with the address <code>{escape(world.url)}</code>.</p>"),
    )  # fmt: skip


def repository(world: World, one: Repository) -> str:
    pulls = [pull for pull in reversed(world.pulls) if pull.base is one]
    return _whole(
        one.full_name,
        f"<p><code>git clone {escape(world.url)}/{one.full_name}.git</code> {_kind(one)}</p>",
        _section("Branches", _table(_branch(world, one, name, sha) for name, sha in one.branches().items())),
        _commit_form(f"/{one.full_name}/push", "Push a commit", _branch_field(one)),
        _section("Pull requests", _table(map(_pull_line, pulls)) if pulls else "<p class=muted>None.</p>"),
        _open_form(one),
        _commit_form(f"/{one.full_name}/fork", "Open a pull request from a fork", _FORK_FIELDS),
        _section("Deployments", _table(_deployment(world, row) for row in reversed(_of(world.deployments, one)))),
        _section("Deliveries", _table(_deliveries(world, one))),
    )


def pull(world: World, one: Pull) -> str:
    base = f"/{one.base.full_name}"
    act = f"{base}/pull/{one.number}"
    comments = world.comments_of(one.base, one.number)
    return _whole(
        f"{one.title} #{one.number}",
        f"<p><a href='{base}'>{one.base.full_name}</a>: {_state(one)}, {escape(one.head_owner.login)} wants"
        f" <code>{escape(one.head_branch)}</code> ({_short(one.head_sha)}) in {escape(one.base_branch)}</p>",
        *(_section(f"{row['user']['login']} said", f"<pre>{_linked(row['body'])}</pre>") for row in comments),
        _section("What the head was told", _told(world, one.base, one.head_sha)),
        _commit_form(f"{act}/push", "Push another commit", "") if one.head and one.state == "open" else "",
        "".join(_button(f"{act}/{name}", name.title()) for name in _acts(one)),
    )


def _acts(one: Pull) -> tuple[str, ...]:
    if one.state == "open":
        return ("merge", "close")
    return () if one.merged_at else ("reopen",)


def _told(world: World, repository: Repository, sha: str) -> str:
    newest = {row["context"]: row for row in _of(world.statuses, repository) if row["sha"] == sha}
    statuses = [
        f"<tr><td class={row['state']}>{row['state']}<td>{escape(row['context'])}<td>{escape(row['description'] or '')}"
        f"<td>{_link(row['target_url'])}"
        for row in newest.values()
    ]
    checks = [_check(world, row) for row in _of(world.check_runs, repository) if row["head_sha"] == sha]
    return _table(statuses) + "".join(checks) if statuses or checks else "<p class=muted>Nothing.</p>"


def _check(world: World, row: dict[str, Any]) -> str:
    output = row["output"]
    notes = [
        f"<tr><td class={note['annotation_level']}>{note['annotation_level']}"
        f"<td><code>{escape(note['path'])}:{note['start_line']}</code><td>{escape(note['message'])}"
        for note in world.annotations.get(row["id"], [])
    ]
    verdict = row["conclusion"] or row["status"]
    return (
        f"<p>Check <b>{escape(row['name'])}</b>: <span class={verdict}>{verdict}</span>"
        f" {escape(output['title'] or '')} {_link(row['details_url'])}</p>"
        f"<pre>{_linked(output['summary'] or '')}</pre>{_table(notes)}"
    )


def _branch(world: World, one: Repository, name: str, sha: str) -> str:
    message = git(one.folder, "show", "--no-patch", "--format=%s", sha)
    fields = f"<input type=hidden name=branch value='{escape(name)}'>"
    gone = "" if name == one.default_branch else _button(f"/{one.full_name}/delete", "Delete", fields)
    return f"<tr><td><b>{escape(name)}</b><td>{_short(sha)} {escape(message)}{_told(world, one, sha)}<td>{gone}"


def _deployment(world: World, row: dict[str, Any]) -> str:
    newest = [one for one in world.deployment_statuses if one["deployment"] == row["id"]][-1:]
    state = "".join(
        f"<span class={one['state']}>{one['state']}</span> {_link(one['environment_url'] or one['log_url'])}"
        for one in newest
    )
    return f"<tr><td>{escape(row['environment'])}<td>{_short(row['sha'])}<td>{state}"


def _deliveries(world: World, one: Repository) -> list[str]:
    newest = [sent for sent in reversed(world.deliveries) if sent.repository_id == one.id][:15]
    return [
        f"<tr><td>{sent.event} {sent.action or ''}<td>{sent.delivered_at:%H:%M:%S}<td>{sent.status_code}"
        for sent in newest
    ]


def _commit_form(action: str, title: str, fields: str) -> str:
    return (
        f"<form method=post action='{action}'><b>{title}</b>{fields}"
        "<label>File <input name=path value='prompts/system.txt' required></label>"
        f"<label class=wide>Its text <textarea name=text rows=3>{_TEXT}</textarea></label>"
        f"<label>Message <input name=message value='Greet people by name'></label><button>{title}</button></form>"
    )


def _branch_field(one: Repository) -> str:
    names = "".join(f"<option>{escape(name)}" for name in [*one.branches(), "friendlier"])
    return (
        "<label>Branch, new or not <input name=branch list=branches value=main required></label>"
        f"<datalist id=branches>{names}</datalist>"
    )


_FORK_FIELDS: Final = (
    "<label>Of whom <input name=owner value=mallory pattern='[A-Za-z0-9-]+' required></label>"
    "<label>Title <input name=title value='A stranger&#39;s change'></label>"
)


def _open_form(one: Repository) -> str:
    names = "".join(f"<option>{escape(name)}" for name in one.branches() if name != one.default_branch)
    if not names:
        return "<p class=muted>A commit on another branch can become a pull request.</p>"
    return (
        f"<form method=post action='/{one.full_name}/open'><label>Branch <select name=branch>{names}</select></label>"
        "<label>Title <input name=title value='Greet people by name'></label>"
        "<button>Open a pull request</button></form>"
    )


def _pull_line(one: Pull) -> str:
    place = f"/{one.base.full_name}/pull/{one.number}"
    return f"<tr><td><a href='{place}'>#{one.number} {escape(one.title)}</a><td>{_state(one)}<td>{_short(one.head_sha)}"


def _state(one: Pull) -> str:
    return "merged" if one.merged_at else one.state


def _kind(one: Repository) -> str:
    fork = f", a fork of {one.fork_of.full_name}" if one.fork_of else ""
    return f"<span class=muted>{'private' if one.private else 'public'}{fork}</span>"


def _installed(world: World, slug: str) -> str:
    accounts = [one.account.login for one in world.installations if one.app.slug == slug]
    return f"installed for {', '.join(accounts)}" if accounts else "installed nowhere"


def _of(rows: Iterable[dict[str, Any]], one: Repository) -> list[dict[str, Any]]:
    return [row for row in rows if row["repository"] == one.id]


def _button(action: str, name: str, fields: str = "") -> str:
    return f"<form method=post action='{action}'>{fields}<button>{name}</button></form>"


def _short(sha: str) -> str:
    return f"<code>{sha[:7]}</code>"


def _link(url: str | None) -> str:
    return _linked(url or "")


def _linked(text: str) -> str:
    """As it was written, with addresses to click on."""
    return re.sub(r"https?://[^\s<>()&\"'|]+", lambda found: f"<a href='{found[0]}'>{found[0]}</a>", escape(text))


def _section(title: str, content: str) -> str:
    return f"<section><b>{escape(title)}</b>{content}</section>"


def _table(rows: Iterable[str]) -> str:
    return f"<table>{''.join(rows)}</table>"


def _whole(title: str, *parts: str) -> str:
    head = f"<meta charset=utf-8><meta name=viewport content='width=device-width'><title>{escape(title)}</title>"
    return (
        f"<!doctype html><html lang=en><head>{head}<style>{_STYLE}</style></head>"
        f"<body><p><a href='/'>GitHub, not the real one</a></p><h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )
