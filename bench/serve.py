"""A server with the scenarios' city enrolled, for locust: `python -m bench serve --scale 0.02`.

Prints the address to give to `locust --host`, and serves until its input ends or it is interrupted.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress

from bench.cuadrante import cuadrante
from bench.options import options
from bench.progress import say
from bench.shapes import city_of, remarks_on
from protocol import PATH

SCALE = 0.02


def main(argv: Sequence[str] | None = None) -> int:
    """Serve, and return the exit code."""
    parser = options("serve", __doc__)
    parser.add_argument("--scale", type=float, default=SCALE, help="of Cali's 25,943 members")
    args = parser.parse_args(argv)
    for remark in remarks_on(args.scale):
        say(remark)
    city = city_of(args.scale)
    say(f"starting the server and enrolling {len(city.members):,} devices")
    with cuadrante(city, program=args.program) as target:
        host, port = target.address
        print(f"ws://{host}:{port}{PATH}", flush=True)
        with suppress(KeyboardInterrupt):
            sys.stdin.read()
    return 0
