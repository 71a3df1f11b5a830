"""Stand-ins for tests: a server that answers what the test says, and a bound for waiting."""

from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from clients.stand_ins.digest import Digest
from clients.stand_ins.web import Asked, Reply
from tests.patience import PATIENCE_S


@dataclass
class Scripted:
    """Answers what the test says, and remembers what it was asked."""

    reply: Callable[[Asked], Reply]
    digest: Digest | None = None
    heard: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Reply:
        self.heard.append(asked)
        return self.reply(asked)


async def until(is_so: Callable[[], object]) -> None:
    """Wait until something has become so."""
    with trio.fail_after(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what changes is not the test's
            await trio.sleep(0.01)


def no_jitter() -> float:
    return 1.0
