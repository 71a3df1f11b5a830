"""The demo's command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clients.demo.cast import Size

PORT: Final = 7310
REPLAY_PER_S: Final = 20.0
CHECK_PER_S: Final = 100.0
REPLAY_HURRY: Final = 5.0
CHECK_HURRY: Final = 25.0
REPLAY_MEMBERS: Final = 400
HANDHELDS_EACH: Final = 2
MINIMUM_STAFFED: Final = 60


@dataclass(frozen=True, slots=True)
class Options:
    """What a run of the demo is told."""

    directory: Path
    port: int
    seed: int
    seconds: float | None
    quadrants: Path | None
    fields: dict[str, str]
    incidents: Path | None
    is_check: bool
    once: bool
    limit: int | None
    per_s: float
    hurry: float
    handhelds: int | None
    members: int | None
    plain: bool

    def size(self, quadrants: int) -> Size:
        """Say how many of each there are, for so many quadrants."""
        is_real = self.quadrants is not None
        staffed = quadrants if is_real else min(quadrants, MINIMUM_STAFFED)
        replaying = self.incidents is not None
        usual = Size()
        default = HANDHELDS_EACH * staffed if is_real else usual.handhelds
        handhelds = default if self.handhelds is None else self.handhelds
        members = self.members or (REPLAY_MEMBERS if replaying else usual.members)
        fronts = min(usual.fronts, members)
        return Size(min(staffed, max(1, handhelds)), handhelds, fronts, members)


def parse(arguments: list[str] | None = None) -> Options:
    """Read the command line; exits with a sentence where it cannot be used."""
    line = _line()
    given = line.parse_args(arguments)
    incidents = given.replay_check or given.replay
    is_check = given.replay_check is not None
    for path in (given.quadrants, incidents):
        if path is not None and not path.is_file():
            line.error(f"there is no file {path}")
    rate = CHECK_PER_S if is_check else REPLAY_PER_S if incidents else 0.5
    hurry = CHECK_HURRY if is_check else REPLAY_HURRY if incidents else 1.0
    return Options(
        directory=given.dir.resolve(),
        port=given.port,
        seed=given.seed,
        seconds=given.seconds,
        quadrants=given.quadrants,
        fields={
            "code": given.code_field,
            "name": given.name_field,
            "station": given.station_field,
            "cai": given.cai_field,
            "phone": given.phone_field,
        },
        incidents=incidents,
        is_check=is_check,
        once=given.once or is_check,
        limit=given.limit,
        per_s=rate if given.per_s is None else given.per_s,
        hurry=hurry if given.hurry is None else given.hurry,
        handhelds=given.handhelds,
        members=given.members,
        plain=given.plain or is_check,
    )


def _line() -> argparse.ArgumentParser:
    line = argparse.ArgumentParser(
        prog="python -m clients.demo",
        description="A server, a city, and everybody in it. Ctrl-C ends it in good order.",
    )
    line.add_argument("--dir", type=Path, default=Path("var/demo"), help="where it keeps its files")
    line.add_argument("--port", type=int, default=PORT, help="or a free one, if it is taken")
    line.add_argument("--seed", type=int, default=1, help="draws the city and what people do")
    line.add_argument("--seconds", type=float, help="end by itself, with a summary")
    line.add_argument("--plain", action="store_true", help="a line per event, no screen")
    line.add_argument("--per-s", type=float, help="presses a second at most")
    line.add_argument("--hurry", type=float, help="patrols that many times quicker")
    line.add_argument("--handhelds", type=int, help="how many (default 150, or 2 per quadrant)")
    line.add_argument("--members", type=int, help="how many apps (default 100, to replay 400)")
    real = line.add_argument_group("real quadrants and incidents")
    real.add_argument("--quadrants", type=Path, help="GeoJSON; default: a city of its own")
    real.add_argument("--code-field", default="PCUNCUADRA")
    real.add_argument("--name-field", default="PCUDESCRIP")
    real.add_argument("--station-field", default="PCUNOMEST")
    real.add_argument("--cai-field", default="PCUNOMCAI")
    real.add_argument("--phone-field", default="PCUTELEFON")
    which = real.add_mutually_exclusive_group()
    which.add_argument("--replay", type=Path, help="press these incidents (CSV, plain or gzip)")
    which.add_argument(
        "--replay-check", type=Path, help="the same as fast as it goes, without a screen, once"
    )
    real.add_argument("--limit", type=int, help="only so many incidents")
    real.add_argument("--once", action="store_true", help="end when the replay is over")
    return line
