"""Known bugs, planted one at a time, to prove that the simulation can see."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from dispatch.core import answer, message, press, push, sirens, supervision
from dispatch.core.alert import Alert
from dispatch.core.city import City, Deadlines
from dispatch.core.dedupe import Judgement, judge
from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import Append, Effect
from dispatch.core.events import Stored
from dispatch.core.kit import Watched
from dispatch.core.moment import Moment
from dispatch.core.registry import Device, Registry
from dispatch.edge.keeper import Keeper
from protocol.messages import Assign
from protocol.vocabulary import Kind, Verdict
from tests.simulation.clock import Clock
from tests.simulation.database import Drain
from tests.simulation.disk import Row
from tests.simulation.sleepers import Addresses

_append = Keeper.append


def _receipt_before_commit(keeper: Keeper, effect: Append) -> None:
    """The sender is told stored as soon as the entry is in the queue."""
    _append(keeper, effect)
    if effect.presses:
        keeper._tell_later(lambda: keeper._tell(Stored(effect.presses)))


_restore = Dispatcher.restore


def _forget_deadlines(dispatcher: Dispatcher, alerts: Iterable[Alert], *more: Any) -> None:
    """A restart puts the alerts up and arms nothing."""
    _restore(dispatcher, alerts, *more)
    dispatcher.city.deadlines = Deadlines()


def _forget_fronts(dispatcher: Dispatcher, alerts: Iterable[Alert], *more: Any) -> None:
    """A restart puts the alerts up and sees to no front again."""
    _restore(dispatcher, alerts, *more)
    dispatcher.city.front_deadlines = Deadlines()


_begin = Dispatcher.__init__


def _one_boot(dispatcher: Dispatcher, registry: Registry, boot: str) -> None:
    """Every boot passes for the same, though the monotonic clock began anew."""
    _begin(dispatcher, registry, "boot")


def _forget_messages(*_: Any) -> None:
    """A restart puts up nothing of what was said to fronts."""


def _tell_no_latecomer(*_: Any) -> None:
    """Whoever was away when something was said is never told it."""


_give = answer.give


def _give_to_anyone(city: City, device: Device, message: Assign, now: Moment) -> list[Effect]:
    """The control room gives an alert to a patrol that cannot be called."""
    presence: Any = city.presence
    presence.is_here = lambda _: True
    try:
        return _give(city, device, message, now)
    finally:
        del presence.is_here


def _failed_is_forgotten(keeper: Keeper) -> None:
    """What the disk refused is never appended again."""


def _drain_skips(drain: Drain, rows: Sequence[Row]) -> None:
    """A batch whose answer was lost is taken for drained."""
    drain._database.mark = max(drain._database.mark, *(row.seq for row in rows), 0)
    drain._try_again_later()


def _merge_conflict(*args: Any) -> Judgement:
    """One id from two devices is taken for a retransmission."""
    judgement = judge(*args)
    known = args[0].by_signal(args[2].signal_id)
    return Judgement(Verdict.RETRANSMISSION, known) if judgement.verdict is None else judgement


_supervise = Dispatcher.supervise


def _forget_the_kit(dispatcher: Dispatcher, kit: Iterable[Watched], now: Moment) -> None:
    """A restart watches the kit as if nothing had ever been wrong with it."""
    _supervise(dispatcher, (), now)


def _excuse_nobody(*args: Any) -> bool:
    """Devices are judged while nobody can hear from them."""
    return False


def _deaf_to_silence(*args: Any) -> bool:
    """Nobody is ever missing."""
    return False


_moment = Clock.moment


def _wall_timers(clock: Clock) -> Any:
    """Timers run on the wall clock."""
    moment = _moment(clock)
    return moment._replace(mono_s=moment.mono_s + clock.wall_ahead_ms / 1000)


_EVERY_KIND_SOUNDS: Final = dict.fromkeys(Kind, 60)
"""The sirens sound for a silent press, too."""


def _sirens_have_no_end(*_: Any) -> None:
    """A siren that says no more is taken to sound for ever."""


def _wakes_everyone(city: City, alert: Alert) -> Iterable[str]:
    """Whoever is on duty is woken for every alert."""
    for device_id in city.registry.all_pushable():
        if city.presence.is_on_duty(device_id):
            yield device_id


def _stay_on_duty(*_: Any) -> None:
    """Whoever goes off duty keeps its address, and is on duty again after a restart."""


CANARIES: Final = MappingProxyType[str, tuple[Any, str, Any]](
    {
        "receipt_before_commit": (Keeper, "append", _receipt_before_commit),
        "forget_deadlines": (Dispatcher, "restore", _forget_deadlines),
        "forget_fronts": (Dispatcher, "restore", _forget_fronts),
        "one_boot": (Dispatcher, "__init__", _one_boot),
        "forget_messages": (Dispatcher, "post", _forget_messages),
        "tell_no_latecomer": (message, "came", _tell_no_latecomer),
        "give_to_anyone": (answer, "give", _give_to_anyone),
        "failed_is_forgotten": (Keeper, "look", _failed_is_forgotten),
        "drain_skips": (Drain, "_unheard", _drain_skips),
        "merge_conflict": (press, "judge", _merge_conflict),
        "forget_the_kit": (Dispatcher, "supervise", _forget_the_kit),
        "excuse_nobody": (supervision, "_is_excused", _excuse_nobody),
        "deaf_to_silence": (supervision, "_is_missing", _deaf_to_silence),
        "wall_timers": (Clock, "moment", _wall_timers),
        "every_kind_sounds": (sirens, "FOR_S", _EVERY_KIND_SOUNDS),
        "sirens_have_no_end": (sirens, "_due_s", _sirens_have_no_end),
        "wakes_everyone": (push, "_called", _wakes_everyone),
        "stay_on_duty": (Addresses, "drained", _stay_on_duty),
    }
)
"""Name -> where the bug goes: whose attribute, which, and what stands there instead."""


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """Have one bug for as long as the block lasts; None: have none."""
    if name is None:
        yield
        return
    owner, attribute, bug = CANARIES[name]
    sound = getattr(owner, attribute)
    setattr(owner, attribute, bug)
    try:
        yield
    finally:
        setattr(owner, attribute, sound)
