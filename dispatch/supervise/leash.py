"""Hold one child on a leash: whatever ends the supervisor, even kill -9, ends the child too.

Run by path, one small process between the supervisor and each child:

    python -I -S leash.py LIFELINE_FD STOP_SIGNAL DRAIN_DEADLINE_S COMMAND…

The supervisor alone holds the write end of the lifeline pipe. A byte on it, or its end-of-file
(the kernel closes it when the supervisor dies), makes the leash stop the child: first
`STOP_SIGNAL`, after the deadline SIGKILL for its whole process group. So the orderly drain and
the orphan's end are one path. Should the leash itself be killed, the kernel kills the child
(PR_SET_PDEATHSIG); that signal is bound to the parent *thread*, and trio starts processes from
worker threads that come and go, so only a single-threaded parent such as this may rely on it.

The leash ends as its child ended: the same exit code, or the same signal.
Standard library only, and few modules of it: this starts in front of every child.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

DRAIN = b"."
KILL_NOW = b"!"

STRAGGLER_GRACE_S = 1.0
STRAGGLER_POLL_S = 0.05

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_READY_FD = "CUADRANTE_READY_FD"  # dispatch.supervise.ready, out of reach in isolated mode
_EXIT_CONFIGURATION = 3  # dispatch.supervise.exit_codes, likewise

# The lifeline alone decides. A terminal's Ctrl-C or a service manager that signals the whole
# group at once would otherwise end the database before those who still write to it.
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Python ignores these two at start, and an ignored signal stays ignored across exec.
_RESTORED = (*_IGNORED, signal.SIGPIPE, signal.SIGXFSZ)


def die_with(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent `parent_pid` ends (Linux).

    Call it again after a change of user: the kernel forgets it then (see prctl(2)).
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before the line above
        os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> NoReturn:
    """Start the command, hold it, end as it ended."""
    lifeline, stop_signal, drain_deadline_s = (
        int(arguments[0]),
        int(arguments[1]),
        float(arguments[2]),
    )
    os.set_inheritable(lifeline, False)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    wake = _wake_on_child_end()
    child = _start(arguments[3:])
    status = _hold(child, wake, lifeline, stop_signal, drain_deadline_s)
    _kill_group(child)
    _end_stragglers()
    _end_like(status)


def _start(command: list[str]) -> int:
    leash_pid = os.getpid()
    ready_fd = os.environ.get(_READY_FD)
    started, starting = os.pipe()
    child = os.fork()
    if child == 0:
        _become(command, leash_pid, ready_fd)
    os.close(starting)
    # End-of-file at the child's exec: from here on it has its group and hears its stop signal.
    os.read(started, 1)
    os.close(started)
    if ready_fd is not None:  # the supervisor must see end-of-file when the child is gone
        os.close(int(ready_fd))
    return child


def _become(command: list[str], leash_pid: int, ready_fd: str | None) -> NoReturn:
    try:
        os.setpgid(0, 0)
        for number in _RESTORED:
            signal.signal(number, signal.SIG_DFL)
        die_with(leash_pid)
        if ready_fd is not None:
            os.write(int(ready_fd), b"leashed %d\n" % os.getpid())
        os.execvp(command[0], command)  # noqa: S606 (running the given command is the purpose)
    except OSError as error:
        os.write(2, f"cannot run {command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(_EXIT_CONFIGURATION)


def _hold(child: int, wake: int, lifeline: int, stop_signal: int, drain_deadline_s: float) -> int:
    """Wait for the child's end, stopping it when the lifeline says so; return its wait status."""
    watched = [wake, lifeline]
    kill_at_s: float | None = None
    while (status := _reap(child)) is None:
        wait_s = None if kill_at_s is None else max(0.0, kill_at_s - time.monotonic())
        readable, _, _ = select.select(watched, [], [], wait_s)
        if wake in readable:
            os.read(wake, 512)
        word = os.read(lifeline, 1) if lifeline in readable else None
        if word == b"":
            watched.remove(lifeline)
        if word == KILL_NOW or (kill_at_s is not None and time.monotonic() >= kill_at_s):
            _kill_group(child)
            kill_at_s = time.monotonic() + STRAGGLER_GRACE_S
        elif word is not None and kill_at_s is None:
            kill_at_s = time.monotonic() + drain_deadline_s
            os.kill(child, stop_signal)
    return status


def _reap(child: int) -> int | None:
    """Bury whoever has ended; the child's wait status once it is among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid == child:
            return status
        if pid == 0:
            return None


def _end_stragglers() -> None:
    """Wait for adopted grandchildren, then kill them: the next start needs a clean field.

    PostgreSQL's backends notice a killed postmaster by themselves, but not in the same instant.
    """
    kill_at_s = time.monotonic() + STRAGGLER_GRACE_S
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid != 0:
            continue
        if time.monotonic() >= kill_at_s:
            for straggler in _own_children():
                os.kill(straggler, signal.SIGKILL)
        time.sleep(STRAGGLER_POLL_S)


def _own_children() -> list[int]:
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (name) state ppid …": the name may hold spaces and brackets itself.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        if parent == os.getpid():
            children.append(int(stat.parent.name))
    return children


def _kill_group(child: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _wake_on_child_end() -> int:
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake


def _end_like(status: int) -> NoReturn:
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one core dump, the child's, is enough
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
