"""Who is told of what happens, from a terminal: a webhook that really hears, and is forgotten."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from hmac import new as hmac

from bench.installation import Installation
from cli.exits import Exit
from tests.cli.process import read, run
from tests.web_server import Reply, Seen, web_server


def signature(secret: str, seen: Seen) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    return "v1," + base64.b64encode(hmac(key, signed, sha256).digest()).decode()


def test_a_webhook_is_told_of_what_it_was_added_for(installed: Installation) -> None:
    read(installed, "project", "create", "told-by-a-terminal")
    with web_server({"/hook/private": Reply(204)}) as receiver:
        events = ("--event", "deployment.failed", "--event", "deployment.live")
        url = f"{receiver.url}/hook/private\n"
        add = ("notifications", "add", "webhook", "of-a-terminal", *events, "--project", "told-by-a-terminal")
        made = read(installed, *add, stdin=url)
        assert (made["events"], made["project"]) == (["deployment.live", "deployment.failed"], "told-by-a-terminal")
        again = run(installed, *add, stdin=url)
        assert (again.returncode, "[name_taken]" in again.stderr) == (Exit.FAILED, True)
        listed = run(installed, "notifications", "ls")
        assert "of-a-terminal" in listed.stdout
        assert "private" not in listed.stdout

        assert read(installed, "notifications", "test", "of-a-terminal")["answer_status"] == 204
        (seen,) = receiver.seen
        assert json.loads(seen.body)["type"] == "test"
        assert seen.headers["webhook-signature"] == signature(made["secret"], seen)

        receiver.answers["/hook/private"] = Reply(418, b"short and stout")
        failed = run(installed, "notifications", "test", str(made["id"]))
        assert failed.returncode == Exit.FAILED
        assert failed.stdout == "of-a-terminal: failed 418 short and stout\n"
    assert read(installed, "notifications", "rm", "of-a-terminal") == {"removed": made["id"], "name": "of-a-terminal"}
    assert "[target_unknown]" in run(installed, "notifications", "rm", "of-a-terminal").stderr
    said = run(installed, *add, stdin="https://hooks.invalid/private")
    assert said.returncode == Exit.OK, said.stderr
    assert "of-a-terminal is told of deployment.live, deployment.failed, at https://hooks.invalid/…." in said.stdout
    assert "not shown again: whsec_" in said.stdout
    assert "private" not in said.stdout


def test_what_nobody_can_be_told_is_refused(installed: Installation) -> None:
    add = ("notifications", "add", "slack", "nobody", "--event")
    assert run(installed, *add[:-1], stdin="https://hooks.invalid/x").returncode == Exit.USAGE
    unknown = run(installed, *add, "deployment.adored", stdin="https://hooks.invalid/x")
    assert (unknown.returncode, "[invalid]" in unknown.stderr) == (Exit.FAILED, True)
    wrong = run(installed, *add, "deployment.live", stdin="nowhere/secret-part")
    assert wrong.returncode == Exit.FAILED
    assert "secret-part" not in wrong.stdout + wrong.stderr
