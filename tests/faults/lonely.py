"""One handheld in a network of its own: `python -m tests.faults.lonely PORT`.

Its credentials come in as a line; when its link goes up and down goes out as lines.
"""

import sys
from functools import partial

import msgspec
import trio

from link.connection import Link, kept_up
from link.enrolment import Credentials
from protocol.messages import AnyServerMessage, Welcome
from protocol.vocabulary import Role
from tests.faults.load import Handheld, say

SERVER = "10.98.1.1"


class Listener:
    """A link's owner that only tells."""

    def greeted(self, welcome: Welcome) -> None:
        say("up", welcome.device_id)

    def heard(self, message: AnyServerMessage) -> None:
        pass

    def lost(self) -> None:
        say("down")


async def main(port: int) -> None:
    line = await trio.to_thread.run_sync(sys.stdin.readline)
    who = msgspec.json.decode(line, type=Handheld)
    link = Link(
        f"ws://localhost:{port}/v1",
        Credentials(who.device_id, Role.PATROL, who.token),
        Listener(),
        on_duty=True,
        dial=partial(trio.open_tcp_stream, SERVER, port),
    )
    async with kept_up(link):
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]))
