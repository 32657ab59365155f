"""What the agent is told, and the prompts that a person may pick."""

from __future__ import annotations

import pytest

from tests.runtime.client import Caller, until
from tests.runtime.conftest import Start
from tests.runtime.projects import Project, agent, project

FOLDER = "file:///project"


def told(caller: Caller) -> str:
    return str(caller.say("system")["response"])


def test_contributors_are_put_together_by_priority(start: Start) -> None:
    contributors = [
        {"id": "b", "type": "static", "priority": 20, "content": "Second."},
        {"id": "off", "type": "static", "priority": 1, "content": "Never.", "enabled": False},
        {"id": "a", "type": "static", "priority": 10, "content": "First."},
        {"id": "date", "type": "dynamic", "priority": 30, "source": "date"},
        {"id": "env", "type": "dynamic", "priority": 40, "source": "env"},
    ]
    text = told(Caller(start(project(systemPrompt={"contributors": contributors})).url))
    assert text.startswith("First.\n\nSecond.\n\nCurrent date and time: 2") and "Environment: " in text
    assert "Never" not in text and "model-key-of-tests" not in text


def test_files_of_the_project_are_contributors(start: Start) -> None:
    files = [f"{FOLDER}/prompts/one.md", f"{FOLDER}/prompts/two.md", f"{FOLDER}/prompts/large.md"]
    contributor = {"id": "f", "type": "file", "priority": 1, "files": files}
    one = Project(
        {"main": agent(systemPrompt={"contributors": [contributor]})},
        resources={files[0]: "I am one.", files[1]: "I am two.", files[2]: "x" * 100_001},
    )
    assert told(Caller(start(one).url)) == "## one.md\n\nI am one.\n\n---\n\n## two.md\n\nI am two."


def test_a_file_that_cannot_be_used_stops_the_turn_where_the_project_says_so(start: Start) -> None:
    file = f"{FOLDER}/a.md"
    options = {"errorHandling": "error", "maxFileSize": 100}
    contributor = {"id": "f", "type": "file", "priority": 1, "files": [file], "options": options}
    one = Project({"main": agent(systemPrompt={"contributors": [contributor]})}, resources={file: "x" * 101})
    error = until(iter(Caller(start(one).url).turn("hello")), "llm:error")["error"]
    assert error["code"] == "system_prompt_unreadable" and "a.md" in error["message"]


def test_the_workspaces_instructions_come_by_themselves(start: Start) -> None:
    one = Project(
        {"main": agent(systemPrompt="I am."), "quiet": agent(systemPrompt="I am.", agentFile={"enabled": False})},
        resources={f"{FOLDER}/AGENTS.md": "Be kind."},
    )
    url = start(one).url
    assert told(Caller(url)) == "I am.\n\nBe kind."
    assert told(Caller(url, "/agents/quiet")) == "I am."


REVIEW = """---
title: "Review"
description: Looks at code
argument-hint: "[file] [how]"
---
# Heading
Review $1 in the manner of $2. Also: $ARGUMENTS. It costs $$5.
"""


def test_prompts_are_listed_with_what_they_take(start: Start) -> None:
    inline = {
        "type": "inline",
        "id": "hello",
        "title": "Say hello",
        "description": "Says it",
        "prompt": "Hello $1",
        "showInStarters": True,
        "priority": 5,
    }
    file = {"type": "file", "file": f"{FOLDER}/prompts/review.md", "namespace": "team"}
    one = Project(
        {"main": agent(prompts=[inline, file], starterPrompts=[{"id": "old", "prompt": "Old"}])},
        resources={f"{FOLDER}/prompts/review.md": REVIEW, f"{FOLDER}/skills/cook/SKILL.md": "# Cooking\nCook."},
    )
    caller = Caller(start(one).url)
    listed = caller.get("/api/prompts")["prompts"]
    assert [prompt["name"] for prompt in listed] == ["hello", "cook", "old", "team:review"]
    hello, cook, old, review = listed
    assert hello["metadata"]["showInStarters"] and old["metadata"]["showInStarters"]
    assert (cook["title"], cook["source"]) == ("Cooking", "skill")
    assert (review["title"], review["description"]) == ("Review", "Looks at code")
    assert review["metadata"]["argumentHint"] == "[file] [how]"
    assert [one["name"] for one in review["arguments"]] == ["1", "2", "arguments"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (
            {"context": "a.py 'the elders' and more"},
            "Review a.py in the manner of the elders. Also: and more. It costs $5.",
        ),
        ({"args": '["a.py", "the elders"]'}, "Review a.py in the manner of the elders. Also: . It costs $5."),
        ({"args": '{"file": "a.py"}', "context": "well"}, "Review a.py in the manner of well. Also: . It costs $5."),
        ({}, "Review  in the manner of . Also: . It costs $5."),
    ],
)
def test_a_prompt_is_resolved_with_its_arguments(start: Start, query: dict[str, str], text: str) -> None:
    uri = f"{FOLDER}/prompts/review.md"
    one = Project({"main": agent(prompts=[{"type": "file", "file": uri}])}, resources={uri: REVIEW})
    resolved = Caller(start(one).url).get("/api/prompts/review/resolve", **query)
    assert resolved["text"].strip() == f"# Heading\n{text}"


def test_words_go_below_a_prompt_that_takes_none(start: Start) -> None:
    caller = Caller(start(project(prompts=[{"type": "inline", "id": "plain", "prompt": "Do it."}])).url)
    assert caller.get("/api/prompts/plain/resolve", context="now please")["text"] == "Do it.\n\nnow please"
    assert caller.get("/api/prompts/none/resolve", 404)["code"] == "prompt_not_found"


def test_the_model_can_use_a_skill(start: Start) -> None:
    one = Project(
        {"main": agent(tools=[{"type": "builtin-tools"}])}, resources={f"{FOLDER}/skills/cook/SKILL.md": "Cook $1."}
    )
    caller = Caller(start(one).url)
    assert caller.say('tool invoke_skill {"skill": "cook", "args": "rice"}')["response"] == "The tool said: Cook rice."


def test_the_greeting_and_the_model_are_told_but_never_the_key(start: Start) -> None:
    caller = Caller(start(project(greeting="Good day", llm={"temperature": 0.5})).url)
    assert caller.get("/api/greeting") == {"greeting": "Good day"}
    current = caller.get("/api/llm/current")["config"]
    assert (current["provider"], current["model"], current["temperature"]) == ("openai-compatible", "fake", 0.5)
    assert "model-key-of-tests" not in str(current) and "baseURL" not in current
