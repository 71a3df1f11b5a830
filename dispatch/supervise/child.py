"""One supervised process: started on a leash, waited for until ready, drained, put into words."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from typing import TypeVar

import structlog
import trio

from dispatch.supervise import leash
from dispatch.supervise.exit_codes import Ending, ending_of
from dispatch.supervise.ready import READY_FD

PROBE_EVERY_S = 0.02
READY_LINE_MAX_BYTES = 4096
# What a leash may need beyond its child's deadline; after it the leash itself is killed.
LEASH_MARGIN_S = leash.STRAGGLER_GRACE_S + 3.0
STDERR_FD = 2

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True)
class ChildSpec:
    """What to run and how to treat it. `env` is added to the supervisor's own environment.

    Without a `probe` the child says by itself when it is ready (`ready.announce_ready`). A
    `probe` is called in a thread again and again until it returns true.

    What others need to work is `essential`: they start after it, and end when it fails for good.
    Anything else holds the next child up for a moment at most, and is tried again for ever.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    probe: Callable[[], bool] | None = None
    ready_deadline_s: float = 10.0
    drain_deadline_s: float = 10.0
    stop_signal: Signals = SIGTERM
    essential: bool = True


class ChildError(Exception):
    """The child could not be brought to work; `ending` says why."""

    def __init__(self, ending: Ending) -> None:
        """Keep the ending: it decides whether a restart may help."""
        super().__init__(ending.reason)
        self.ending = ending


def leashed(spec: ChildSpec, lifeline_fd: int) -> list[str]:
    """The command line that runs `spec` under the leash, held by `lifeline_fd`."""
    return [
        *(sys.executable, "-I", "-S", str(Path(leash.__file__).resolve())),
        *(str(lifeline_fd), str(int(spec.stop_signal)), str(spec.drain_deadline_s)),
        *spec.argv,
    ]


class Child:
    """A running child. Made by `running`, which also ends it."""

    def __init__(
        self,
        spec: ChildSpec,
        process: trio.Process,
        lifeline: int,
        ready_pipe: trio.abc.ReceiveStream,
    ) -> None:
        """Hold the process and this side of its two pipes."""
        self.spec = spec
        self.pid: int | None = None
        self.details: Mapping[str, object] = {}
        self._process = process
        self._lifeline: int | None = lifeline
        self._ready_pipe = ready_pipe
        self._heard = bytearray()
        self._draining = False
        self._killed = False

    async def wait_ready(self) -> None:
        """Return when the child can work. Raises `ChildError` when it ends or takes too long."""
        unready = ChildError(Ending(f"not ready within {self.spec.ready_deadline_s:g} s"))
        with trio.move_on_after(self.spec.ready_deadline_s):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._cancel_at_end, nursery.cancel_scope)
                try:
                    await self._become_ready()
                    return
                except ChildError as failure:
                    unready = failure
                finally:
                    nursery.cancel_scope.cancel()
        if self._process.poll() is not None:
            raise ChildError(self.ending())
        raise unready

    async def wait(self) -> Ending:
        """Wait until the child has ended, for whatever cause."""
        await self._process.wait()
        return self.ending()

    def ending(self) -> Ending:
        """How the child ended. Only after it has."""
        returncode = self._process.returncode
        if returncode is None:
            raise RuntimeError(f"{self.spec.name} has not ended yet")
        if returncode == -SIGKILL and self._draining and not self._killed:
            word = f"{self.spec.stop_signal.name} for {self.spec.drain_deadline_s:g} s"
            return Ending(f"killed by SIGKILL after ignoring {word}")
        return ending_of(returncode)

    def kill(self) -> None:
        """End the child at once, without a drain."""
        self._killed = True
        self._tell(leash.KILL_NOW)

    async def drain(self) -> Ending:
        """Ask the child to stop, wait within its deadline, then have it killed."""
        if self._process.poll() is None:
            self._draining = True
            self._tell(leash.DRAIN)
        with trio.move_on_after(self.spec.drain_deadline_s + LEASH_MARGIN_S):
            await self._process.wait()
        if self._process.returncode is None:  # the leash itself hangs; the kernel ends its child
            self._process.kill()
        return await self.wait()

    async def aclose(self) -> None:
        """Let go of both pipes."""
        await self._ready_pipe.aclose()
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            os.close(lifeline)

    def _tell(self, word: bytes) -> None:
        if self._lifeline is not None:
            with suppress(BrokenPipeError):  # the leash has ended already
                os.write(self._lifeline, word)

    async def _cancel_at_end(self, scope: trio.CancelScope) -> None:
        await self._process.wait()
        scope.cancel()

    async def _become_ready(self) -> None:
        self.pid = await self._next_line("leashed", int)
        if self.spec.probe is None:
            self.details = await self._next_line("ready", json.loads)
            return
        while not await trio.to_thread.run_sync(self.spec.probe):  # noqa: ASYNC110 (no event tells)
            await trio.sleep(PROBE_EVERY_S)

    async def _next_line(self, word: str, parse: Callable[[str], T]) -> T:
        """What follows `word` on the next line. A silent pipe is left to end or deadline."""
        while b"\n" not in self._heard:
            more = await self._ready_pipe.receive_some()
            if not more:
                await trio.sleep_forever()
            self._heard += more
            if len(self._heard) > READY_LINE_MAX_BYTES:
                raise ChildError(Ending("says too much on the readiness pipe"))
        line, _, rest = bytes(self._heard).partition(b"\n")
        self._heard = bytearray(rest)
        said, _, details = line.decode(errors="replace").partition(" ")
        try:
            if said == word:
                return parse(details)
        except ValueError:
            pass
        raise ChildError(Ending(f"said {said!r} unreadably instead of {word!r} when ready"))


@asynccontextmanager
async def running(spec: ChildSpec) -> AsyncIterator[Child]:
    """Start `spec`; on leaving the block it is drained, whatever the cause of leaving."""
    child = await _start(spec)
    started_s = trio.current_time()
    log.info("child_started", child=spec.name)
    try:
        yield child
    finally:
        with trio.CancelScope(shield=True):
            ending = await child.drain()
            await child.aclose()
        ran_for_s = round(trio.current_time() - started_s, 3)
        log.info("child_ended", child=spec.name, reason=ending.reason, ran_for_s=ran_for_s)


async def _start(spec: ChildSpec) -> Child:
    lifeline_child_end, lifeline = os.pipe()
    ready_end, ready_child_end = os.pipe()
    try:
        process = await trio.lowlevel.open_process(
            leashed(spec, lifeline_child_end),
            stdin=subprocess.DEVNULL,
            stdout=STDERR_FD,
            env={**os.environ, **spec.env, READY_FD: str(ready_child_end)},
            cwd=spec.cwd,
            pass_fds=(lifeline_child_end, ready_child_end),
            start_new_session=True,  # a terminal's Ctrl-C reaches the supervisor alone
        )
    except BaseException as error:
        os.close(lifeline)
        os.close(ready_end)
        if isinstance(error, OSError):
            reason = f"cannot start: {error.strerror}: {error.filename}"
            raise ChildError(Ending(reason, curable=False)) from error
        raise
    finally:
        os.close(lifeline_child_end)
        os.close(ready_child_end)
    return Child(spec, process, lifeline, trio.lowlevel.FdStream(ready_end))
