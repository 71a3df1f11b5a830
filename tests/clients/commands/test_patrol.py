import signal
from pathlib import Path

import pytest

from clients.commands.running import ExitCode
from protocol.messages import Accept, Arrive, Close, Delivered, Silence
from protocol.vocabulary import AlertState, ErrorCode, Outcome
from tests.clients.commands.command import running
from tests.clients.samples import PATROL, alert, an_id, error, owner
from tests.link.peer import peer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    PATROL.save(tmp_path / ".config" / "cuadrante" / "patrol.json")
    return tmp_path


async def test_it_answers_an_alert_to_its_end_by_itself(home: Path) -> None:
    conduct = ("--accept", "--eta", "240", "--silence-after", "0")
    conduct += ("--arrive-after", "0", "--close-after", "0")
    async with (
        peer() as server,
        running(home, "patrol", *conduct, "--server", server.url) as command,
    ):
        guest = await server.visit()
        await guest.welcome(alert())
        await guest.hear(Delivered)
        assert (await guest.hear(Accept)).eta_s == 240
        await guest.say(alert(version=2, state=AlertState.ACCEPTED, owned_by=owner()))
        await guest.hear(Silence)
        await guest.say(alert(version=2, state=AlertState.ACCEPTED, owned_by=owner()))
        await guest.hear(Arrive)
        await guest.say(alert(version=3, state=AlertState.ON_SCENE, owned_by=owner()))
        assert (await guest.hear(Close)).outcome is Outcome.REAL
        await guest.say(alert(version=4, state=AlertState.CLOSED, outcome=Outcome.REAL))
        await command.line("PÁNICO, sin responder")
        await command.line("Lugar: Calle 1 # 2-3")
        await command.line("PÁNICO, aceptada, patrulla 43-A en 4 min")
        await command.line("PÁNICO, cerrada, real")
        command.process.send_signal(signal.SIGINT)
        assert "Traceback" not in await command.rest()
        assert await command.ended() == ExitCode.INTERRUPTED


async def test_losing_an_alert_to_another_patrol_is_told(home: Path) -> None:
    async with peer() as server:
        arguments = ("--accept", "--server", server.url)
        async with running(home, "patrol", *arguments) as command:
            guest = await server.visit()
            await guest.welcome(alert(an_id(7)))
            await guest.hear(Delivered)
            heard = await guest.hear(Accept)
            await guest.say(error(ErrorCode.ALREADY_OWNED, heard.ref))
            assert an_id(7) in await command.line("already_owned")


async def test_without_being_asked_to_it_only_watches(home: Path) -> None:
    async with peer() as server:
        async with running(home, "patrol", "--server", server.url) as command:
            guest = await server.visit()
            assert (await guest.welcome()).on_duty is True
            await guest.say(alert())
            await guest.hear(Delivered)
            await command.line("PÁNICO")
            command.process.send_signal(signal.SIGTERM)
            assert await command.ended() == ExitCode.INTERRUPTED
        await guest.gone()
        assert guest.unheard() == []
