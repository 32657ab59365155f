"""From what there is to GitHub's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.fakes.github.world import EVENTS, PERMISSIONS, App, Installation, Pull, Repository, Sent, Token, User, World
from tests.git import git

_WHEN = "2026-01-01T00:00:00Z"
_OF_USER = """
events followers following gists organizations received_events repos starred subscriptions
"""
_OF_REPOSITORY = """
archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads
events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges
milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees
"""


def now() -> str:
    return stamp(datetime.now(UTC))


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(world: World, one: User) -> dict[str, Any]:
    url = f"{world.url}/api/v3/users/{one.login}"
    return {
        "id": one.id,
        "login": one.login,
        "node_id": f"U_{one.id}",
        "avatar_url": f"{world.url}/avatars/{one.id}",
        "gravatar_id": "",
        "html_url": f"{world.url}/{one.login}",
        "url": url,
        "type": one.kind,
        "site_admin": False,
        **{f"{name}_url": f"{url}/{name}" for name in _OF_USER.split()},
    }


def whole_user(world: World, one: User) -> dict[str, Any]:
    """As a person sees themself through an app."""
    return {
        **user(world, one),
        **dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location"), None),
        **dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0),
        "user_view_type": "public",
        "blog": "",
        "name": one.login.title(),
        "created_at": _WHEN,
        "updated_at": _WHEN,
    }


def bot(world: World, app: App) -> dict[str, Any]:
    return user(world, User(app.id, f"{app.slug}[bot]", "Bot"))


def app(world: World, one: App) -> dict[str, Any]:
    return {
        "id": one.id,
        "slug": one.slug,
        "node_id": f"A_{one.id}",
        "owner": user(world, one.owner),
        "name": one.name,
        "description": None,
        "external_url": "https://example.com",
        "html_url": f"{world.url}/apps/{one.slug}",
        "created_at": _WHEN,
        "updated_at": _WHEN,
        "permissions": dict(PERMISSIONS),
        "events": list(EVENTS),
    }


def made_app(world: World, one: App) -> dict[str, Any]:
    return {
        **app(world, one),
        "client_id": one.client_id,
        "client_secret": one.client_secret,
        "webhook_secret": one.webhook_secret,
        "pem": one.pem,
    }


def installation(world: World, one: Installation) -> dict[str, Any]:
    url = f"{world.url}/api/v3/app/installations/{one.id}"
    return {
        "id": one.id,
        "account": user(world, one.account),
        "app_id": one.app.id,
        "app_slug": one.app.slug,
        "target_id": one.account.id,
        "target_type": one.account.kind,
        "single_file_name": None,
        "repository_selection": "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{world.url}/api/v3/installation/repositories",
        "html_url": f"{world.url}/settings/installations/{one.id}",
        "events": list(EVENTS),
        "permissions": one.permissions,
        "created_at": _WHEN,
        "updated_at": _WHEN,
        "suspended_by": user(world, one.account) if one.suspended else None,
        "suspended_at": _WHEN if one.suspended else None,
    }


def repository(world: World, one: Repository) -> dict[str, Any]:
    url = f"{world.url}/api/v3/repos/{one.full_name}"
    web = f"{world.url}/{one.full_name}"
    return {
        **{f"{name}_url": f"{url}/{name}" for name in _OF_REPOSITORY.split()},
        **dict.fromkeys(("forks", "forks_count", "open_issues", "open_issues_count", "size"), 0),
        **dict.fromkeys(("stargazers_count", "watchers", "watchers_count"), 0),
        **dict.fromkeys(("has_downloads", "has_issues", "has_projects", "has_wiki"), True),
        **dict.fromkeys(("has_pages", "has_discussions", "archived", "disabled"), False),
        **dict.fromkeys(("is_template", "web_commit_signoff_required", "allow_forking"), False),
        "custom_properties": {},
        **dict.fromkeys(("description", "homepage", "language", "license", "mirror_url"), None),
        "id": one.id,
        "node_id": f"R_{one.id}",
        "name": one.name,
        "full_name": one.full_name,
        "owner": user(world, one.owner),
        "private": one.private,
        "fork": one.fork_of is not None,
        "default_branch": one.default_branch,
        "url": url,
        "html_url": web,
        "clone_url": f"{web}.git",
        "git_url": f"git:{web.partition(':')[2]}.git",
        "ssh_url": f"ssh://git@example.com/{one.full_name}.git",
        "svn_url": web,
        "pushed_at": _WHEN,
        "created_at": _WHEN,
        "updated_at": _WHEN,
        "topics": [],
        "visibility": "private" if one.private else "public",
    }


def whole_repository(world: World, one: Repository, to: Token) -> dict[str, Any]:
    """As it is shown by itself; lists and deliveries leave these out. `permissions` are a person's: to an installation,
    whatever it may, the host says that it has none."""
    owned = to.user is one.owner
    permissions = dict.fromkeys(("admin", "maintain", "push", "triage"), owned) | {"pull": to.user is not None}
    return {**repository(world, one), "permissions": permissions, "network_count": 0, "subscribers_count": 0}


def branch(world: World, one: Repository, name: str, sha: str) -> dict[str, Any]:
    url = f"{world.url}/api/v3/repos/{one.full_name}/branches/{name}"
    return {
        "name": name,
        "commit": commit(world, one, sha),
        "_links": {"self": url, "html": f"{world.url}/{one.full_name}/tree/{name}"},
        "protected": False,
        "protection": {},
        "protection_url": f"{url}/protection",
    }


def commit(world: World, one: Repository, sha: str) -> dict[str, Any]:
    url = f"{world.url}/api/v3/repos/{one.full_name}/commits/{sha}"
    tree, parents, message = git(one.folder, "show", "--no-patch", "--format=%T%n%P%n%B", sha).split("\n", 2)
    person = {"name": "Ada", "email": "ada@example.com", "date": _WHEN}
    return {
        "sha": sha,
        "node_id": f"C_{sha}",
        "url": url,
        "html_url": f"{world.url}/{one.full_name}/commit/{sha}",
        "comments_url": f"{url}/comments",
        "commit": {
            "url": url.replace("/commits/", "/git/commits/"),
            "author": person,
            "committer": person,
            "message": message.strip(),
            "comment_count": 0,
            "tree": {"sha": tree, "url": f"{url}/tree"},
        },
        "author": None,
        "committer": None,
        "parents": [{"sha": parent, "url": url.replace(sha, parent)} for parent in parents.split()],
    }


def pull(world: World, one: Pull) -> dict[str, Any]:
    api, web = f"{world.url}/api/v3/repos/{one.base.full_name}", f"{world.url}/{one.base.full_name}/pull/{one.number}"
    url, issue = f"{api}/pulls/{one.number}", f"{api}/issues/{one.number}"
    links = {
        "self": url,
        "html": web,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{one.head_sha}",
    }
    return {
        **{f"{name}_url": links[name] for name in links if name != "self"},
        **dict.fromkeys(("additions", "changed_files", "deletions", "comments", "review_comments"), 0),
        **dict.fromkeys(("assignee", "milestone", "auto_merge", "merge_commit_sha", "merged_by", "mergeable", "body")),
        **dict.fromkeys(("active_lock_reason", "rebaseable")),
        "_links": {name: {"href": href} for name, href in links.items()},
        "id": one.base.id * 10_000 + one.number,
        "node_id": f"PR_{one.number}",
        "url": url,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "number": one.number,
        "state": one.state,
        "locked": False,
        "draft": False,
        "title": one.title,
        "user": user(world, one.user),
        **{name: [] for name in ("labels", "assignees", "requested_reviewers", "requested_teams")},
        "author_association": "OWNER",
        "commits": 1,
        "mergeable_state": "unknown",
        "maintainer_can_modify": False,
        "merged": one.merged_at is not None,
        "merged_at": stamp(one.merged_at) if one.merged_at else None,
        "closed_at": None if one.state == "open" else _WHEN,
        "created_at": _WHEN,
        "updated_at": _WHEN,
        "base": _side(world, one.base, one.base.owner, one.base_branch, one.base.branches()[one.base_branch]),
        "head": _side(world, one.head, one.head_owner, one.head_branch, one.head_sha),
    }


def _side(world: World, of: Repository | None, owner: User, ref: str, sha: str) -> dict[str, Any]:
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(world, owner),
        "repo": repository(world, of) if of else None,
    }


def sent(one: Sent) -> dict[str, Any]:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": stamp(one.delivered_at),
        "redelivery": one.redelivery,
        "duration": 0.1,
        "status": "OK" if 200 <= one.status_code < 300 else "failed to connect to host",
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": one.installation_id,
        "repository_id": one.repository_id,
    }
