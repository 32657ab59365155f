"""What an honest build needs works in the sandbox."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from builds.node_program import node_program
from builds.sandbox.backend import Machine
from builds.sandbox.bare import Bare
from builds.sandbox.container import find, run_argv
from builds.sandbox.contract import Limits, Sandbox, Specification
from builds.sandbox.system_calls import filter_program
from tests.builds.sandbox.conftest import INTERPRETER, PYTHON, SMALL, specification

RUNTIME = Path(__file__).resolve().parents[3] / "runtime"
MACHINE = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
ESBUILD = RUNTIME / "node_modules" / "@esbuild" / f"{sys.platform}-{MACHINE}" / "bin" / "esbuild"


def test_node_runs_its_workers_and_its_compiler(sandbox: Sandbox, folder: Path) -> None:
    (folder / "main.mjs").write_text(
        "import {Worker} from 'node:worker_threads'; import os from 'node:os'; import {readFileSync} from 'node:fs';"
        "const code = `require('worker_threads').parentPort.postMessage(40 + 2)`;"
        "new Worker(code, {eval: true}).on('message', (n) => console.log(n, os.userInfo().username));"
        "process.stderr.write(Object.keys(os.networkInterfaces()).join() + '\\n');"
    )
    node = node_program()
    done = sandbox.run(
        Specification((str(node), "main.mjs"), folder, Limits(), readable=(node.parents[1],)), check=lambda: None
    )
    assert (done.exit_code, done.output, done.last_lines) == (0, b"42 sandbox\n", ("lo",))


def test_esbuild_bundles(sandbox: Sandbox, folder: Path) -> None:
    (folder / "a.ts").write_text("export const a: number = 1;")
    (folder / "b.ts").write_text("import {a} from './a'; console.log(a);")
    lines: list[str] = []
    done = sandbox.run(
        Specification((str(ESBUILD), "b.ts", "--bundle", "--outfile=out.js"), folder, Limits(), readable=(ESBUILD,)),
        check=lambda: None,
        line=lines.append,
    )
    assert done.ok, lines
    assert "console.log(a)" in (folder / "out.js").read_text()
    assert any("out.js" in line for line in lines)


def test_stdin_stdout_and_the_exit_code_are_the_programs(sandbox: Sandbox, folder: Path) -> None:
    stdin = b"x" * 200_000
    script = "import sys; print(len(sys.stdin.buffer.read())); print('said', file=sys.stderr); sys.exit(7)"
    done = sandbox.run(specification(folder, script, stdin=stdin), check=lambda: None)
    assert (done.exit_code, done.output, done.last_lines) == (7, b"200000\n", ("said",))


def test_a_program_that_is_not_there_is_an_exit_code(sandbox: Sandbox, folder: Path) -> None:
    done = sandbox.run(Specification(("no-such-program",), folder, SMALL), check=lambda: None)
    assert done.exit_code == 127
    assert "no-such-program" in done.last_lines[-1]


def test_other_folders_can_be_given(sandbox: Sandbox, folder: Path) -> None:
    cache = folder.with_name("cache")
    cache.mkdir()
    script = "import sys; open(sys.argv[1] + '/kept', 'w').write('x')"
    assert sandbox.run(specification(folder, script, str(cache), writable=(cache,)), check=lambda: None).ok
    assert (cache / "kept").read_text() == "x"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_is_whole_instructions_and_ends_with_a_return(machine: str) -> None:
    program = filter_program(machine)
    assert program is not None
    assert len(program) % 8 == 0
    assert program[-8:-6] == b"\x06\x00"
    assert filter_program("z80") is None


def test_limits_alone_still_end_an_offender(base: Path, folder: Path) -> None:
    done = Bare(base / "sandbox").run(
        specification(folder, "held = [bytearray(b'x' * 4_000_000) for _ in range(1000)]"), check=lambda: None
    )
    assert done.exceeded is not None
    assert done.exceeded.code == "limit_memory"


def test_limits_alone_end_what_was_started_too(base: Path, folder: Path) -> None:
    script = """
        import os, time
        if os.fork() == 0:
            os.setsid()
            os.execv("/bin/sleep", ["sleep", "4343.4343"])
        time.sleep(60)
        """
    limits = Limits(seconds=0.5)
    done = Bare(base / "sandbox").run(specification(folder, script, limits=limits), check=lambda: None)
    assert done.exceeded is not None
    assert done.exceeded.code == "limit_time"
    assert subprocess.run(["pgrep", "-f", "4343.4343"], check=False, capture_output=True).returncode == 1


def test_a_container_is_asked_for_the_same() -> None:
    asked = run_argv(
        "one", "image", Specification(("node", "a.js"), Path("/w"), SMALL, readable=(Path("/r"),)), 7, "/f"
    )
    words = " ".join(asked)
    assert "--network none --read-only --cap-drop ALL --security-opt no-new-privileges" in words
    assert "--user 7:7" in words
    assert "--volume /r:/r:ro --volume /w:/w" in words
    assert words.endswith("--entrypoint node image a.js")


def test_a_container_runs_a_build(base: Path, folder: Path) -> None:
    """Opt-in: an engine, and DEXTO_TEST_SANDBOX_IMAGE naming an image that holds a shell."""
    found = find(Machine(base / "sandbox", container_image=os.environ.get("DEXTO_TEST_SANDBOX_IMAGE", "")))
    if found.sandbox is None:
        pytest.skip(f"{found.reason} {found.next_step} (here: DEXTO_TEST_SANDBOX_IMAGE)")
    done = found.sandbox.run(Specification(("sh", "-c", "echo made > out; id -u"), folder, SMALL), check=lambda: None)
    assert done.ok, done.last_lines
    assert (folder / "out").read_text() == "made\n"


def test_the_interpreter_of_the_attacks_is_bound(sandbox: Sandbox, folder: Path) -> None:
    """Else every attack would be refused for want of Python."""
    assert all(path.exists() for path in (PYTHON, *INTERPRETER))
    assert sandbox.run(specification(folder, "print('runs')"), check=lambda: None).output == b"runs\n"
