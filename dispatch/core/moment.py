"""The time of an event, given by whoever calls the core."""

from typing import NamedTuple


class Moment(NamedTuple):
    """Timers run on `mono_s`, which never jumps; `wall_ms` is only recorded and shown."""

    mono_s: float
    wall_ms: int
