"""A hostile repository looks for what is not its own. Each script says what it got; outside it would get it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.builds.sandbox.conftest import INTERPRETER, PYTHON, Attack


def test_the_hosts_environment_is_not_there(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEXTO_CANARY", "canary-of-the-host")
    done = attack(
        """
        import glob, os
        print(dict(os.environ))
        for path in glob.glob("/proc/*/environ"):
            print(path, open(path, "rb").read())
        """,
        environment={"MINE": "given"},
    )
    assert done.ok
    assert b"given" in done.output
    assert b"canary-of-the-host" not in done.output
    assert b"DATABASE_URL" not in done.output
    assert b"/proc/1/environ b''" in done.output


def test_processes_of_others_cannot_be_seen(attack: Attack) -> None:
    done = attack(
        """
        import os
        print(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()))
        """
    )
    assert eval(done.output) == [1, 2]  # noqa: S307  # a list of numbers


def test_a_secret_in_a_variable_is_in_no_command_line(attack: Attack) -> None:
    done = attack(
        """
        import glob
        for path in glob.glob("/proc/*/cmdline"):
            print(open(path, "rb").read())
        """,
        environment={"TOKEN": "canary-of-a-token"},
    )
    assert done.ok
    assert b"bwrap" in done.output
    assert b"canary-of-a-token" not in done.output


@pytest.mark.parametrize("path", ["/root/.ssh", "/home", "/var/log", "/etc/shadow", "/etc/hostname", "/run", "/sys"])
def test_home_and_state_of_the_host_are_not_there(attack: Attack, path: str) -> None:
    done = attack("import os, sys; print(os.path.exists(sys.argv[1]))", path)
    assert done.output.strip() == b"False"


def test_of_a_home_only_the_way_to_what_is_bound_is_there(attack: Attack) -> None:
    done = attack("import os; print(os.listdir('/root') if os.path.exists('/root') else [])")
    assert set(eval(done.output)) <= {path.parts[2] for path in INTERPRETER if path.parts[1] == "root"}  # noqa: S307


def test_nothing_of_the_platforms_data_directory_can_be_read(attack: Attack, base: Path, folder: Path) -> None:
    assert (base / "secrets.json").exists()
    done = attack("import os, sys; print(os.listdir(sys.argv[1]))", str(base))
    assert eval(done.output) == [folder.parent.name]  # noqa: S307  # the way to its own folder, and nothing beside it


def test_secrets_json_cannot_be_read_by_any_name(attack: Attack, base: Path) -> None:
    done = attack(
        """
        import os, sys
        folder, name = os.path.split(sys.argv[1])
        names = [sys.argv[1], f"../../{name}", f"/proc/1/root{sys.argv[1]}", f"/proc/self/cwd/../../{name}"]
        for path in names:
            try:
                print("reached", open(path).read())
            except OSError as error:
                print("refused", error.errno)
        """,
        str(base / "secrets.json"),
    )
    assert done.ok
    assert done.output.count(b"refused") == 4


def test_the_repository_of_the_platform_is_not_there(attack: Attack) -> None:
    here = Path(__file__).resolve()
    done = attack("import os, sys; print(os.path.exists(sys.argv[1]))", str(here))
    assert done.output.strip() == b"False"


def test_no_descriptor_of_the_platform_is_inherited(attack: Attack) -> None:
    done = attack(
        """
        import os
        print([(name, os.readlink(f"/proc/self/fd/{name}")) for name in os.listdir("/proc/self/fd")
               if os.path.lexists(f"/proc/self/fd/{name}")])
        """
    )
    held = {number for number, target in eval(done.output) if not target.startswith("/proc/")}  # noqa: S307
    assert held == {"0", "1", "2"}


def test_devices_of_the_host_are_not_there(attack: Attack) -> None:
    done = attack("import os; print(sorted(os.listdir('/dev')))")
    assert not {"sda", "vda", "mem", "kmsg", "kvm", "fuse", "loop0", "vsock"} & set(eval(done.output))  # noqa: S307


def test_the_system_cannot_be_written(attack: Attack) -> None:
    done = attack(
        """
        import os
        for path in ["/usr/bin/x", "/etc/x", "/x", "/dev/x", "/bin/x", "/proc/sys/kernel/core_pattern", "/var/x"]:
            try:
                open(path, "w").write("x")
                print("reached", path)
            except OSError as error:
                print("refused", path, error.errno)
        """
    )
    assert done.ok
    assert b"reached" not in done.output
    assert done.output.count(b"refused") == 7


def test_a_folder_outside_cannot_be_written_by_a_link(attack: Attack, base: Path) -> None:
    victim = base / "victim.txt"
    victim.write_text("before")
    victim.chmod(0o666)
    done = attack(
        """
        import os, sys
        os.symlink(sys.argv[1], "link")
        try:
            open("link", "w").write("after")
        except OSError as error:
            print("refused", error.errno)
        """,
        str(victim),
    )
    assert b"refused" in done.output
    assert victim.read_text() == "before"


def test_what_is_readable_cannot_be_written(attack: Attack, base: Path) -> None:
    library = base / "library"
    library.mkdir(exist_ok=True)
    (library / "kept.txt").write_text("before")
    (library / "kept.txt").chmod(0o666)
    library.chmod(0o777)
    done = attack(
        """
        import sys
        print(open(sys.argv[1]).read())
        try:
            open(sys.argv[1], "w").write("after")
        except OSError as error:
            print("refused", error.errno)
        """,
        str(library / "kept.txt"),
        readable=(library, *INTERPRETER),
    )
    assert done.output.split() == [b"before", b"refused", b"30"]
    assert (library / "kept.txt").read_text() == "before"


def test_the_same_script_reaches_secrets_outside_of_a_sandbox(base: Path) -> None:
    """The control: without the sandbox this suite would fail."""
    script = f"print(open({str(base / 'secrets.json')!r}).read())"
    done = subprocess.run([PYTHON, "-c", script], capture_output=True, check=True, env=os.environ)
    assert b"SECRET_KEY" in done.stdout
