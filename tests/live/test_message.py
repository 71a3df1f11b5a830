"""The control room says something to a front of a real server, and it outlives a kill of that."""

import json
import os
import signal
from typing import Any

import trio

from clients.app import App
from clients.operator import Operator
from protocol.messages import FrontMessage, MessageReach
from tests.live.devices import credentials, device
from tests.live.program import PATIENCE_S, Area, Program

MESSAGE = """
    SELECT front_id, sender_id, body, members, sent_to, shown_by FROM messages
    WHERE message_id = $1::text::uuid
"""


PEOPLE = ("room", "ana", "luis", "zoe")


async def test_whoever_was_away_hears_it_after_the_server_was_killed(
    program: Program, area: Area
) -> None:
    names = {
        what: f"{what}-{area.name}" for what in ("room", "ana", "luis", "zoe", "street", "far")
    }
    await enrolled(program, names)
    operator = Operator(program.url, await credentials(program, names["room"]))
    ana = App(program.url, await credentials(program, names["ana"]))
    async with operator, ana:
        heard, reached = ana.messages(), operator.reached()
        with trio.fail_after(PATIENCE_S):
            await ana.synced()
            reach = await operator.tell_front(names["street"], "Cierren\tpuertas")
            assert (reach.members, reach.stored) == (2, True)
            message = await anext(heard)
            assert (message.body, message.by) == ("Cierren puertas", "Sala")
            ana.shown(message.message_id)
            await until(reached, lambda now: now.shown_by == 1)
            mark = program.mark()
            os.kill(program.pid_of("core"), signal.SIGKILL)
            await trio.to_thread.run_sync(program.wait_ready, "core", mark)
            async with (
                device(program, names["luis"]) as luis,
                device(program, names["zoe"]) as zoe,
            ):
                late: FrontMessage = await luis.hear_a(FrontMessage)
                assert late == message
                assert not any(isinstance(each, FrontMessage) for each in await zoe.is_served())
            again = await until(reached, lambda now: now.sent_to >= 1)
            assert (again.message_id, again.stored) == (message.message_id, True)
            told = (names["street"], names["room"], "Cierren puertas", 2)
            while (await recorded(program, message.message_id))[:4] != told:  # noqa: ASYNC110
                await trio.sleep(0.1)


async def enrolled(program: Program, names: dict[str, str]) -> None:
    """Bring in a front with two members, another with one, and an operator."""
    members = (("ana", "street"), ("luis", "street"), ("zoe", "far"))
    registry: dict[str, Any] = {
        "fronts": [{"front_id": names[each], "name": each.title()} for each in ("street", "far")],
        "devices": [
            {"device_id": names["room"], "role": "operator", "name": "Sala"},
            *(
                {
                    "device_id": names[who],
                    "role": "app",
                    "name": who.title(),
                    "front_id": names[front],
                }
                for who, front in members
            ),
        ],
    }
    file = program.home / f"{names['street']}.json"
    file.write_text(json.dumps(registry))
    await trio.to_thread.run_sync(program.command, "import", "registry", str(file))
    for who in PEOPLE:
        program.codes[names[who]] = await trio.to_thread.run_sync(program.enrol, names[who])


async def until(reached: Any, is_it: Any) -> MessageReach:
    """The next news of how far a message has got that is as wanted."""
    async for reach in reached:
        if is_it(reach):
            assert isinstance(reach, MessageReach)
            return reach
    raise AssertionError("it never ends")


async def recorded(program: Program, message_id: str) -> tuple[Any, ...]:
    """What PostgreSQL has of a message, as far as it has it."""
    rows = await trio.to_thread.run_sync(program.fetch, MESSAGE, message_id)
    return rows[0] if rows else ()
