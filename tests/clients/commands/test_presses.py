import pytest
import trio

from clients.app import App
from clients.beside import beside
from clients.commands.presses import press_and_follow
from clients.commands.running import ExitCode
from clients.commands.screen import Screen
from protocol.messages import Signal
from protocol.vocabulary import Kind, Stage
from tests.clients.peer import PATIENCE_S, peer
from tests.clients.samples import APP, an_id, receipt


async def test_it_follows_to_the_stage_asked_for_and_tells_of_older_presses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with peer() as server:
        app = App(server.url, APP)

        async def answer() -> None:
            guest = await server.visit()
            await guest.welcome()
            heard = await guest.hear(Signal)
            stages = (Stage.RECEIVED, Stage.DELIVERED, Stage.ACCEPTED)
            await guest.say(*(receipt(heard.signal_id, n, s) for n, s in enumerate(stages, 1)))
            await trio.sleep_forever()

        async with beside(answer):
            with trio.fail_after(PATIENCE_S):
                code = await press_and_follow(
                    Screen(), app, Kind.PANIC, None, wait=Stage.DELIVERED, timeout_s=None
                )
    printed = capsys.readouterr().out
    assert code is ExitCode.DONE
    assert "es received" in printed
    assert "es delivered" in printed
    assert an_id() not in printed
