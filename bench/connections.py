"""What connections cost that do nothing: memory of each role, and time and CPU to connect.

    python -m bench connections --count 2500

One role after the other connects to the same server. Memory is what only the core's process has
(USS); the kernel's own for sockets is not in it.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

import numpy as np

from bench.city import CONNECTIONS_MAX, City, Member
from bench.cpu import cpu_ns, memory_bytes, rest
from bench.crowd import Crowd
from bench.cuadrante import PING, cuadrante
from bench.locate import made_up_edition
from bench.machine import machine
from bench.options import options
from bench.progress import say, write
from bench.target import Target
from protocol.vocabulary import Role

QUADRANTS: Final = 120
CONTROL_ROOM: Final = frozenset({Role.OPERATOR, Role.SUPERVISOR})
CONTROL_ROOM_MAX: Final = 100
"""Each of the control room is shown every patrol: more of both than a city has would take hours."""
ROLES: Final = (Role.APP, Role.BUTTON, Role.PATROL, Role.SIREN, Role.OPERATOR, Role.SUPERVISOR)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("connections", __doc__)
    parser.add_argument("--count", type=int, default=2_500, help="connections of each role")
    args = parser.parse_args(argv)
    write(measure(args), args.json)
    return 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `connections`."""
    count = min(args.count, CONNECTIONS_MAX // len(ROLES))
    remarks = []
    if count < args.count:
        remarks.append(f"scaled down to {count:,} of each role: a process may open 20,000 files")
    city = city_of_roles(count)
    with ExitStack() as stack:
        say("starting the server and enrolling the devices")
        rows = connect_all(
            stack.enter_context(cuadrante(city, program=args.program)), city, args.processes
        )
    return {
        "bench": "connections",
        "count": count,
        "remarks": remarks,
        "roles": rows,
        "machine": machine(),
    }


def connect_all(target: Target, city: City, processes: int) -> list[dict[str, Any]]:
    """One role after the other, those before staying connected."""
    rows = []
    with ExitStack() as stack:
        rest(target.pids())
        for role in ROLES:
            members = [each for each in city.members if each.role is role]
            crowd = stack.enter_context(
                Crowd(target.address, target.dialect, members, processes=processes)
            )
            rows.append(_row(target, role, crowd, len(members)))
            say(f"{role.value}: {rows[-1]['bytes_each']:,} bytes each")
    return rows


def _row(target: Target, role: Role, crowd: Crowd, count: int) -> dict[str, Any]:
    pids = target.pids()
    bytes_before, ns_before = memory_bytes(pids), cpu_ns(pids)
    greeted_s = np.array(crowd.connect())
    rest(pids)
    connected_ns = cpu_ns(pids)
    row = {
        "role": role.value,
        "connections": count,
        "bytes_each": round((memory_bytes(pids) - bytes_before) / count),
        "connect_p50_ms": round(float(np.percentile(greeted_s, 50)) * 1e3, 2),
        "connect_p99_ms": round(float(np.percentile(greeted_s, 99)) * 1e3, 2),
        "connect_cpu_us": round((connected_ns - ns_before) / count / 1e3, 1),
    }
    crowd.keep_alive(PING, after_s=-1.0)
    rest(pids)
    row["ping_cpu_us"] = round((cpu_ns(pids) - connected_ns) / count / 1e3, 1)
    return row


def city_of_roles(count: int) -> City:
    """Nobody here presses: only roles count."""
    handhelds = tuple(
        Member(f"patrol-{number}", Role.PATROL, number, number % QUADRANTS)
        for number in range(count)
    )
    others = tuple(
        Member(f"{role.value}-{number}", role, number)
        for role in ROLES
        if role is not Role.PATROL
        for number in range(min(count, CONTROL_ROOM_MAX) if role in CONTROL_ROOM else count)
    )
    return City(made_up_edition(QUADRANTS), (), handhelds, others)
