"""All generator processes of one thing that is measured, told what to do at once."""

import gc
import multiprocessing
import select
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

from bench.calls import KINDS, SERIES_BITS, Calls, Round, together
from bench.city import Member
from bench.dialects import Cuadrante, Dialect
from bench.failures import GeneratorFailed
from bench.lines import PING_AFTER_S, now_ns
from bench.peer_dialects import Mqtt, Nats, SocketIo
from bench.shard import Shard

DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {"cuadrante": Cuadrante(), "socketio": SocketIo(), "mqtt": Mqtt(), "nats": Nats()}
)
PROCESSES: Final = 2
MEMBERS_PER_PROCESS_MAX: Final = 18_000
"""A process may have 20,000 open files."""
AT_ONCE: Final = 64
"""Connections that are being opened at the same time, by all processes together."""
STORM: Final = 1 << SERIES_BITS
"""The first number of the presses of those who were cut off."""
HEAD_START_S: Final = 0.25
"""Between the plan of a round and its first press: frames are made, and all are ready."""
MADE_A_SECOND: Final = 60_000
"""Frames that a process makes at least: more presses need a longer head start."""
IDLE_TURN_S: Final = 1.0


class Crowd:
    """The devices of a city, connected to one address."""

    def __init__(
        self,
        address: tuple[str, int],
        dialect: str,
        members: Sequence[Member],
        *,
        processes: int = PROCESSES,
    ) -> None:
        self.senders = sum(1 for each in members if each.quadrant >= 0 and each.role == "app")
        count = max(processes, -(-len(members) // MEMBERS_PER_PROCESS_MAX))
        self._next_number = 0
        self._parts = [members[part::count] for part in range(count)]
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for part in self._parts:
            ours, theirs = context.Pipe()
            process = context.Process(
                target=generate, args=(theirs, address, dialect, part), daemon=True
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(5.0)
            if process.is_alive():
                process.kill()

    def connect(
        self, members: Iterable[Member] | None = None, at_once: int = AT_ONCE
    ) -> list[float]:
        """Connect all of them, or these; returns the seconds that each took."""
        wanted = None if members is None else {each.device_id for each in members}
        ids = [
            [each.device_id for each in part if wanted is None or each.device_id in wanted]
            for part in self._parts
        ]
        share = max(1, at_once // len(self._parts))
        return [
            took for each in self._all("connect", [(part, share) for part in ids]) for took in each
        ]

    def drop(self, members: Iterable[Member]) -> None:
        """Cut these off at once."""
        wanted = {each.device_id for each in members}
        self._all(
            "drop",
            [([m.device_id for m in part if m.device_id in wanted],) for part in self._parts],
        )

    def call(self, per_s: float, seconds: float) -> Calls:
        """Press at a rate for so long, and return what was seen until all was quiet again."""
        total = max(len(self._pipes), round(per_s * seconds))
        if total > self.senders * len(KINDS):
            raise ValueError(f"{total} presses of one round need {-(-total // len(KINDS))} senders")
        step = len(self._pipes)
        every_ns = int(1e9 / per_s)
        head_start_s = HEAD_START_S + total / step / MADE_A_SECOND
        start_ns = now_ns() + int(head_start_s * 1e9)
        first, self._next_number = self._next_number, self._next_number + total + step
        plans = [
            Round(
                first + part,
                step,
                len(range(part, total, step)),
                start_ns + part * every_ns,
                step * every_ns,
            )
            for part in range(step)
        ]
        return together(self._all("call", [(plan,) for plan in plans]))

    def hold(self) -> None:
        """Have every open alert accepted, and kept open."""
        self._all("hold")

    def begin_storm(self, pressers: int, seed: int) -> None:
        """Cut everybody off at once; so many press as soon as they are back. See `storm_seen`."""
        step = len(self._pipes)
        orders = []
        for part, members in enumerate(self._parts):
            plan = Round(STORM + part, step, len(range(part, pressers, step)), now_ns(), 0)
            orders.append(([each.device_id for each in members], plan, seed + part))
        self._order("come_back", orders)

    def is_busy(self) -> bool:
        """Whether what was begun still goes on."""
        return not all(pipe.poll(0) for pipe in self._pipes)

    def storm_seen(self) -> tuple[dict[str, float], Calls]:
        """Wait until all are back: the seconds each was away, and what became of the presses."""
        away_s = {
            name: away for pipe in self._pipes for name, away in self._answer_of(pipe).items()
        }
        return away_s, together(self._all("came_back"))

    def answer(self) -> int:
        """Have every open alert accepted and closed. Returns how many are left open."""
        return sum(self._all("answer"))

    def forget(self) -> None:
        """Have handhelds show nothing any more."""
        self._all("forget")

    def keep_alive(self, ping: bytes, after_s: float = PING_AFTER_S) -> int:
        """Have whoever was quiet for so long say something. Returns how many did."""
        return sum(self._all("keep_alive", [(ping, after_s)] * len(self._pipes)))

    def samples(self) -> dict[str, bytes]:
        """A message of each kind, as it was heard."""
        return {name: said for each in self._all("heard_samples") for name, said in each.items()}

    def _all(self, verb: str, arguments: Sequence[tuple[Any, ...]] = ()) -> list[Any]:
        """Let every process do it, at the same time."""
        self._order(verb, arguments or [()] * len(self._pipes))
        return [self._answer_of(pipe) for pipe in self._pipes]

    def _order(self, verb: str, arguments: Sequence[tuple[Any, ...]]) -> None:
        for pipe, given in zip(self._pipes, arguments, strict=True):
            with suppress(OSError):
                pipe.send((verb, given))

    def _answer_of(self, pipe: Connection) -> Any:
        try:
            failure, result = pipe.recv()
        except (EOFError, OSError) as error:
            raise GeneratorFailed("a generator process has ended") from error
        if failure:
            raise GeneratorFailed(failure)
        return result


def generate(
    orders: Connection, address: tuple[str, int], dialect: str, members: Sequence[Member]
) -> None:
    """Be a generator process until the orders end."""
    gc.disable()  # nothing here has cycles, and a pause would look like the server's
    shard = Shard(address, DIALECTS[dialect], members)
    while True:
        select.select((orders.fileno(), shard.lines.fileno()), (), (), IDLE_TURN_S)
        shard.lines.turn(0.0)
        if not orders.poll(0):
            continue
        try:
            verb, arguments = orders.recv()
        except EOFError:
            shard.close()
            return
        try:
            orders.send(("", getattr(shard, verb)(*arguments)))
        except Exception as error:  # the one who gave the order says it
            orders.send((f"{verb}: {type(error).__name__}: {error}", None))
