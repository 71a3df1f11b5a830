"""Scenarios of a city for locust: citizens, buttons, patrols that answer, operators that watch.

    locust -f bench/locustfile.py --scenario emergency --scale 0.02 --headless
    locust -f bench/locustfile.py                                  # with its web page

Without `--host` it runs a server of its own with the city enrolled; with it, the server is one that
`python -m bench serve` started with the same `--scale`. Ends with 1 if a budget is broken.
"""

import math
import random
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any, Final

import gevent
from locust import LoadTestShape, User, constant, events, task

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.devices import Clock, Device, Handheld, Ledger, Neighbour, Watcher  # noqa: E402
from bench.shapes import CUT_PART, SCENARIOS, Scenario, city_of  # noqa: E402
from protocol.vocabulary import Role  # noqa: E402

BUDGETS_MS: Final = {
    ("alert", "press → handheld"): "budget_handheld_ms",
    ("signal", "press → stored"): "budget_stored_ms",
}
LOST_AFTER_S: Final = 10.0
OVERTIME_MAX_S: Final = 60.0
"""For presses that are under way when the time is over."""


class Cast:
    """Who is free to be played, and what all of them share."""

    def __init__(self, environment: Any) -> None:
        options = environment.parsed_options
        city = city_of(options.scale)
        self.scenario: Scenario = SCENARIOS[options.scenario]
        self.seconds = float(options.seconds)
        self.people = len(city.senders) + sum(1 for e in city.idle if e.role is Role.BUTTON)
        self.free = {
            Role.APP: deque(city.senders),
            Role.BUTTON: deque(each for each in city.idle if each.role is Role.BUTTON),
            Role.PATROL: deque(city.handhelds),
            Role.OPERATOR: deque(each for each in city.idle if each.role is Role.OPERATOR),
        }
        self.ledger = Ledger()
        self.devices: set[Device] = set()
        self.note = _clock(environment)
        self.began_s: float | None = None
        """When everybody who answers was there."""

    @property
    def part(self) -> float:
        """How much of the time has passed."""
        return 0.0 if self.began_s is None else (time.monotonic() - self.began_s) / self.seconds

    def begin(self) -> None:
        """From now on people press."""
        self.began_s = time.monotonic()
        if self.scenario.cuts:
            gevent.spawn_later(self.seconds * CUT_PART, self._cut)

    def _cut(self) -> None:
        for device in list(self.devices):
            device.cut()

    def now(self) -> Any:
        """What the scenario wants now."""
        return self.scenario.at(self.part, self.seconds, self.people)


def _clock(environment: Any) -> Clock:
    def note(act: str, name: str, took_s: float, failure: str = "") -> None:
        environment.events.request.fire(
            request_type=act,
            name=name,
            response_time=took_s * 1_000,
            response_length=0,
            exception=RuntimeError(failure) if failure else None,
            context={},
        )

    return note


class Person(User):
    """Plays one device of the cast."""

    abstract = True
    wait_time = constant(0)
    role: Role
    kind: type[Device]

    def on_start(self) -> None:
        """Take a device and connect."""
        self.cast = _cast(self.environment)
        free = self.cast.free[self.role]
        self.device: Any = None
        if free:
            self.member = free.popleft()
            self.device = self.kind(
                self.environment.host, self.member, self.cast.note, self.cast.ledger
            )
            self.cast.devices.add(self.device)

    def on_stop(self) -> None:
        """Leave, and be free again."""
        if self.device is not None:
            self.cast.devices.discard(self.device)
            self.device.leave()
            self.cast.free[self.role].append(self.member)


class Citizen(Person):
    """Presses in an app."""

    weight = 9
    role = Role.APP
    kind = Neighbour

    @task
    def call_for_help(self) -> None:
        """Press, wait until it is over, and some time more."""
        if self.device is None or self.cast.part >= 1.0:  # overtime: what was begun is ended
            gevent.sleep(1.0)
            return
        self.device.press()
        shortest, longest = self.cast.now().pause_s
        gevent.sleep(
            self.cast.seconds if math.isinf(longest) else random.uniform(shortest, longest)
        )


class Button(Citizen):
    """Presses on a wall: where it hangs is known."""

    weight = 1
    role = Role.BUTTON


class OnDuty(Person):
    """Is there, and does what there is to do when it hears of an alert."""

    abstract = True

    @task
    def be_there(self) -> None:
        """Wait."""
        gevent.sleep(1.0)


class Patrol(OnDuty):
    """Answers."""

    role = Role.PATROL
    kind = Handheld


class Operator(OnDuty):
    """Watches the whole city."""

    role = Role.OPERATOR
    kind = Watcher


class CityShape(LoadTestShape):
    """As many people as the scenario wants, until its time is over."""

    def tick(self) -> tuple[int, float] | None:
        """What locust asks every second."""
        if self.runner is None:
            return None
        cast = _cast(self.runner.environment)
        answering = Patrol.fixed_count + Operator.fixed_count
        if cast.began_s is None:
            if sum(device.is_here for device in cast.devices) < answering:
                return answering, answering
            cast.begin()
        overtime_s = (cast.part - 1.0) * cast.seconds
        if overtime_s > OVERTIME_MAX_S or (overtime_s > 0 and not cast.ledger.calling):
            return None
        wanted = cast.now()
        return answering + wanted.people, max(wanted.spawn_per_s, answering)


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    parser.add_argument("--scenario", choices=list(SCENARIOS), default="everyday")
    parser.add_argument("--scale", type=float, default=0.02, help="of Cali's 25,943 members")
    parser.add_argument("--seconds", type=float, default=60.0, help="that the scenario lasts")
    parser.add_argument("--program", default="", help="the server.py to run")
    parser.add_argument("--budget-handheld-ms", type=float, default=1_000.0, help="p99")
    parser.add_argument("--budget-stored-ms", type=float, default=2_000.0, help="p99")


@events.init.add_listener
def _begin(environment: Any, **_: Any) -> None:
    """Size the crowd, and run a server if none was named."""
    cast = Cast(environment)
    environment.cast = cast
    Patrol.fixed_count = len(cast.free[Role.PATROL])
    Operator.fixed_count = len(cast.free[Role.OPERATOR])
    if environment.host:
        return
    environment.server = subprocess.Popen(
        [sys.executable, "-m", "bench", "serve", *_serving(environment.parsed_options)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    environment.host = environment.server.stdout.readline().strip()
    if not environment.host:
        raise SystemExit("the server does not start")


def _serving(options: Any) -> list[str]:
    chosen = ["--program", options.program] if options.program else []
    return ["--scale", str(options.scale), *chosen]


@events.test_start.add_listener
def _start(environment: Any, **_: Any) -> None:
    _cast(environment).began_s = None


@events.test_stopping.add_listener
def _judge(environment: Any, **_: Any) -> None:
    """A press that no handheld was shown for so long is lost."""
    cast = _cast(environment)
    for pressed_s in cast.ledger.not_shown.values():
        age_s = time.monotonic() - pressed_s
        if age_s > LOST_AFTER_S:
            cast.note("alert", "press → handheld", age_s, "shown to nobody")


@events.quitting.add_listener
def _end(environment: Any, **_: Any) -> None:
    """Say which budgets are broken; the exit code says whether any is."""
    broken = broken_budgets(environment.stats, vars(environment.parsed_options))
    for words in broken:
        print(f"budget broken: {words}", file=sys.stderr)
    environment.process_exit_code = 1 if broken else 0
    server = getattr(environment, "server", None)
    if server is not None:
        server.stdin.close()
        server.wait()
        server.stdout.close()


def broken_budgets(stats: Any, options: dict[str, Any]) -> list[str]:
    """Failures, and percentiles that are over their budget."""
    broken = []
    if stats.total.num_failures:
        broken.append(f"{stats.total.num_failures} failures")
    for (act, name), option in BUDGETS_MS.items():
        entry = stats.get(name, act)
        if not entry.num_requests:
            broken.append(f"{name}: nothing was measured")
        elif entry.get_response_time_percentile(0.99) > options[option]:
            broken.append(
                f"{name}: p99 {entry.get_response_time_percentile(0.99):.0f} ms, "
                f"{options[option]:.0f} are allowed"
            )
    return broken


def _cast(environment: Any) -> Cast:
    found: Cast = environment.cast
    return found
