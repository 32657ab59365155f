"""The action: proves who this job is, waits for the commit's deployment, and promotes it where production is trusted.

The standard library alone, so that a runner needs nothing installed. The job needs `permissions: id-token: write`.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

_UNDER_WAY = {"waiting", "queued", "building", "deploying"}
_PAUSE_SECONDS = 3.0


def main(env):
    url, project = env["DEXTO_URL"].rstrip("/"), env["DEXTO_PROJECT"]
    audience = urllib.parse.quote(url, safe="")
    proof = _ask(f"{env['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={audience}", env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
    asked = {"token": proof["value"], "team": env["DEXTO_TEAM"], "project": project}
    granted = _ask(f"{url}/api/v1/oidc/exchange", body=asked)
    token = granted["token"]
    _say(f"::add-mask::{token}")
    until = time.monotonic() + float(env.get("DEXTO_SECONDS", "900"))
    found = _settled(f"{url}/api/v1/projects/{project}/deployments?commit={env['GITHUB_SHA']}", token, until)
    if granted["environment"] == "production" and found["environment"] != "production":
        promoted = _ask(f"{url}/api/v1/deployments/{found['id']}/promote", token, body={})
        found = _settled(f"{url}/api/v1/deployments/{promoted['id']}", token, until)
    _say(f"{found['page']} is {found['status']}")
    with open(env["GITHUB_OUTPUT"], "a", encoding="utf-8") as output:  # noqa: PTH123  # the runner names a file
        output.write(f"deployment={found['id']}\n")
    return 0 if found["status"] == "ready" else 1


def _settled(address, token, until):
    """The newest deployment of the answer, once it is no longer under way."""
    while True:
        answer = _ask(address, token)
        newest = answer[0] if isinstance(answer, list) and answer else answer
        if newest and newest["status"] not in _UNDER_WAY:
            return newest
        if time.monotonic() > until:
            raise SystemExit("The commit was not deployed in time.")
        time.sleep(_PAUSE_SECONDS)


def _ask(address, token="", body=None):
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, headers)  # noqa: S310  # the workflow names its installation
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{address.partition('?')[0]} answered {error.code}: {_reason(error)}") from error


def _reason(error):
    try:
        said = json.load(error)
        return f"{said['message']} {said['hint']}"
    except (ValueError, KeyError, TypeError):
        return "nothing that could be read"


def _say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(os.environ))
