"""A hostile repository tries to get out, to stay, and to leave a trap behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from builds.sandbox.outputs import read, regular_files
from core.errors import ProjectError
from tests.builds.sandbox.conftest import PYTHON, Attack

_CALL = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    ctypes.set_errno(0)
    answer = libc.syscall(*[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    print("refused" if answer == -1 else "reached", ctypes.get_errno())
"""


def _commands() -> list[str]:
    return [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]


def test_a_daemon_does_not_outlive_the_end(attack: Attack) -> None:
    done = attack(
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in range(3):
                    os.close(number)
                os.execv("/bin/sleep", ["sleep", "4242.4242"])
            os._exit(0)
        os.wait()
        """
    )
    assert done.ok
    assert not [command for command in _commands() if "4242.4242" in command]


def test_processes_of_the_host_cannot_be_signalled(attack: Attack) -> None:
    victim = subprocess.Popen(["sleep", "600"])  # the same number may be somebody else's inside
    try:
        done = attack(
            """
            import os, signal, sys
            for pid in (int(sys.argv[1]), -1):
                try:
                    os.kill(pid, signal.SIGKILL)
                    print("sent")
                except ProcessLookupError:
                    print("nobody")
            """,
            str(victim.pid),
        )
        assert done.output.split() == [b"nobody", b"nobody"]
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


def test_the_sandboxs_own_first_process_cannot_be_ended(attack: Attack) -> None:
    done = attack(
        """
        import os, signal
        for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP, signal.SIGHUP):
            os.kill(1, number)
        print(os.path.exists("/proc/1/stat"))
        """
    )
    assert done.ok
    assert done.output.strip() == b"True"


@pytest.mark.parametrize(
    ("name", "arguments"),
    {
        "ptrace": ("ptrace", "16, 1, 0, 0"),
        "mount": ("mount", "b'none', b'/tmp', b'tmpfs', 0, 0"),
        "unshare": ("unshare", "0x10000000"),
        "setns": ("setns", "0, 0"),
        "pivot_root": ("pivot_root", "b'/tmp', b'/tmp'"),
        "chroot": ("chroot", "b'/tmp'"),
        "bpf": ("bpf", "0, 0, 0"),
        "keyctl": ("keyctl", "0, 0, 0"),
        "userfaultfd": ("userfaultfd", "0"),
        "perf_event_open": ("perf_event_open", "0, 0, 0, 0, 0"),
        "io_uring_setup": ("io_uring_setup", "1, 0"),
        "open_by_handle_at": ("open_by_handle_at", "0, 0, 0"),
        "init_module": ("init_module", "0, 0, 0"),
        "clone with a new user namespace": ("clone", "0x10000011, 0, 0, 0, 0"),
    }.items(),
)
def test_calls_that_escapes_begin_with_are_refused(attack: Attack, name: str, arguments: tuple[str, str]) -> None:
    call, values = arguments
    done = attack(f"{_CALL}\ncall({_NUMBERS[os.uname().machine][call]}, {values})")
    assert done.output.split() == [b"refused", b"1"], name


_NUMBERS = {
    "x86_64": {
        "ptrace": 101, "mount": 165, "unshare": 272, "setns": 308, "pivot_root": 155, "chroot": 161, "bpf": 321,
        "keyctl": 250, "userfaultfd": 323, "perf_event_open": 298, "io_uring_setup": 425, "open_by_handle_at": 304,
        "init_module": 175, "clone": 56,
    },
    "aarch64": {
        "ptrace": 117, "mount": 40, "unshare": 97, "setns": 268, "pivot_root": 41, "chroot": 51, "bpf": 280,
        "keyctl": 219, "userfaultfd": 282, "perf_event_open": 241, "io_uring_setup": 425, "open_by_handle_at": 265,
        "init_module": 105, "clone": 220,
    },
}  # fmt: skip


def test_clone3_is_not_there_so_that_its_flags_need_not_be_seen(attack: Attack) -> None:
    done = attack(f"{_CALL}\ncall(435, 0, 0)")
    assert done.output.split() == [b"refused", b"38"]


@pytest.mark.parametrize(
    "family", {"packet": 17, "vsock": 40, "alg": 38, "bluetooth": 31, "can": 29, "xdp": 44}.items()
)
def test_unusual_sockets_are_refused(attack: Attack, family: tuple[str, int]) -> None:
    done = attack(
        """
        import socket, sys
        try:
            socket.socket(int(sys.argv[1]), socket.SOCK_RAW)
            print("reached")
        except OSError as error:
            print("refused", error.errno)
        """,
        str(family[1]),
    )
    assert done.output.split() == [b"refused", b"97"]


def test_there_is_no_capability_and_no_way_to_one(attack: Attack) -> None:
    done = attack("print(open('/proc/self/status').read())")
    told = dict(line.split(":", 1) for line in done.output.decode().splitlines() if ":" in line)
    assert {told[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert told["NoNewPrivs"].strip() == "1"
    assert told["Seccomp"].strip() == "2"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may choose the user that a sandbox has")
def test_the_user_of_a_sandbox_is_nobody_outside(attack: Attack, folder: Path) -> None:
    done = attack("import os; open('mine', 'w').close(); print(os.getuid(), os.getgid(), os.getgroups())")
    assert done.output.split()[:2] == [b"10001", b"10001"]
    owner = (folder / "mine").stat()
    assert owner.st_uid == owner.st_gid
    assert owner.st_uid >= 60_600


def test_a_link_in_the_output_is_not_followed(attack: Attack, folder: Path, base: Path) -> None:
    done = attack("import os, sys; os.symlink(sys.argv[1], 'out.txt')", str(base / "secrets.json"))
    assert done.ok
    with pytest.raises(ProjectError) as caught:
        regular_files(folder)
    assert caught.value.code == "output_unsafe"
    with pytest.raises(OSError, match="symbolic links"):
        read(folder / "out.txt")


@pytest.mark.parametrize(
    "script",
    {
        "a linked folder": "os.symlink('/', 'folder')",
        "a hard link": "open('a', 'w').close(); os.link('a', 'b')",
        "a pipe": "os.mkfifo('pipe')",
        "a socket": "import socket; socket.socket(socket.AF_UNIX).bind('socket')",
    }.items(),
)
def test_only_plain_files_are_taken_from_the_output(attack: Attack, folder: Path, script: tuple[str, str]) -> None:
    assert attack(f"import os; {script[1]}").ok
    with pytest.raises(ProjectError):
        regular_files(folder)


def test_plain_files_are_taken_from_the_output(attack: Attack, folder: Path) -> None:
    assert attack("import os; os.mkdir('out'); open('out/index.mjs', 'w').write('x')").ok
    assert {name: read(path) for name, path in regular_files(folder).items()} == {"out/index.mjs": b"x"}


def test_the_same_calls_are_possible_outside_of_a_sandbox() -> None:
    """The control for the filter: outside there is nothing that answers EPERM to a harmless one of them."""
    script = f"{_CALL}\ncall({_NUMBERS[os.uname().machine]['userfaultfd']}, 1)"
    done = subprocess.run([PYTHON, "-c", script], capture_output=True, check=True)
    assert done.stdout.split()[0] == b"reached"
