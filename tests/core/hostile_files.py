"""Files that try to keep the check busy, to fill the memory, or to make it say a great deal.

Run as a program it checks each of them and prints what it took, a JSON object per line: seconds of the processor as
a multiple of what an honest project takes, and how far the peak of memory grew in MB. It needs a process of its own,
as a peak never falls again.
"""

import json
import resource
import sys
from collections.abc import Iterator
from time import process_time

from builds.loaders.script_config import read_script
from core.inspection import Question, inspect
from core.targets import Target
from core.tree import MemoryFiles
from core.yaml_reader import read_yaml
from tests.core.projects import SMALLEST


def _billion_laughs() -> bytes:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 10):
        aliases = b", ".join([b"*a%d" % (level - 1)] * 9)
        lines.append(b"a%d: &a%d [%s]" % (level, level, aliases))
    return b"\n".join(lines)


#: Each of them is refused by the reader.
HOSTILE = {
    "billion laughs": _billion_laughs(),
    "deep flow": b"[" * 1_000_000,
    "deep flow mappings": b"{a: " * 240_000,
    "deep blocks": b"".join(b" " * level + b"a:\n" for level in range(1_000)),
    "deep dashes": b"- " * 490_000,
    "deep questions": b"? " * 490_000,
    "ten megabytes": b"key: value\n" * 1_000_000,
    "a megabyte of entries": b"- a\n" * 249_000,
    "a megabyte of duplicates": b"a: 1\n" * 199_000,
    "a megabyte of anchors": b"".join(b"- &a%d x\n" % number for number in range(60_000)),
    "a megabyte of tags": b"- !foo x\n" * 90_000,
    "tag lines": b"".join(b"%%TAG !a%d! x\n" % number for number in range(50_000)),
    "an open quote": b'a: "' + b"\\n" * 400_000,
    "bad utf-8 at the end": b"a: " + b"x" * 900_000 + b"\xff",
    "a long key": b"a" * 999_000 + b": 1",
    "commas": b"[" + b"a," * 499_000,
    "percent signs": b"%" * 999_999,
    "no end of a flow": b"a: {b: [" + b"c, " * 10_000,
}


def _aliases(value: bytes, uses: int, field: bytes) -> bytes:
    many = b", ".join(b"h%d: %s" % (number, field) for number in range(uses))
    return b"agentId: &a '" + value + b"'\nmcpServers: {" + many + b"}\n"


_HTTP = b"{type: http, url: *a}"
_PROMPTS = b"prompts:\n"
_FILE = b"- {type: file, file: '%s'}\n"
#: These are YAML; what they try comes after reading. Each of them is a part of an agent's file.
HOSTILE_AGENTS = {
    "variables": b"agentId: '" + b"$A" * 400_000 + b"'\n",
    "defaults without an end": b"agentId: '" + b"${A:-" * 190_000 + b"'\n",
    "templates": b"agentId: '" + b"${{dexto.agent_dir}}" * 45_000 + b"'\n",
    "templates without an end": b"agentId: '" + b"${{ " * 240_000 + b"'\n",
    "a template of blanks": b"agentId: '${{" + b" " * 950_000 + b"'\n",
    "aliases of a long text": _aliases(b"${A}" * 200_000, 5_000, _HTTP),
    "aliases of a long address": _aliases(b"http://localhost" * 50_000, 5_000, _HTTP),
    "thousands of prompts": _PROMPTS + b"".join(_FILE % (b"s3://b/%d.md" % number) for number in range(7_000)),
    "thousands of missing files": _PROMPTS + b"".join(_FILE % (b"x%d.md" % number) for number in range(7_000)),
    "thousands of twins": _PROMPTS + b"- {type: inline, id: a, prompt: x}\n" * 7_000,
    "thousands of unknown keys": b"".join(b"k%d: 1\n" % number for number in range(20_000)),
    "long unknown keys": b"".join(b"%s%d: 1\n" % (b"b" * 900, number) for number in range(900)),
    "a path encoded over and over": _PROMPTS + _FILE % (b"%25" * 300_000),
    "a path of parent steps": _PROMPTS + _FILE % (b"../" * 300_000),
    "a data source with a long name": _PROMPTS
    + b"- {type: file, file: 's3://b/x', dataSource: '%s'}" % (b"a" * 900_000),
    "a long number": b"sessions: {maxSessions: " + b"9" * 299 + b"}\n",
}


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _inspect(content: bytes) -> int:
    files = {"agent.yml": content} | {f"prompts/{number}.md": b"x" for number in range(2_000)}
    report = inspect(MemoryFiles.of(files), Question(targets=tuple(Target)), read_script)
    return len(json.dumps(report.as_dict()))


def _seconds_of_an_honest_project() -> float:
    """Large, but such that a person might have it: the machine's own measure."""
    started = process_time()
    _inspect(SMALLEST.encode() + _PROMPTS + b"".join(_FILE % (b"prompts/%d.md" % number) for number in range(1_000)))
    return process_time() - started


def _measured() -> Iterator[dict[str, object]]:
    _inspect(SMALLEST.encode())
    floor = _seconds_of_an_honest_project()
    before = _peak_megabytes()
    for name, content in HOSTILE.items():
        started = process_time()
        findings = read_yaml(content, "a.yml").findings
        took = {"times": (process_time() - started) / floor, "megabytes": _peak_megabytes() - before}
        yield {"name": name, "line": findings[0].line, "said": len(findings), **took}
    for name, more in HOSTILE_AGENTS.items():
        started = process_time()
        length = _inspect(SMALLEST.encode() + more)
        took = {"times": (process_time() - started) / floor, "megabytes": _peak_megabytes() - before}
        yield {"name": name, "length": length, **took}


if __name__ == "__main__":
    sys.stdout.writelines(f"{json.dumps(found)}\n" for found in _measured())
