"""A seccomp filter: the calls that no build and no agent needs, and that most escapes from a sandbox began with.

Written down as instructions of the kernel's classic packet filter (linux/filter.h, linux/seccomp.h): a table and forty
lines are less to trust than libseccomp with a binding to it, and need no library on the machine.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from errno import EAFNOSUPPORT, ENOSYS, EPERM
from typing import Final

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL: Final = 0x15
_JUMP_AT_LEAST: Final = 0x35
_JUMP_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000  # with an errno
_KILL: Final = 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_NEW_NAMESPACES: Final = 0x7E020000  # CLONE_NEW… but for time, whose bit clone() uses otherwise
_X32: Final = 0x40000000
_FAMILIES: Final = (1, 2, 10)  # unix, IPv4, IPv6
_NETLINK, _ROUTE = 16, 0  # what getifaddrs asks
_TERMINAL_INPUT: Final = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: types into somebody else's terminal


@dataclass(frozen=True, slots=True)
class _Machine:
    """`audit` is AUDIT_ARCH_…; `refused` the calls' numbers."""

    audit: int
    clone: int
    socket: int
    ioctl: int
    refused: tuple[int, ...]


#: The same number on every machine: pidfd_getfd, process_madvise, the calls of the new mount interface, io_uring,
#: quotactl_fd, memfd_secret.
_EVERYWHERE: Final = (438, 440, 428, 429, 430, 431, 432, 433, 442, 425, 426, 427, 443, 447)
_CLONE3: Final = 435

_MACHINES: Final = {
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        socket=41,
        ioctl=16,
        refused=(
            *(101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
            *(165, 166, 155, 161, 272, 308),  # mount, umount2, pivot_root, chroot, unshare, setns
            *(248, 249, 250),  # add_key, request_key, keyctl
            *(321, 298, 323, 300),  # bpf, perf_event_open, userfaultfd, fanotify_init
            *(246, 320, 175, 313, 176),  # kexec_load, kexec_file_load, init_module, finit_module, delete_module
            *(303, 304, 212),  # name_to_handle_at, open_by_handle_at, lookup_dcookie
            *(167, 168, 169, 179, 163, 103),  # swapon, swapoff, reboot, quotactl, acct, syslog
            *(164, 227, 305, 159),  # settimeofday, clock_settime, clock_adjtime, adjtimex
            *(172, 173, 154, 135, 153),  # iopl, ioperm, modify_ldt, personality, vhangup
            *(319, 29, 240),  # memfd_create, shmget, mq_open: memory that belongs to no process
        ),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        socket=198,
        ioctl=29,
        refused=(
            *(117, 270, 271, 272),
            *(40, 39, 41, 51, 97, 268),
            *(217, 218, 219),
            *(280, 241, 282, 262),
            *(104, 294, 105, 273, 106),
            *(264, 265, 18),
            *(224, 225, 142, 60, 89, 116),
            *(170, 112, 266, 171),
            *(92, 58),  # personality, vhangup
            *(279, 194, 180),
        ),
    ),
}


def filter_program(machine: str = "") -> bytes | None:
    """For bwrap's --seccomp; None for a machine whose numbers are not written down here."""
    found = _MACHINES.get(machine or platform.machine())
    if found is None:
        return None
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in _instructions(found))


def _instructions(machine: _Machine) -> Iterator[tuple[int, int, int, int]]:
    """Each is (code, jump if true, jump if false, operand); jumps count the instructions that are left out."""
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield from _unless(_JUMP_EQUAL, machine.audit, _KILL)
    yield _LOAD, 0, 0, _NUMBER
    yield from _when(_JUMP_AT_LEAST, _X32, _KILL)
    for number in (*machine.refused, *_EVERYWHERE):
        yield from _when(_JUMP_EQUAL, number, _REFUSE | EPERM)
    yield from _when(_JUMP_EQUAL, _CLONE3, _REFUSE | ENOSYS)  # its flags cannot be seen; libc goes on with clone
    yield _JUMP_EQUAL, 0, 3, machine.clone
    yield _LOAD, 0, 0, _ARGUMENTS
    yield from _when(_JUMP_ANY_BIT, _NEW_NAMESPACES, _REFUSE | EPERM)
    yield _LOAD, 0, 0, _NUMBER
    yield _JUMP_EQUAL, 0, 1 + 2 * len(_TERMINAL_INPUT), machine.ioctl
    yield _LOAD, 0, 0, _ARGUMENTS + 8
    for request in _TERMINAL_INPUT:
        yield from _when(_JUMP_EQUAL, request, _REFUSE | EPERM)
    yield _LOAD, 0, 0, _NUMBER
    yield _JUMP_EQUAL, 1, 0, machine.socket
    yield _RETURN, 0, 0, _ALLOW
    yield from _socket_families()


def _socket_families() -> Iterator[tuple[int, int, int, int]]:
    """The last of the filter: only sockets come here."""
    yield _LOAD, 0, 0, _ARGUMENTS
    for family in _FAMILIES:
        yield from _when(_JUMP_EQUAL, family, _ALLOW)
    yield from _unless(_JUMP_EQUAL, _NETLINK, _REFUSE | EAFNOSUPPORT)
    yield _LOAD, 0, 0, _ARGUMENTS + 16
    yield from _unless(_JUMP_EQUAL, _ROUTE, _REFUSE | EAFNOSUPPORT)
    yield _RETURN, 0, 0, _ALLOW


def _when(test: int, operand: int, answer: int) -> Iterator[tuple[int, int, int, int]]:
    yield test, 0, 1, operand
    yield _RETURN, 0, 0, answer


def _unless(test: int, operand: int, answer: int) -> Iterator[tuple[int, int, int, int]]:
    yield test, 1, 0, operand
    yield _RETURN, 0, 0, answer
