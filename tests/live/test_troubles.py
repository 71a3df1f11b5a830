"""What is wrong with the kit reaches whoever sees to it, and outlives a kill."""

import json
import os
import signal

import trio

from clients.operator import Operator
from protocol.messages import Condition, Trouble
from protocol.vocabulary import TroubleKind
from tests.live.devices import credentials, device, on_duty
from tests.live.program import PATIENCE_S, Area, Program


async def test_a_trouble_outlives_a_kill_and_ends_as_the_same(program: Program, area: Area) -> None:
    def is_ours(trouble: Trouble) -> bool:
        return trouble.device_id == area.button

    def listed(*arguments: str) -> list[dict[str, object]]:
        rows = json.loads(program.command(*arguments, "--json"))
        return [row for row in rows if row["device_id"] == area.button]

    async def in_postgresql(*, is_open: bool) -> None:
        """Wait until the drain has brought it there."""
        query = "SELECT closed_at IS NULL FROM troubles WHERE device_id = $1"
        with trio.fail_after(PATIENCE_S):
            while await trio.to_thread.run_sync(program.fetch, query, area.button) != [(is_open,)]:
                await trio.lowlevel.checkpoint()

    async with on_duty(program, "operator") as operator, device(program, area.button) as button:
        await button.say(Condition(trouble=TroubleKind.TAMPER, present=True))
        opened = await operator.hear_a(Trouble, is_ours)
        await button.is_served()
    await in_postgresql(is_open=True)
    (known,) = await trio.to_thread.run_sync(listed, "kit", "--trouble")
    assert known["troubles"] == ["tamper"]
    assert known["last_seen_at"] is not None

    mark = program.mark()
    os.kill(program.pid_of("core"), signal.SIGKILL)
    await trio.to_thread.run_sync(program.wait_ready, "core", mark)
    known_to = await credentials(program, "operator")
    async with Operator(program.url, known_to) as screen, device(program, area.button) as button:
        with trio.fail_after(PATIENCE_S):
            await screen.synced()
            assert opened.trouble_id in screen.troubles.open
            news = screen.troubles.reader()
            await button.say(Condition(trouble=TroubleKind.TAMPER, present=False))
            while (trouble := await anext(news)).closed_at_ms is None or not is_ours(trouble):
                pass
        assert trouble.trouble_id == opened.trouble_id
    await in_postgresql(is_open=False)
    assert await trio.to_thread.run_sync(listed, "troubles", "--open") == []
    (past,) = await trio.to_thread.run_sync(listed, "troubles")
    assert (past["trouble_id"], past["kind"]) == (opened.trouble_id, "tamper")
