import pytest
import trio

from clients.app import App
from clients.commands import presses
from clients.commands.presses import press_and_follow
from clients.commands.running import ExitCode
from clients.commands.screen import Screen
from link.beside import beside
from protocol.messages import Signal
from protocol.vocabulary import ErrorCode, Kind, Stage
from tests.clients.samples import APP, an_id, error, receipt
from tests.link.peer import PATIENCE_S, peer


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
    assert printed.count("Guardada. · Stored.") == 1
    assert "es received" in printed
    assert "es delivered" in printed
    assert an_id() not in printed


async def test_it_says_when_the_server_has_not_stored_the_press_and_waits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "STORED_SOON_S", 0.0)
    async with peer() as server:
        app = App(server.url, APP)

        async def answer() -> None:
            guest = await server.visit()
            await guest.welcome()
            heard = await guest.hear(Signal)
            await guest.say(
                receipt(heard.signal_id, stored=False),
                error(ErrorCode.UNABLE_TO_STORE, None, alert_id=heard.signal_id),
            )
            await guest.hear(Signal)
            await guest.say(receipt(heard.signal_id, stored=False), receipt(heard.signal_id, 2))
            await trio.sleep_forever()

        async with beside(answer):
            with trio.fail_after(PATIENCE_S):
                code = await press_and_follow(
                    Screen(), app, Kind.PANIC, None, wait=Stage.RECEIVED, timeout_s=None
                )
    printed = capsys.readouterr()
    assert code is ExitCode.DONE
    assert "aún no la ha guardado" in printed.err
    lines = printed.out.splitlines()
    assert [line.split("s  ")[-1] for line in lines[1:]] == [
        "es received · en received",
        "Guardada. · Stored.",
    ]
